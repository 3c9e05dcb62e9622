"""An order's trace: every step from the account to the settlement, with time, block, transaction and who signed it.

Only what is signed or on the ledger is told: the account and the key, what the broker signed, what its owner or his
agent signed, the reservation, the way to an exchange, each execution and its settlement, and however it ended.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import amounts, ids, relay
from middleware.auth import Principal
from middleware.models.account import Account
from middleware.models.entry import Entry
from middleware.models.execution import Route
from middleware.models.instrument import Instrument
from middleware.models.party import PartyKey
from middleware.models.report import Report
from middleware.models.submission import Submission
from middleware.models.trade import Settlement, Trade
from middleware.services import blotter
from middleware.services.pages import Row

STEPS = (
    "account_and_key",
    "entered",
    "affirmed",
    "reserved",
    "rejected",
    "routed",
    "executed",
    "settled",
    "replaced",
    "pending_replace",
    "replace_refused",
    "pending_cancel",
    "cancel_refused",
    "cancelled",
    "expired",
    "bust",
    "correct",
)


def show(session: Session, principal: Principal, id: str) -> Row:
    """The order and its steps, oldest first."""
    order = blotter.show(session, principal, id)
    submission = relay.find(session, *ids.split(id))
    entry = session.scalar(select(Entry).where(Entry.order == id))
    steps = [*_beginning(session, order), *_signed(entry, submission), *_followed(session, order)]
    return {"order": order, "steps": steps}


def _step(name: str, text: str, *, at: datetime | None, signer: str = "", kid: str = "", **more: Any) -> Row:
    nothing: Row = {"block": None, "transaction_id": "", "held": "", "trade": "", "quantity": None, "price_minor": None}
    nothing |= {"hash": "", "jws": ""}
    return {
        **nothing,
        "step": name,
        "at": at,
        "signer": signer or kid.rpartition(".")[0],
        "kid": kid,
        "text": text,
        **more,
    }


def _beginning(session: Session, order: Row) -> list[Row]:
    """The account at its custodian, and the key that signed, registered on the ledger."""
    account = session.get(Account, order["account"])
    if account is None:
        return []
    party, _, n = order["kid"].rpartition(".")
    key = session.get(PartyKey, (party, int(n))) if n.isdigit() else None
    text = f"Account of {account.owner} at {account.custodian}, {account.kind}"
    text += f"; key {order['kid']} registered in block {key.block}." if key else "."
    latest = max(account.block, key.block) if key else account.block
    at = max(account.opened_at, key.added_at) if key else account.opened_at
    return [_step("account_and_key", text, at=at, signer=account.custodian, block=latest)]


def _signed(entry: Entry | None, submission: Submission | None) -> list[Row]:
    """What the broker signed, where one entered it, and the signature that makes it an order."""
    steps = []
    if entry is not None:
        text = f"Entered by {entry.broker} as {entry.client_id}" + (
            f" through {entry.session}." if entry.session else "."
        )
        signed = {"kid": entry.kid, "held": entry.held, "hash": entry.hash, "jws": entry.jws}
        steps.append(_step("entered", text, at=entry.entered_at, **signed))
    if submission is not None:
        kept = "its own key" if submission.held == "own" else "a key that the platform keeps"
        way = f", sent in batch {submission.batch} of {submission.lane}" if submission.lane else ""
        text = f"Signed by {submission.party} with {kept} and stored{way}."
        signed = {"kid": submission.kid, "held": submission.held, "hash": submission.hash, "jws": submission.jws}
        steps.append(_step("affirmed", text, at=submission.created_at, **signed))
        if submission.code and submission.block is None:
            steps.append(_step("rejected", submission.message, at=submission.done_at, kid=submission.kid))
    return steps


def _followed(session: Session, order: Row) -> list[Row]:
    """The steps that the ledger tells, and between them the way to the exchange."""
    query = select(Report).where(Report.order == order["id"]).order_by(Report.block, Report.index)
    routes = {route.client_id: route for route in session.scalars(select(Route).where(Route.order == order["id"]))}
    steps: list[Row] = []
    for report in session.scalars(query):
        steps += _reported(session, order, report)
        route = routes.get(report.command) if report.kind in ("new", "pending_cancel", "pending_replace") else None
        if route is not None:
            steps.append(_routed(order, route))
    return steps


def _reported(session: Session, order: Row, report: Report) -> list[Row]:
    if report.kind == "trade":
        return _traded(session, report)
    name = "reserved" if report.kind == "new" else report.kind
    text = _words(session, order, report)
    said: Row = (
        {"quantity": report.quantity, "price_minor": report.limit_minor} if name in ("reserved", "replaced") else {}
    )
    if name in ("bust", "correct"):
        said = {"quantity": report.last_quantity, "price_minor": report.last_price_minor, "trade": report.trade}
    return [_step(name, text, at=report.at, **_place(report), **said)]


def _words(session: Session, order: Row, report: Report) -> str:
    if report.kind == "new":
        where = "reserved for the exchange" if order["book"] == "exchange" else "reserved; entered on the book"
        return f"{_reserved_first(session, order, report)} {where}."
    return report.text or {
        "replaced": "The order has its new terms.",
        "pending_replace": "The increase is reserved; the exchange is asked.",
        "pending_cancel": "The exchange is asked to cancel; everything stays reserved.",
        "cancelled": "What was still reserved is available again.",
        "expired": "What was still reserved is available again.",
        "bust": "The trade is reversed by a settlement of its own.",
        "correct": "The trade is corrected by a settlement of its own.",
    }.get(report.kind, "")


def _routed(order: Row, route: Route) -> Row:
    what = {"new": "The order", "cancel": "The cancel", "replace": "The replacement"}[route.kind]
    answer = {"sending": "is about to go", "sent": "went", "accepted": "went, and was taken", "rejected": "was refused"}
    text = f"{what} {answer[route.status]} at {order['venue']}, as {route.client_id}."
    return _step("routed", f"{text} {route.text}".rstrip(), at=route.sent_at)


def _traded(session: Session, report: Report) -> list[Row]:
    trade = session.get(Trade, report.trade)
    settlement = session.get(Settlement, report.trade)
    if trade is None or settlement is None:
        return []
    name = f"{trade.reference} of {trade.venue}" if trade.reference else f"number {trade.number} of {trade.instrument}"
    said: Row = {"quantity": trade.quantity, "price_minor": trade.price_minor, "trade": trade.id}
    legs = f"{len(settlement.legs)} legs in one step: units against money, final."
    return [
        _step("executed", f"Execution {name}.", at=report.at, **_place(report), **said),
        _step("settled", f"Delivered against payment, {legs}", at=settlement.at, **_place(settlement), **said),
    ]


def _place(row: Report | Settlement) -> Row:
    return {"block": row.block, "transaction_id": row.transaction, "kid": row.kid, "held": row.held}


def _reserved_first(session: Session, order: Row, report: Report) -> str:
    if order["side"] == "sell":
        return f"{report.quantity} {order['instrument']}"
    money = session.get(Instrument, order["currency"])
    most = (report.quantity or 0) * (report.limit_minor or 0) + (order["max_fee_minor"] or 0)
    return f"{amounts.to_text(most, money.minor_digits if money else 0)} {order['currency']}"
