"""Acts: what one organisation has proposed and another one must sign before it happens."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..session import api, required
from .submissions import press

pages = Blueprint("acts", __name__, url_prefix="/acts")
SHOWN = ("proposed", "approved", "all")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Acts by status; those that wait for this user's signature first."""
    shown = request.args.get("shown", "proposed")
    shown = shown if shown in SHOWN else "proposed"
    page = api().page("/acts", status="" if shown == "all" else shown, starting_after=request.args.get("after", ""))
    return render_template("acts/index.html", page=page, shown=shown)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """The text to sign, in full."""
    act = api().get(f"/acts/{id}")
    named = act["args"].get("offering", "")
    offering = api().get(f"/offerings/{named}") if named else None
    return render_template("acts/show.html", act=act, offering=offering)


@pages.post("/<id>/approval")
@required
def approve(id: str) -> ResponseReturnValue:
    """Sign exactly the text that was shown: its hash came with the page."""
    body = {"hash": request.form.get("hash", "")}
    return press(f"/acts/{id}/approval", body, url_for("acts.show", id=id), _("Approved and carried out."))
