"""Entries as they are looked at: by the broker who entered them, by whoever has to affirm them, by the custodian."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.models.entry import STATUSES, Entry
from middleware.models.holding import Holding
from middleware.models.instrument import Instrument
from middleware.models.order import Order
from middleware.models.party import PartyName
from middleware.services import affirmations, entries
from middleware.services.pages import Listing, Page, Row, decode, encode, refused

__all__ = ["STATUSES", "index", "show", "views"]


def index(
    session: Session, principal: Principal, *, page: Page, statuses: Sequence[str] = (), **wanted: str
) -> Listing:
    """Entries that the principal may see, newest first. `wanted`: broker, owner, instrument, client_id, group."""
    query = select(Entry.number).where(policy.visible(principal, Entry))
    if statuses:
        query = query.where(Entry.status.in_(statuses))
    for name, value in wanted.items():
        if value:
            query = query.where(_COLUMNS[name] == value)
    if page.starting_after:
        query = query.where(Entry.number < _last(page.starting_after))
    numbers = list(session.scalars(query.order_by(Entry.number.desc()).limit(page.limit + 1)))
    more = len(numbers) > page.limit
    found = list(
        session.scalars(select(Entry).where(Entry.number.in_(numbers[: page.limit])).order_by(Entry.number.desc()))
    )
    return Listing(views(session, principal, found), encode([found[-1].number]) if more else "")


def show(session: Session, principal: Principal, id: str) -> Row:
    """One entry, with what affirming it would reserve."""
    return views(session, principal, [entries.show(session, principal, id)])[0]


def views(session: Session, principal: Principal, found: Sequence[Entry]) -> list[Row]:
    """Entries as the principal sees them."""
    desk = _Desk.of(session, principal, found)
    return [_view(principal, entry, desk) for entry in found]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is told with entries, read once for many of them. `available`: (instrument, account) → units or cash."""

    mine: set[str]
    orders: Mapping[str, str]
    names: Mapping[str, str]
    currencies: Mapping[str, str]
    available: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, session: Session, principal: Principal, found: Sequence[Entry]) -> "_Desk":
        codes = {entry.instrument for entry in found}
        currencies = dict(_pairs(session, Instrument.instrument, Instrument.currency, codes))
        accounts = {account for entry in found for account in (entry.account, entry.args["cash_account"])}
        held = select(Holding.instrument, Holding.account, Holding.quantity - Holding.reserved)
        held = held.where(Holding.account.in_(accounts), Holding.instrument.in_(codes | set(currencies.values())))
        return cls(
            mine=affirmations.affirmable(session, principal, found),
            orders=dict(_pairs(session, Order.id, Order.status, {entry.order for entry in found if entry.order})),
            names=dict(_pairs(session, PartyName.party, PartyName.name, {entry.owner for entry in found})),
            currencies=currencies,
            available={(instrument, account): left for instrument, account, left in session.execute(held)},
        )


def _pairs(session: Session, key: Any, value: Any, wanted: set[str]) -> list[tuple[str, str]]:
    return [(one, other) for one, other in session.execute(select(key, value).where(key.in_(wanted)))]


def _view(principal: Principal, entry: Entry, desk: _Desk) -> Row:
    row: Row = {column.name: getattr(entry, column.name) for column in Entry.__table__.columns}
    row |= {name: entry.args[name] for name in ("cash_account", "venue", "good_till")}
    row |= {"max_fee_minor": int(entry.args["max_fee_minor"]), "owner_name": desk.names.get(entry.owner, entry.owner)}
    row["currency"] = desk.currencies.get(entry.instrument, "")
    buys = entry.side == "buy"
    most = entry.quantity * entry.limit_minor + row["max_fee_minor"] if buys else entry.quantity
    what, where = (row["currency"], row["cash_account"]) if buys else (entry.instrument, entry.account)
    row |= {"reserves": most, "reserved_instrument": what, "available": None, "sufficient": None}
    if entry.owner == principal.party or entry.id in desk.mine:  # what he holds is not his broker's business
        available = desk.available.get((what, where), 0)
        row |= {"available": available, "sufficient": available >= most}
    row["order_status"] = desk.orders.get(entry.order, "pending_new" if entry.order else "")
    waits = entry.status == affirmations.AWAITING
    return row | {"affirmable": entry.id in desk.mine, "withdrawable": waits and entry.broker == principal.party}


def _last(cursor: str) -> int:
    match decode(cursor):
        case [int(number)]:
            return number
        case _:
            raise refused(cursor)


_COLUMNS = {
    "broker": Entry.broker,
    "owner": Entry.owner,
    "instrument": Entry.instrument,
    "client_id": Entry.client_id,
    "group": Entry.group,
}
