"""Holdings: what is held, what of it is reserved, and what it would fetch at the last price."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from ..session import api, required

pages = Blueprint("holdings", __name__, url_prefix="/holdings")


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """Securities and cash of every account the user may see."""
    page = api().page("/holdings", limit=200, starting_after=request.args.get("after", ""))
    return render_template("holdings/index.html", page=page, totals=totals(page.items))


def totals(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Per currency: cash, what of it is free, and securities at their last price."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        total = sums.setdefault(row["currency"], {"cash": 0, "available": 0, "securities": 0, "unpriced": 0})
        if row["kind"] == "currency":
            total["cash"] += int(row["quantity"])
            total["available"] += int(row["available"])
        elif row["value_minor"] is None:
            total["unpriced"] += 1
        else:
            total["securities"] += int(row["value_minor"])
    return sums
