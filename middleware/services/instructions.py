"""Instructions: what the accounts of a custodian deliver and receive against payment, in the words of ISO 20022.

Settled ones are the two sides of every trade (as sese.025 confirms them). Pending ones are open orders (sese.024): what
they may still deliver or receive is reserved, which ISO 20022 calls BLOT, blocked for trading. None can fail: an
execution settles in the step that makes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.models.account import Account
from middleware.models.order import OPEN, Order
from middleware.models.trade import Trade
from middleware.services.pages import Listing, Page, Row, decode, encode, refused
from middleware.services.parties import named

STATUSES = ("settled", "pending")
RECEIVE, DELIVER, AGAINST_PAYMENT, BLOCKED = "RECE", "DELI", "APMT", "BLOT"
_MOVEMENTS = {"buy": RECEIVE, "sell": DELIVER}


@dataclass(frozen=True, slots=True)
class _Source:
    """Where instructions come from. `place` tells those of one command apart."""

    place: int
    status: str
    model: Any
    account: Any
    view: Callable[[Any], Row]


def index(
    session: Session, principal: Principal, *, page: Page, status: str = "", account: str = "", instrument: str = ""
) -> Listing:
    """The instructions of accounts that the principal owns or keeps, newest first."""
    last = _last(page)
    rows: list[Row] = []
    for source in _SOURCES:
        if status in ("", source.status):
            query = _query(principal, source, last, account=account, instrument=instrument)
            rows += [_row(source, *found) for found in session.execute(query.limit(page.limit + 1))]
    rows.sort(key=_key, reverse=True)
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    return Listing(rows, encode(_key(rows[-1])) if more else "")


def _query(
    principal: Principal, source: _Source, last: tuple[int, int] | None, *, account: str, instrument: str
) -> Select[*tuple[Any, ...]]:
    model = source.model
    query = select(model, Account.owner, named(Account.owner)).join(Account, Account.id == source.account)
    query = query.where(policy.visible(principal, Account))
    if model is Order:
        query = query.where(Order.status.in_(OPEN))
    if account:
        query = query.where(source.account == account)
    if instrument:
        query = query.where(model.instrument == instrument)
    if last is not None:
        ordinal, place = last
        query = query.where(model.ordinal <= ordinal if source.place < place else model.ordinal < ordinal)
    return query.order_by(model.ordinal.desc())


def _row(source: _Source, found: Any, owner: str, owner_name: str) -> Row:
    row: Row = {name: getattr(found, name) for name in ("ordinal", "instrument", "currency", "venue", "at", "block")}
    row |= {"place": source.place, "status": source.status, "payment": AGAINST_PAYMENT}
    return {**row, "owner": owner, "owner_name": owner_name, **source.view(found)}


def _settled(trade: Trade, side: str) -> Row:
    buys = side == "buy"
    account, fee = (
        (trade.buyer_account, trade.buyer_fee_minor) if buys else (trade.seller_account, trade.seller_fee_minor)
    )
    row: Row = {"message": "sese.025", "movement": _MOVEMENTS[side], "reason": "", "account": account}
    row |= {"quantity": trade.quantity, "amount_minor": trade.amount_minor, "fee_minor": fee}
    return {**row, "order": trade.buy if buys else trade.sell, "trade": trade.id, "trade_status": trade.status}


def _pending(order: Order) -> Row:
    left = (order.quantity or 0) - order.filled
    row: Row = {"message": "sese.024", "movement": _MOVEMENTS[order.side], "reason": BLOCKED, "account": order.account}
    row |= {"quantity": left, "amount_minor": left * (order.limit_minor or 0), "fee_minor": None}
    return {**row, "order": order.id, "trade": "", "trade_status": ""}


_SOURCES = (
    _Source(0, "pending", Order, Order.account, _pending),
    _Source(1, "settled", Trade, Trade.seller_account, lambda trade: _settled(trade, "sell")),
    _Source(2, "settled", Trade, Trade.buyer_account, lambda trade: _settled(trade, "buy")),
)


def _key(row: Row) -> tuple[int, int]:
    return row["ordinal"], row["place"]


def _last(page: Page) -> tuple[int, int] | None:
    if not page.starting_after:
        return None
    match decode(page.starting_after):
        case [int(ordinal), int(place)] if place in range(len(_SOURCES)):
            return ordinal, place
        case _:
            raise refused(page.starting_after)
