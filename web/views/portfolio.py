"""The portfolio: what the party owns, what it cost, what it would fetch, and who says so."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from ..session import api, required

pages = Blueprint("portfolio", __name__, url_prefix="/portfolio")
SOURCES = {
    "venue": _l("Last trade on this market"),
    "exchange": _l("Last execution at the exchange"),
    "offering": _l("Price of its offering"),
    "none": _l("No price yet"),
}


@pages.get("/")
@required
def show() -> ResponseReturnValue:
    """Securities with cost and value, cash, and what was sold with a gain or a loss."""
    found = api().get("/portfolio")
    held = [row for row in found["positions"] if row["quantity"] != "0"]
    sold = [row for row in found["positions"] if row["realised_minor"] != "0"]
    return render_template(
        "portfolio/show.html", found=found, held=held, sold=sold, sources=SOURCES, uncosted=_uncosted(held)
    )


def _uncosted(held: list[dict[str, Any]]) -> bool:
    return any(row["uncosted"] != "0" for row in held)
