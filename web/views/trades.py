"""Trades: the list, and one trade with the two legs of its settlement."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..session import api, required

pages = Blueprint("trades", __name__, url_prefix="/trades")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Trades the user may see, newest first."""
    instrument = request.args.get("instrument", "")
    page = api().page("/trades", instrument=instrument, starting_after=request.args.get("after", ""))
    return render_template("trades/index.html", page=page, instrument=instrument)


@pages.get("/<id>")
@required
def show(id: str) -> ResponseReturnValue:
    """One trade and its settlement: what went from whom to whom, in one step."""
    return render_template("trades/show.html", trade=api().get(f"/trades/{id}"))
