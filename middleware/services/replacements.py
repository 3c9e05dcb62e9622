"""Replacements: other terms for an open order, at once on our book, after its answer at an exchange."""

from typing import Any

from sqlalchemy.orm import Session

from middleware import amounts, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.instrument import Instrument
from middleware.models.order import OPEN, Order
from middleware.models.submission import Submission
from middleware.services import blotter, mandates, orders, reports, submissions
from middleware.services.pages import Row
from middleware.services.recording import existing
from middleware.services.submissions import Intent

PENDING = ("pending_quantity", "pending_limit_minor", "pending_max_fee_minor")


def replace(session: Session, principal: Principal, intent: Intent, *, order: str, **terms: str) -> Submission:
    """Give an order other terms. Without a fee, it is the most that the instrument's fee can come to."""
    submission = prepare(session, principal, intent, order=order, **terms)
    session.commit()
    relay.push(session)
    return submission


def prepare(session: Session, principal: Principal, intent: Intent, *, order: str, **terms: str) -> Submission:
    """As replace; the use case commits."""
    row = blotter.show(session, principal, order)
    if row["status"] not in OPEN:
        raise Error("wrong_status", f"the order {order} is {row['status']}", reason="order", field="order")
    quantity, limit = int(terms["quantity"]), int(terms["limit_minor"])
    if quantity <= row["filled"]:
        message = f"{row['filled']} of the order are filled already, so it cannot become {quantity}"
        raise Error("invalid", message, reason="quantity", field="quantity")
    fee = terms.get("max_fee_minor") or _most_fee(session, principal, intent, row["instrument"], quantity, limit)
    args = {"order": order, "quantity": str(quantity), "limit_minor": str(limit), "max_fee_minor": fee}
    return submissions.send(session, principal, intent, "order:replace", args)


def _most_fee(
    session: Session, principal: Principal, intent: Intent, instrument: str, quantity: int, limit: int
) -> str:
    first = submissions.first_args(session, principal.party, intent, "order:replace")
    if first:
        return str(first["max_fee_minor"])
    amount = amounts.multiply(quantity, limit, field="quantity")
    return str(amounts.fee(amount, session.get_one(Instrument, instrument).fee_bps))


@on("OrderReplaceRequested")
def mirror_requested(fact: Fact, rows: Rows) -> None:
    """A replacement that the exchange has still to answer; the increase is reserved."""
    row = dict(existing(rows, Order, fact["order"]))
    _count(fact, rows, row)
    row |= {f"pending_{name}": int(fact[name]) for name in ("quantity", "limit_minor", "max_fee_minor")}
    row |= {"reserved": int(fact["reserved"])}
    rows.put(Order, row)
    orders.tell(fact, rows, row)
    reports.add(fact, rows, "pending_replace", {**row, "quantity": row["quantity"]})


@on("OrderReplaced")
def mirror_replaced(fact: Fact, rows: Rows) -> None:
    """An order that has its new terms."""
    row = dict(existing(rows, Order, fact["order"]))
    if fact.command.function == "order:replace":
        _count(fact, rows, row)
    row |= {name: int(fact[name]) for name in ("quantity", "limit_minor", "max_fee_minor", "sequence", "reserved")}
    row |= {"kid": fact["kid"], "held": fact["held"], **_nothing_pending()}
    _changed(fact, rows, row, "replaced")
    rows.event(fact, "book", row["instrument"])


@on("OrderReplaceRefused")
def mirror_refused(fact: Fact, rows: Rows) -> None:
    """An order that keeps its old terms; the increase is free again."""
    row = {**existing(rows, Order, fact["order"]), **_nothing_pending(), "reserved": int(fact["reserved"])}
    _changed(fact, rows, row, "replace_refused", text=fact["reason"])


def _changed(fact: Fact, rows: Rows, row: Row, kind: str, **more: Any) -> None:
    row["status"] = fact["status"]
    if row["status"] == "filled":
        row |= orders.closed(fact, {"kid": fact.command.kid, "held": row["held"]})
    rows.put(Order, row)
    orders.tell(fact, rows, row)
    reports.add(fact, rows, kind, row, **more)


def _count(fact: Fact, rows: Rows, row: Row) -> None:
    """What an agent's replacement adds to what his mandate has given."""
    cost = int(fact["quantity"]) * int(fact["limit_minor"]) + int(fact["max_fee_minor"])
    was = row["quantity"] * row["limit_minor"] + row["max_fee_minor"]
    mandates.use(rows, row["owner"], fact["kid"], cost - was)


def _nothing_pending() -> Row:
    return dict.fromkeys(PENDING)
