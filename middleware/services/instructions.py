"""Instructions: what the accounts of a custodian deliver and receive against payment, in the words of ISO 20022.

Settled ones are the two sides of every trade, and of every instruction that two parties have signed (as sese.025
confirms them). Pending ones are open orders and what one side has signed (sese.024): what they may still deliver or
receive is reserved. For an order ISO 20022 calls that BLOT, blocked for trading; a lone instruction is CMIS, its match
is missing, and its other side sees it alleged (sese.028). None can fail: one settles in the step that makes it so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.models.account import Account
from middleware.models.instruction import Instruction
from middleware.models.order import OPEN, Order
from middleware.models.trade import Trade
from middleware.services.pages import Listing, Page, Row, decode, encode, refused
from middleware.services.parties import named

STATUSES = ("settled", "pending", "alleged")
MESSAGES = ("sese.024", "sese.025", "sese.028")
RECEIVE, DELIVER, AGAINST_PAYMENT, FREE = "RECE", "DELI", "APMT", "FREE"
BLOCKED, UNMATCHED = "BLOT", "CMIS"
_MOVEMENTS = {"buy": RECEIVE, "sell": DELIVER, "receive": RECEIVE, "deliver": DELIVER}
_OTHER = {RECEIVE: DELIVER, DELIVER: RECEIVE}


@dataclass(frozen=True, slots=True)
class _Source:
    """Where instructions come from. `place` tells those of one command apart; without an account it is the owner's."""

    place: int
    status: str
    model: Any
    account: Any
    view: Callable[[Any], Row]
    ordinal: Any
    condition: ColumnElement[bool]
    owner: Any = Account.owner


def index(
    session: Session, principal: Principal, *, page: Page, status: str = "", account: str = "", instrument: str = ""
) -> Listing:
    """The instructions of accounts that the principal owns or keeps, newest first."""
    last = _last(page)
    rows: list[Row] = []
    for source in _SOURCES:
        if status in ("", source.status) and not (account and source.account is None):
            query = _query(principal, source, last, account=account, instrument=instrument)
            rows += [_row(source, *found) for found in session.execute(query.limit(page.limit + 1))]
    rows.sort(key=_key, reverse=True)
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    return Listing(rows, encode(_key(rows[-1])) if more else "")


def _query(
    principal: Principal, source: _Source, last: tuple[int, int] | None, *, account: str, instrument: str
) -> Select[*tuple[Any, ...]]:
    query = select(source.model, source.ordinal, source.owner, named(source.owner)).where(source.condition)
    if source.account is None:
        query = query.where(_alleged_to(principal))
    else:
        query = query.join(Account, Account.id == source.account).where(policy.visible(principal, Account))
    if account:
        query = query.where(source.account == account)
    if instrument:
        query = query.where(source.model.instrument == instrument)
    if last is not None:
        ordinal, place = last
        query = query.where(source.ordinal <= ordinal if source.place < place else source.ordinal < ordinal)
    return query.order_by(source.ordinal.desc())


def _alleged_to(principal: Principal) -> ColumnElement[bool]:
    """Whose other side the principal is, or keeps accounts for."""
    if principal.has(*policy.OVERSEERS):
        return true()
    clients = select(Account.owner).where(policy.visible(principal, Account))
    return (Instruction.counterparty == principal.party) | Instruction.counterparty.in_(clients)


def _row(source: _Source, found: Any, ordinal: int, owner: str, owner_name: str) -> Row:
    row: Row = {name: getattr(found, name) for name in ("instrument", "currency", "at", "block")}
    row |= {"ordinal": ordinal, "place": source.place, "status": source.status, "payment": AGAINST_PAYMENT}
    row |= {"venue": "", "order": "", "trade": "", "trade_status": "", "terms": "", "counterparty": ""}
    return {**row, "owner": owner, "owner_name": owner_name, **source.view(found)}


def _settled(trade: Trade, side: str) -> Row:
    buys = side == "buy"
    account, fee = (
        (trade.buyer_account, trade.buyer_fee_minor) if buys else (trade.seller_account, trade.seller_fee_minor)
    )
    row: Row = {"message": "sese.025", "movement": _MOVEMENTS[side], "reason": "", "account": account}
    row |= {"quantity": trade.quantity, "amount_minor": trade.amount_minor, "fee_minor": fee, "venue": trade.venue}
    return {**row, "order": trade.buy if buys else trade.sell, "trade": trade.id, "trade_status": trade.status}


def _pending(order: Order) -> Row:
    left = (order.quantity or 0) - order.filled
    row: Row = {"message": "sese.024", "movement": _MOVEMENTS[order.side], "reason": BLOCKED, "account": order.account}
    row |= {"quantity": left, "amount_minor": left * (order.limit_minor or 0), "fee_minor": None, "venue": order.venue}
    return {**row, "order": order.id}


def _agreed(found: Instruction, message: str, *, own: bool) -> Row:
    """One side of an instruction, its owner's or the other's."""
    movement = _MOVEMENTS[found.side] if own else _OTHER[_MOVEMENTS[found.side]]
    row: Row = {"message": message, "movement": movement, "reason": "" if found.settlement else UNMATCHED}
    row |= {"account": found.account if own else found.counter_account, "terms": found.terms, "fee_minor": None}
    row |= {"quantity": found.quantity, "amount_minor": found.amount_minor}
    row |= {"payment": AGAINST_PAYMENT if found.amount_minor else FREE}
    row |= {"counterparty": found.counterparty if own else found.owner}
    if found.settlement:
        row |= {"at": found.closed_at, "block": found.closed_block, "fee_minor": 0}
    return row


_IS_ALLEGED, _IS_SETTLED = Instruction.status == "alleged", Instruction.status == "settled"
_SOURCES = (
    _Source(0, "pending", Order, Order.account, _pending, Order.ordinal, Order.status.in_(OPEN)),
    _Source(1, "settled", Trade, Trade.seller_account, lambda one: _settled(one, "sell"), Trade.ordinal, true()),
    _Source(2, "settled", Trade, Trade.buyer_account, lambda one: _settled(one, "buy"), Trade.ordinal, true()),
    _Source(
        *(3, "pending", Instruction, Instruction.account, lambda one: _agreed(one, "sese.024", own=True)),
        *(Instruction.ordinal, _IS_ALLEGED),
    ),
    _Source(
        *(4, "alleged", Instruction, None, lambda one: _agreed(one, "sese.028", own=False)),
        *(Instruction.ordinal, _IS_ALLEGED, Instruction.counterparty),
    ),
    _Source(
        *(5, "settled", Instruction, Instruction.account, lambda one: _agreed(one, "sese.025", own=True)),
        *(Instruction.settled_ordinal, _IS_SETTLED),
    ),
    _Source(
        *(6, "settled", Instruction, Instruction.counter_account, lambda one: _agreed(one, "sese.025", own=False)),
        *(Instruction.settled_ordinal, _IS_SETTLED),
    ),
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
