"""Instructions: what accounts deliver and receive, settled, pending, and what others have instructed against one."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..session import api, required
from .submissions import press

pages = Blueprint("instructions", __name__, url_prefix="/instructions")
SHOWN = ("all", "alleged", "pending", "settled")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Instructions of one's accounts or, for a custodian, of those it keeps; newest first."""
    shown = request.args.get("shown", "all")
    status = shown if shown in SHOWN[1:] else ""
    page = api().page("/instructions", status=status, starting_after=request.args.get("after", ""))
    return render_template("instructions/index.html", page=page, shown=status or "all")


@pages.get("/<terms>")
@required
def show(terms: str) -> ResponseReturnValue:
    """One instruction that two parties sign."""
    return render_template("instructions/show.html", row=api().get(f"/instructions/{terms}"))


@pages.post("/<terms>/cancellation")
@required
def cancel(terms: str) -> ResponseReturnValue:
    """Take one's own side back as long as the other has not signed."""
    target = url_for("instructions.show", terms=terms)
    return press(f"/instructions/{terms}/cancellation", {}, target, _("It is taken back; what it reserved is free."))
