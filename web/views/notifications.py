"""Notifications: one inbox of what concerns the party."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from .. import words
from ..client import Problem
from ..session import api, required

pages = Blueprint("notifications", __name__, url_prefix="/notifications")
KINDS = {
    "trade_bought": _l("Bought, and settled against payment"),
    "trade_sold": _l("Sold, and settled against payment"),
    "order_rejected": _l("Order rejected"),
    "order_expired": _l("Order expired"),
    "entry_waiting": _l("A broker’s entry waits for your signature"),
    "entry_affirmed": _l("Entry affirmed"),
    "entry_declined": _l("Entry declined"),
    "entry_lapsed": _l("Entry lapsed"),
    "act_waiting": _l("An act waits for your signature"),
    "act_approved": _l("Act approved"),
    "deposit_credited": _l("Cash credited"),
    "withdrawal_paid": _l("Withdrawal paid"),
    "withdrawal_refused": _l("Withdrawal refused"),
    "withdrawal_waiting": _l("A withdrawal waits to be paid"),
    "transfer_received": _l("Received free of payment"),
    "claim_opened": _l("The exchange claims an error in a trade"),
    "application_waiting": _l("An application waits for review"),
    "application_approved": _l("Your application is approved"),
    "application_refused": _l("Your application is refused"),
    "offering_opened": _l("An offering is open"),
    "offering_invited": _l("You are invited to a private offering"),
    "offering_settled": _l("Your offering settled"),
    "offering_failed": _l("Your offering did not come about"),
    "subscription_settled": _l("Your subscription was allotted and settled"),
    "subscription_released": _l("Your subscription was released: the cash is free again"),
    "instruction_alleged": _l("Another party has instructed against you"),
    "instruction_settled": _l("An instruction settled"),
    "letter_received": _l("Your issuer wrote to its holders"),
    "talk_asked": _l("You are asked for an offer"),
    "talk_offered": _l("An offer to you"),
    "talk_countered": _l("A counter-offer to you"),
    "talk_accepted": _l("Your offer was accepted"),
    "talk_refused": _l("Your offer was refused"),
    "talk_withdrawn": _l("An offer was withdrawn"),
    "talk_reopened": _l("The ledger did not take an acceptance: the offer is open again"),
    "talk_failed": _l("An agreed offer could not settle"),
}
# Where each noun is read: the page, and the name of its argument ("" for a list).
PLACES = {
    "trade": ("trades.show", "id"),
    "order": ("orders.show", "id"),
    "entry": ("entries.show", "id"),
    "act": ("acts.show", "id"),
    "deposit": ("deposits.index", ""),
    "withdrawal": ("withdrawals.show", "id"),
    "transfer": ("transfers.index", ""),
    "claim": ("claims.show", "id"),
    "application": ("applications.show", "id"),
    "offering": ("offerings.show", "id"),
    "letter": ("letters.show", "id"),
    "negotiation": ("negotiations.show", "id"),
    "instruction": ("instructions.show", "terms"),
}
WORDED = {"act_waiting": words.FUNCTIONS, "act_approved": words.FUNCTIONS, "transfer_received": words.TRANSFER_REASONS}


@pages.get("/")
@required
def index() -> ResponseReturnValue:
    """All of them, or those not read yet."""
    shown = "unread" if request.args.get("shown") == "unread" else "all"
    rows = api().page("/notifications", shown=shown).items
    return render_template("notifications/index.html", rows=rows, shown=shown, kinds=KINDS, worded=WORDED)


@pages.post("/read")
@required
def read() -> ResponseReturnValue:
    """All are read."""
    api().send("POST", "/notifications/read", {})
    return redirect(url_for("notifications.index"), 303)


@pages.post("/open")
@required
def open() -> ResponseReturnValue:
    """One is read, and what it is about is shown."""
    id, noun, thing = (request.form.get(name, "") for name in ("id", "noun", "thing"))
    try:
        api().send("POST", "/notifications/read", {"ids": [id]})
    except Problem as problem:
        if problem.status != 422:
            raise
    return redirect(_place(noun, thing), 303)


def _place(noun: str, thing: str) -> str:
    endpoint, name = PLACES.get(noun, ("notifications.index", ""))
    values: dict[str, Any] = {name: thing} if name and thing else {}
    return url_for(endpoint, **values) if values or not name else url_for("notifications.index")
