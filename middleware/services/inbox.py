"""Entries as they are looked at: by the broker who entered them, by whoever has to affirm them, by the custodian."""

from collections.abc import Mapping, Sequence

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.models.entry import STATUSES, Entry
from middleware.models.instrument import Instrument
from middleware.models.order import Order
from middleware.services import affirmations, entries, holdings
from middleware.services.pages import Listing, Page, Row, decode, encode, refused
from middleware.services.parties import named

__all__ = ["STATUSES", "index", "show", "views"]


def index(
    session: Session, principal: Principal, *, page: Page, statuses: Sequence[str] = (), **wanted: str
) -> Listing:
    """Entries that the principal may see, newest first. `wanted`: broker, owner, instrument, client_id, group."""
    query = select(Entry).where(policy.visible(principal, Entry))
    if statuses:
        query = query.where(Entry.status.in_(statuses))
    for name, value in wanted.items():
        if value:
            query = query.where(_COLUMNS[name] == value)
    if page.starting_after:
        query = query.where(Entry.number < _last(page.starting_after))
    found = list(session.scalars(query.order_by(Entry.number.desc()).limit(page.limit + 1)))
    more = len(found) > page.limit
    found = found[: page.limit]
    return Listing(views(session, principal, found), encode([found[-1].number]) if more else "")


def show(session: Session, principal: Principal, id: str) -> Row:
    """One entry, with what affirming it would reserve."""
    return views(session, principal, [entries.show(session, principal, id)])[0]


def views(session: Session, principal: Principal, found: Sequence[Entry]) -> list[Row]:
    """Entries as the principal sees them."""
    mine = affirmations.affirmable(session, principal, found)
    orders = _statuses(session, [entry.order for entry in found if entry.order])
    return [_view(session, principal, entry, mine, orders) for entry in found]


def _view(session: Session, principal: Principal, entry: Entry, mine: set[str], orders: Mapping[str, str]) -> Row:
    row: Row = {column.name: getattr(entry, column.name) for column in Entry.__table__.columns}
    row |= {name: entry.args[name] for name in ("cash_account", "venue")}
    row |= {"max_fee_minor": int(entry.args["max_fee_minor"]), "good_till": entry.args["good_till"]}
    instrument = session.get(Instrument, entry.instrument)
    row["owner_name"] = session.scalar(select(named(literal(entry.owner))))
    row["currency"] = instrument.currency if instrument else ""
    buys = entry.side == "buy"
    most = entry.quantity * entry.limit_minor + row["max_fee_minor"] if buys else entry.quantity
    what = row["currency"] if buys else entry.instrument
    available = holdings.available(session, instrument=what, account=row["cash_account"] if buys else entry.account)
    knows = entry.owner == principal.party or entry.id in mine  # what he holds is not his broker's business
    row |= {"reserves": most, "reserved_instrument": what}
    row |= {"available": available if knows else None, "sufficient": available >= most if knows else None}
    row |= {
        "affirmable": entry.id in mine,
        "order_status": orders.get(entry.order, "pending_new" if entry.order else ""),
    }
    waits = entry.status == affirmations.AWAITING
    return row | {"withdrawable": waits and entry.broker == principal.party}


def _statuses(session: Session, orders: Sequence[str]) -> dict[str, str]:
    found = session.execute(select(Order.id, Order.status).where(Order.id.in_(orders)))
    return {row.id: row.status for row in found}


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
