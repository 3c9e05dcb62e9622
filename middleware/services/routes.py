"""Orders on their way to an exchange: what the ledger admitted becomes a message, once, and the exchange's word on it.

A route is stored in the commit that moves the cursor over the report it comes from. So none is lost and none is made
twice, whatever dies; whether one that is `sending` was sent before a crash nobody knows, and the message says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from middleware import clock, ids, relay
from middleware.models.account import Account
from middleware.models.entry import ClientId, Cursor, Entry, Notice
from middleware.models.execution import Route
from middleware.models.instrument import Instrument
from middleware.models.order import Order
from middleware.models.report import Report

__all__ = ["Outgoing", "Route", "accept", "behind", "find", "follow", "heard", "order_of", "reject", "sent", "waiting"]
KINDS = {"new": "new", "pending_cancel": "cancel", "pending_replace": "replace"}
LOOK_AT = 500


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a message to the exchange says. `original` is the name it changes; `terms` are for orders and replaces."""

    client_id: str
    kind: str
    original: str
    order: str
    side: str
    quantity: int
    limit_minor: int
    minor_digits: int
    instrument: str
    isin: str
    currency: str
    good_till: datetime
    account: str
    custodian: str
    owner: str
    broker: str
    broker_client_id: str


def follow(session: Session, venue: str) -> int:
    """Make routes of what the ledger has said since the last time; how many reports were looked at. One commit."""
    cursor = _cursor(session, venue)
    place = (cursor.told_block, cursor.told_index)
    query = select(Report).where(tuple_(Report.block, Report.index) > place)
    reports = session.scalars(query.order_by(Report.block, Report.index).limit(LOOK_AT)).all()
    for report in reports:
        if report.venue == venue and report.kind in KINDS:
            session.add(_route(session, report))
            session.flush()
    if reports:
        cursor.told_block, cursor.told_index = reports[-1].block, reports[-1].index
        session.commit()
    return len(reports)


def behind(session: Session, venue: str) -> bool:
    """Whether the ledger has said anything since the last time."""
    cursor = session.get(Cursor, f"exchange/{venue}")
    last = session.execute(_LAST).first()
    if last is None:
        return False
    return cursor is None or tuple(last) > (cursor.told_block, cursor.told_index)


def waiting(session: Session, venue: str, *, unanswered_since: datetime | None = None) -> list[Outgoing]:
    """What is to be sent, in the ledger's order; also what was sent before that instant and never answered."""
    query = select(Route).where(Route.venue == venue)
    if unanswered_since is None:
        query = query.where(Route.status == "sending")
    else:
        query = query.where(Route.status == "sent", Route.sent_at < unanswered_since)
    found = session.scalars(query.order_by(Route.sent_at, Route.client_id))
    return [outgoing for route in found if (outgoing := _outgoing(session, route))]


def sent(session: Session, client_ids: Iterable[str]) -> None:
    """The engine has these and keeps them until they have arrived. One commit."""
    change = update(Route).where(Route.client_id.in_(list(client_ids)), Route.status.in_(("sending", "sent")))
    session.execute(change.values(status="sent", sent_at=clock.now()))
    session.commit()


def find(session: Session, venue: str, client_id: str) -> Route | None:
    """The route that goes by that name at that exchange."""
    route = session.get(Route, client_id)
    return route if route is not None and route.venue == venue else None


def order_of(session: Session, venue: str, client_id: str) -> str:
    """The order that an exchange means by one of our names; "" for a name that we never gave."""
    route = find(session, venue, client_id)
    return route.order if route else ""


def minor_digits(session: Session, *, order: str = "", isin: str = "", instrument: str = "") -> int | None:
    """How many decimals prices of an order, or of an instrument, have; None when neither is known."""
    if order and (found := session.get(Order, order)):
        instrument = found.instrument
    query = select(Instrument.currency).where(Instrument.instrument == instrument)
    if not instrument:
        query = select(Instrument.currency).where(Instrument.isin == isin, Instrument.isin != "")
    currency = session.get(Instrument, session.scalar(query) or "")
    return currency.minor_digits if currency else None


def heard(session: Session) -> None:
    """A message of the exchange is stored with what it calls for: from here on neither can be lost. One commit."""
    session.commit()
    relay.push(session)


def accept(session: Session, route: Route, exchange_id: str) -> None:
    """The exchange has it. The use case commits."""
    if route.status != "accepted":
        route.status, route.exchange_id, route.answered_at = "accepted", exchange_id, clock.now()


def reject(session: Session, route: Route, text: str) -> None:
    """The exchange does not do it. Of a cancel the broker hears at once, for the ledger has nothing to say about it."""
    if route.status == "rejected":
        return
    route.status, route.text, route.answered_at = "rejected", text, clock.now()
    if route.kind == "cancel":
        _refuse_cancel(session, route)


def _refuse_cancel(session: Session, route: Route) -> None:
    named = session.scalar(select(ClientId).where(ClientId.command == route.client_id, ClientId.kind == "cancel"))
    entry = session.scalar(select(Entry).where(Entry.order == route.order))
    order = session.get(Order, route.order)
    if named is not None:
        named.status = "rejected"
    if order is None:
        return
    session.add(
        Notice(
            at=clock.now(),
            kind="refused",
            entry=entry.id if entry else "",
            group=entry.group if entry else "",
            order=route.order,
            broker=order.broker,
            owner=order.owner,
            session=named.session if named else "",
            client_id=named.client_id if named else "",
            code="wrong_status",
            reason="exchange",
            text=route.text,
        )
    )


def _cursor(session: Session, venue: str) -> Cursor:
    consumer = f"exchange/{venue}"
    cursor = session.get(Cursor, consumer)
    if cursor is None:
        nothing = dict.fromkeys(("told_block", "told_index", "attempted_block", "attempted_index"), -1)
        cursor = Cursor(consumer=consumer, told_notice=0, attempted_notice=0, **nothing)
        session.add(cursor)
    return cursor


def _route(session: Session, report: Report) -> Route:
    kind = KINDS[report.kind]
    wanted = ids.split(report.order)[1] if kind == "new" else report.command
    taken = session.get(Route, wanted) is not None  # another party's id: these are unique for each party only
    return Route(
        client_id=ids.new() if taken else wanted,
        venue=report.venue,
        order=report.order,
        kind=kind,
        original="" if kind == "new" else _name(session, report.order),
        status="sending",
        exchange_id="",
        text="",
        sent_at=clock.now(),
        answered_at=None,
    )


def _name(session: Session, order: str) -> str:
    """What the order goes by at the exchange: its own name, or that of the last change that was not refused."""
    query = select(Route.client_id).where(Route.order == order, Route.status != "rejected", Route.kind != "cancel")
    return session.scalar(query.order_by(Route.sent_at.desc(), Route.client_id.desc()).limit(1)) or ""


def _outgoing(session: Session, route: Route) -> Outgoing | None:
    """The message of a route; None where the ledger's mirror is behind, or a replacement was decided meanwhile."""
    order = session.get(Order, route.order)
    if order is None or order.quantity is None or order.limit_minor is None or order.good_till is None:
        return None
    quantity, limit_minor = order.quantity, order.limit_minor
    if route.kind == "replace":
        if order.pending_quantity is None or order.pending_limit_minor is None:
            return None
        quantity, limit_minor = order.pending_quantity, order.pending_limit_minor
    return Outgoing(
        client_id=route.client_id,
        kind=route.kind,
        original=route.original,
        order=route.order,
        quantity=quantity,
        limit_minor=limit_minor,
        **_named(session, order),
    )


def _named(session: Session, order: Order) -> dict[str, Any]:
    instrument = session.get(Instrument, order.instrument)
    account = session.get(Account, order.account)
    client_id = session.scalar(select(Entry.client_id).where(Entry.order == order.id))
    return {
        "side": order.side,
        "minor_digits": minor_digits(session, instrument=order.instrument) or 0,
        "instrument": order.instrument,
        "isin": instrument.isin if instrument else "",
        "currency": order.currency,
        "good_till": order.good_till,
        "account": order.account,
        "custodian": account.custodian if account else "",
        "owner": order.owner,
        "broker": order.broker,
        "broker_client_id": client_id or "",
    }


_LAST = select(Report.block, Report.index).order_by(Report.block.desc(), Report.index.desc()).limit(1)
