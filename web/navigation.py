"""What stands in the left column, by role, and what every page knows about user and ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request
from flask import session as cookie
from flask_babel import lazy_gettext as _l

from . import client, session
from .client import Problem

NEWCOMER = "newcomer"  # whoever has a login and is not admitted yet
TRADERS = frozenset({"investor", "issuer"})
OFFICES = frozenset({"operator", "custodian"})
LEDGER_SECONDS = (
    60  # whether the ledger is a sandbox does not change while it runs; a restart is noticed after a minute
)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the navigation; `section` is the part of an endpoint before the dot, to mark where we are."""

    endpoint: str
    word: Any
    roles: frozenset[str] = frozenset()

    @property
    def section(self) -> str:
        """The blueprint of the page."""
        return self.endpoint.split(".")[0]


ITEMS = (
    Item("home.show", _l("Home")),
    Item("notifications.index", _l("Notifications")),
    Item("inbox.index", _l("To affirm"), TRADERS),
    Item("markets.index", _l("Markets")),
    Item("entries.index", _l("Entries"), frozenset({"broker"})),
    Item("offerings.index", _l("Offerings"), TRADERS | OFFICES | {"regulator"}),
    Item("subscriptions.index", _l("Subscriptions"), TRADERS),
    Item("negotiations.index", _l("Negotiations"), TRADERS),
    Item("orders.index", _l("Orders"), TRADERS | {"venue", "broker", "exchange", "custodian"}),
    Item("trades.index", _l("Trades"), TRADERS | OFFICES | {"venue", "broker", "exchange", "regulator"}),
    Item("executions.index", _l("Executions"), frozenset({"operator", "exchange"})),
    Item("claims.index", _l("Claims"), frozenset({"exchange"})),
    Item("confirmations.index", _l("Confirmations"), frozenset({"broker", "custodian"})),
    Item("portfolio.show", _l("Portfolio"), TRADERS),
    Item("statements.index", _l("Statements"), TRADERS),
    Item("certificates.index", _l("Certificates"), TRADERS | {"custodian"}),
    Item("holdings.index", _l("Holdings"), TRADERS | {"custodian"}),
    Item("deposits.index", _l("Deposits"), TRADERS | {"bank"}),
    Item("withdrawals.index", _l("Withdrawals"), TRADERS | {"bank"}),
    Item("attestations.index", _l("Attestations"), OFFICES | {"bank", "regulator"}),
    Item("drafts.index", _l("To approve"), frozenset({"bank"})),
    Item("transfers.index", _l("Transfers"), TRADERS | {"custodian"}),
    Item("instructions.index", _l("Instructions"), TRADERS | {"custodian"}),
    Item("instruments.index", _l("Instruments"), OFFICES | {"issuer", "regulator"}),
    Item("documents.index", _l("Documents"), TRADERS | OFFICES | {"bank", "regulator"}),
    Item("letters.index", _l("Letters"), TRADERS | {"custodian"}),
    Item("setup.show", _l("Set-up"), frozenset({"issuer"})),
    Item("acts.index", _l("Acts"), OFFICES | {"issuer"}),
    Item("applications.index", _l("Onboarding"), frozenset({"operator", "regulator"})),
    Item("applications.mine", _l("Your application"), frozenset({NEWCOMER})),
    Item("parties.index", _l("Parties"), OFFICES | {"regulator"}),
    Item("accounts.index", _l("Accounts"), OFFICES | TRADERS),
    Item("disclosures.index", _l("Disclosures"), frozenset({"custodian"})),
    Item("mandates.index", _l("Mandates"), TRADERS | {"broker"}),
    Item("fix.index", _l("FIX sessions"), frozenset({"broker", "exchange", "operator"})),
    Item("webhooks.index", _l("Webhooks"), frozenset({"broker", "exchange"})),
    Item("users.index", _l("Users"), frozenset({"operator"})),
    Item("ledger.show", _l("Ledger"), frozenset()),
)
# Whose desk it is: the first role of a party in this order gives the page its accent.
PERSONAS = ("operator", "custodian", "bank", "venue", "exchange", "issuer", "investor", "broker", "regulator")


def items() -> list[Item]:
    """The lines that concern the signed-in user."""
    mine = session.roles() if session.user().get("status") != "unknown" else frozenset({NEWCOMER})
    return [item for item in ITEMS if not item.roles or item.roles & mine]


def persona() -> str:
    """The role whose accent the page wears."""
    mine = session.roles()
    return next((role for role in PERSONAS if role in mine), "none")


def may() -> dict[str, bool]:
    """What pages offer by role. The API decides again, whatever a page offers."""
    mine = session.roles()
    return {
        "trade": bool(mine & TRADERS),
        "propose": bool(mine & OFFICES),
        "see_all": bool(mine & (OFFICES | {"regulator"})),
    }


def waiting() -> int:
    """How many entries wait for the signed-in user's signature; none while that cannot be learnt. Asked once a page."""
    if "waiting" not in g:
        g.waiting = _waiting() if session.roles() & TRADERS else 0
    return int(g.waiting)


def _waiting() -> int:
    try:
        found = session.api().page("/entries", status="awaiting_affirmation", limit=100).items
    except Problem:
        return 0
    return sum(1 for row in found if row["affirmable"])


def unread() -> int:
    """How many notifications the signed-in user has not read; none while that cannot be learnt."""
    try:
        return int(session.api().get("/notifications/unread")["unread"])
    except Problem:
        return 0


def is_sandbox() -> bool:
    """Whether the ledger behind the API is the sandbox; while the API is away, what it said last."""
    known: dict[str, Any] = current_app.extensions["lonja-sandbox"]
    answer = bool(known.get("answer"))
    if "asked" not in known or time.monotonic() - known["asked"] > LEDGER_SECONDS:
        try:
            answer = bool(client.connect(request_id=g.get("request_id", "")).get("/version").get("sandbox", False))
            known.update(asked=time.monotonic(), answer=answer)
        except Problem:
            pass
    return answer


def attach(app: Flask) -> None:
    """Give every page its frame."""
    app.extensions["lonja-sandbox"] = {}

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            "user": session.user(),
            "roles": session.roles(),
            "may": may(),
            "navigation": items,
            "waiting": waiting,
            "unread": unread,
            "persona": persona(),
            "section": (request.endpoint or "").split(".")[0],
            "theme": cookie.get("theme", "auto"),
            "is_sandbox": is_sandbox,
        }
