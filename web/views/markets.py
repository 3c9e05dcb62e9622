"""Markets: what trades, and the book of one instrument."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from .. import catalogue, marks
from ..session import api, required

pages = Blueprint("markets", __name__, url_prefix="/markets")
BOOKS_SHOWN = 12  # with more instruments than this the list shows last prices only, one question instead of many


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Every security with its best prices."""
    rows = sorted(catalogue.securities(), key=lambda row: str(row["instrument"]))
    books = {}
    if len(rows) <= BOOKS_SHOWN:
        books = {row["instrument"]: api().get(f"/instruments/{row['instrument']}/book") for row in rows}
    return render_template("markets/index.html", rows=rows, books=books)


@pages.get("/<code>")
@required
def show(code: str) -> ResponseReturnValue:
    """Best bid and ask, depth, last price and recent trades of one instrument."""
    instrument = api().get(f"/instruments/{code}")
    book = api().get(f"/instruments/{code}/book")
    bids, asks = marks.cumulated(book["bids"]), marks.cumulated(book["asks"])
    return render_template(
        "markets/show.html", instrument=instrument, book=book, bids=bids, asks=asks, depth=marks.depth(bids, asks)
    )
