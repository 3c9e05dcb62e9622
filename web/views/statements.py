"""Statements: what was held when a month began, what moved and why, and what was held at its end."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from .. import words
from ..files import passed
from ..language import chosen
from ..session import api, required, user

pages = Blueprint("statements", __name__, url_prefix="/statements")
CAUSES = {
    "buy": _l("Bought"),
    "sell": _l("Sold"),
    "fee": _l("Fee of a trade"),
    "deposit": _l("Deposit credited"),
    "withdrawal": _l("Withdrawal paid"),
    "receipt": _l("Received free of payment"),
    "delivery": _l("Given free of payment"),
    "agreed_receipt": _l("Received as agreed with the other side"),
    "agreed_delivery": _l("Delivered as agreed with the other side"),
    "allotment": _l("Allotted in an offering"),
    "raised": _l("Raised by an offering"),
    "issue": _l("Issued"),
    "claim": _l("Claim of the exchange settled"),
}
PLACES = {
    "trade": ("trades.show", "id"),
    "withdrawal": ("withdrawals.show", "id"),
    "act": ("acts.show", "id"),
    "order": ("orders.show", "id"),
    "claim": ("claims.show", "id"),
    "instruction": ("instructions.show", "terms"),
    "offering": ("offerings.show", "id"),
}


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """The present month's statement."""
    months = api().get("/statements")["months"]
    return redirect(url_for("statements.show", month=months[0]), 303)


@pages.get("/<month>")
@required
def show(month: str) -> ResponseReturnValue:
    """One month, of all accounts or of one."""
    account, after = request.args.get("account", ""), request.args.get("after", "")
    found = api().get(f"/statements/{month}", account=account)
    page = api().page(f"/statements/{month}/lines", account=account, starting_after=after, limit=100)
    return render_template(
        "statements/show.html", found=found, page=page, months=api().get("/statements")["months"], causes=CAUSES,
        places=PLACES, reasons=words.TRANSFER_REASONS, accounts=_accounts(),
    )  # fmt: skip


@pages.get("/<month>/pdf")
@required
def pdf(month: str) -> ResponseReturnValue:
    """The month as a paper, in the language of the page."""
    return passed(f"/statements/{month}/pdf", account=request.args.get("account", ""), language=chosen())


@pages.get("/<month>/csv")
@required
def sheet(month: str) -> ResponseReturnValue:
    """The month's lines for a spreadsheet."""
    return passed(f"/statements/{month}/csv", account=request.args.get("account", ""))


def _accounts() -> list[str]:
    return [row["id"] for row in api().all("/accounts", owner=user()["party"])]
