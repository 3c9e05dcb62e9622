"""Confirmations: each trade of a broker's order, told to him with all its terms (FIX AK), and his answer (AU).

One is made when a session tells its broker of the trade, or within a second where none does: then he has it over REST.
"""

from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from middleware import clock, ids, policy
from middleware.auth import Principal
from middleware.database import is_postgres
from middleware.errors import Error
from middleware.models.entry import Cursor
from middleware.models.execution import Confirmation
from middleware.models.order import Order
from middleware.models.report import Report
from middleware.models.trade import Trade
from middleware.services.pages import Listing, Page, Row, listing

CONSUMER, LOOK_AT = "confirmations", 500
ANSWERS = ("received", "affirmed", "rejected")


def make(session: Session, trade_id: str, order_id: str) -> Row | None:
    """The confirmation of one side of a trade, made when it is first told; None for an order without a broker.

    The use case commits.
    """
    order, trade = session.get(Order, order_id), session.get(Trade, trade_id)
    if order is None or trade is None or not order.broker:
        return None
    now = clock.now()
    row: Row = {"id": ids.new(), "trade": trade_id, "order": order_id, "broker": order.broker, "owner": order.owner}
    row |= {"terms": _terms(order, trade), "status": "sent", "reason": "", "text": ""}
    dialect = postgresql if is_postgres(session) else sqlite
    insert = dialect.insert(Confirmation).on_conflict_do_nothing(index_elements=["trade", "order"])
    session.connection().execute(insert.values({**row, "sent_at": now, "answered_at": None}))
    query = select(*_COLUMNS).where(Confirmation.trade == trade_id, Confirmation.order == order_id)
    return dict(session.execute(query).mappings().one())


def is_behind(session: Session) -> bool:
    """Whether anything happened to orders since the last time."""
    return session.execute(_told_after(_place(session)).limit(1)).first() is not None


def follow(session: Session) -> int:
    """Make the confirmations of what brokers' orders have traded since the last time. One commit.

    Answers how many reports were looked at.
    """
    found = session.execute(_told_after(_place(session)).limit(LOOK_AT)).all()
    for one in found:
        if one.kind == "trade" and one.broker:
            make(session, one.trade, one.order)
    if found:
        last = {"block": found[-1].block, "index": found[-1].index, "notice": 0}
        place = {f"{which}_{name}": value for which in ("told", "attempted") for name, value in last.items()}
        session.merge(Cursor(consumer=CONSUMER, **place))
        session.commit()
    return len(found)


def _told_after(place: tuple[int, int]) -> Select[*tuple[Any, ...]]:
    query = select(Report.block, Report.index, Report.kind, Report.broker, Report.trade, Report.order)
    query = query.where(tuple_(Report.block, Report.index) > tuple_(*place))
    return query.order_by(Report.block, Report.index)


def _place(session: Session) -> tuple[int, int]:
    row = session.get(Cursor, CONSUMER)
    return (row.told_block, row.told_index) if row else (-1, -1)


def _terms(order: Order, trade: Trade) -> dict[str, Any]:
    buys = order.side == "buy"
    fee = trade.buyer_fee_minor if buys else trade.seller_fee_minor
    return {
        "instrument": trade.instrument,
        "currency": trade.currency,
        "side": order.side,
        "account": order.account,
        "quantity": str(trade.quantity),
        "price_minor": str(trade.price_minor),
        "amount_minor": str(trade.amount_minor),
        "fee_minor": str(fee),
        "net_minor": str(trade.amount_minor + fee if buys else trade.amount_minor - fee),
        "traded_at": clock.text(trade.at),
        "venue": trade.venue,
        "reference": trade.reference,
        "block": str(trade.block),
    }


def index(session: Session, principal: Principal, *, page: Page, status: str = "", order: str = "") -> Listing:
    """The confirmations of the principal's orders, of his accounts, or that he was sent; newest first."""
    query = select(*_COLUMNS).where(policy.visible(principal, Confirmation))
    if status:
        query = query.where(Confirmation.status == status)
    if order:
        query = query.where(Confirmation.order == order)
    found = listing(session, query, Confirmation.number, page=page, descending=True)
    return Listing([_view(principal, row) for row in found.items], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One confirmation."""
    query = select(*_COLUMNS).where(Confirmation.id == id, policy.visible(principal, Confirmation))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no confirmation {id}", reason="confirmation")
    return _view(principal, dict(row))


def answer(session: Session, principal: Principal, id: str, *, status: str, reason: str = "", text: str = "") -> Row:
    """The broker has received, affirmed or rejected a confirmation. The use case commits."""
    row = show(session, principal, id)
    if row["broker"] != principal.party:
        raise Error("forbidden", f"the confirmation {id} went to {row['broker']}", reason="broker")
    if row["status"] in ("affirmed", "rejected") and row["status"] != status:
        raise Error("wrong_status", f"the confirmation {id} is {row['status']} already", reason="confirmation")
    confirmation = session.get_one(Confirmation, row["number"])
    confirmation.status, confirmation.reason, confirmation.text = status, reason, text
    confirmation.answered_at = clock.now()
    session.flush()
    return show(session, principal, id)


def _view(principal: Principal, row: Row) -> Row:
    waits = row["status"] in ("sent", "received") and row["broker"] == principal.party
    return {**row, "answerable": waits}


_COLUMNS = tuple(Confirmation.__table__.columns)
