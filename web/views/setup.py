"""The issuer's set-up: how far it is from a first visit to a live register."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .. import catalogue, checklist
from ..session import required

pages = Blueprint("setup", __name__, url_prefix="/setup")


@pages.get("/")
@required
def show() -> ResponseReturnValue:
    """The checklist of one instrument, and which others there are."""
    own = catalogue.own(catalogue.securities())
    wanted = request.args.get("instrument", "")
    row = next((one for one in own if one["instrument"] == wanted), own[0] if own else None)
    return render_template("setup/show.html", own=own, row=row, progress=checklist.of(row))
