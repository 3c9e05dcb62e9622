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
    trade = api().get(f"/trades/{id}")
    # A leg between accounts that are both the other side's (its fee) says nothing to this user.
    legs = [leg for leg in trade["settlement"]["legs"] if leg["from_account"] or leg["to_account"]]
    return render_template("trades/show.html", trade=trade, legs=legs)
