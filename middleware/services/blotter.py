"""The blotter: a party's orders, on their way and as the ledger has them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, bindparam, false, or_, select
from sqlalchemy.orm import Session

from middleware import clock, ids, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.account import Account
from middleware.models.entry import Entry
from middleware.models.instrument import Instrument
from middleware.models.order import OPEN, Order
from middleware.models.submission import Submission
from middleware.services.pages import Listing, Page, Row, decode, encode, refused
from middleware.services.recording import number, text

PLACE = "order:place"
_CURRENCY = select(Instrument.currency).where(Instrument.instrument == bindparam("instrument")).scalar_subquery()
_OWNER = select(Account.owner).where(Account.id == bindparam("account")).scalar_subquery()
_NAMED = select(_CURRENCY.label("currency"), _OWNER.label("owner"))
_ORDERS = Order.__table__
_Item = tuple[Row, list[str | int]]


def show(session: Session, principal: Principal, id: str) -> Row:
    """One order: from the ledger, or from its submission while the ledger has not answered."""
    order = session.execute(select(_ORDERS).where(Order.id == id, policy.visible(principal, Order))).one_or_none()
    if order is not None:
        row = _view(principal, order)
        _name(session, [row])
        return row
    submission = _sent(session, principal, id)
    if submission is None:
        raise Error("not_found", f"there is no order {id}", reason="order")
    row = pending(session, submission)
    _name(session, [row])
    return row


def _sent(session: Session, principal: Principal, id: str) -> Submission | None:
    """An order on its way: seen by whoever signed it, and by those who see the entry that it was affirmed from."""
    party, uuid = ids.split(id)
    entered = select(Entry.id).where(Entry.order == id, policy.visible(principal, Entry))
    return session.scalar(
        select(Submission).where(
            Submission.party == party,
            Submission.id == uuid,
            Submission.function == PLACE,
            or_(policy.visible(principal, Submission), Submission.id.in_(entered)),
        )
    )


def sent(session: Session, principal: Principal, submission: Submission) -> Row:
    """The order that a submission makes, as it stands."""
    if submission.status == "waiting":
        return pending(session, submission)
    return show(session, principal, ids.reference(submission.party, submission.id))


def index(
    session: Session,
    principal: Principal,
    *,
    page: Page,
    statuses: Sequence[str] = (),
    **wanted: str,
) -> Listing:
    """Orders that the principal may see: those on their way first, then as the ledger has them, newest first.

    `wanted` narrows them: instrument, side, account, broker, owner, venue, client_id, placed_from, placed_till.
    """
    wanted = {name: value for name, value in wanted.items() if value}
    phase, last = _phase(page)
    items: list[_Item] = []
    if phase == "pending" and (not statuses or "pending_new" in statuses):
        items = _pending_items(session, principal, wanted, last, page.limit + 1)
    room = page.limit + 1 - len(items)
    recorded_statuses = [status for status in statuses if status != "pending_new"]
    if room > 0 and (recorded_statuses or not statuses):
        after = last if phase == "order" else None
        items += _recorded_items(session, principal, wanted, recorded_statuses, after, room)
    more = len(items) > page.limit
    items = items[: page.limit]
    _name(session, [row for row, _ in items])
    return Listing([row for row, _ in items], encode(items[-1][1]) if more else "")


def _view(principal: Principal, order: sa.Row[Any]) -> Row:
    """An order as it stands on the ledger."""
    row = order._asdict()
    buys = order.side == "buy"
    return {
        **row,
        "remaining": None if order.quantity is None else order.quantity - order.filled,
        "average_price_minor": order.spent_minor // order.filled if order.filled else None,
        "reserved_instrument": order.currency if buys else order.instrument,
        "placed_at": order.at,
        "cancellable": order.status in OPEN
        and principal.party in (order.owner, order.broker, order.id.partition(":")[0]),
        "replaceable": order.status in OPEN
        and order.pending_quantity is None
        and principal.party in (order.owner, order.id.partition(":")[0]),
        **_UNNAMED,
    }


def pending(session: Session, submission: Submission) -> Row:
    """An order that so far is a submission only: on its way, or refused before the ledger recorded it."""
    args = {name: text(value) for name, value in submission.args.items()}
    named = session.connection().execute(_NAMED, {name: args[name] for name in ("instrument", "account")}).one()
    currency = named.currency or ""
    return {
        **args,
        "id": ids.reference(submission.party, submission.id),
        "owner": named.owner or submission.party,
        "currency": currency,
        "quantity": number(args["quantity"]),
        "limit_minor": number(args["limit_minor"]),
        "max_fee_minor": number(args["max_fee_minor"]),
        "good_till": clock.parse(args["good_till"]),
        "status": "rejected" if submission.code else "pending_new",
        "filled": 0,
        "remaining": number(args["quantity"]),
        "average_price_minor": None,
        "fees_minor": 0,
        "reserved": 0,
        "reserved_instrument": currency if args["side"] == "buy" else args["instrument"],
        "sequence": None,
        "kid": submission.kid,
        "held": submission.held,
        "code": submission.code,
        "reason": submission.reason,
        "message": submission.message,
        "block": submission.block,
        "transaction": submission.transaction_id,
        "placed_at": None,
        "closed_at": None,
        "book": "",
        **dict.fromkeys(("pending_quantity", "pending_limit_minor", "pending_max_fee_minor")),
        "cancellable": False,
        "replaceable": False,
        **_UNNAMED,
    }


_UNNAMED = {"client_id": "", "session": "", "group": ""}


def _name(session: Session, rows: Sequence[Row]) -> None:
    """Give orders that a broker entered the name he knows them by."""
    by_id = {row["id"].partition(":")[2]: row for row in rows if row["broker"]}
    if not by_id:
        return
    columns = select(Entry.id, Entry.client_id, Entry.session, Entry.group)
    for id, client_id, by, group in session.execute(columns.where(Entry.id.in_(by_id))):
        by_id[id] |= {"client_id": client_id, "session": by, "group": group}


def _phase(page: Page) -> tuple[str, int | None]:
    if not page.starting_after:
        return "pending", None
    match decode(page.starting_after):
        case ["pending" | "order" as phase, int(last)]:
            return phase, last
        case _:
            raise refused(page.starting_after)


def _pending_items(
    session: Session, principal: Principal, wanted: Mapping[str, str], last: int | None, limit: int
) -> list[_Item]:
    query = select(Submission).where(
        Submission.status != "done", Submission.function == PLACE, policy.visible(principal, Submission)
    )
    for name, value in wanted.items():
        # What the ledger has not recorded yet has none of the other things that one can ask for.
        query = query.where(Submission.args[name].as_string() == value if name in _OF_ARGS else false())
    if last is not None:
        query = query.where(Submission.arrival < last)
    found = session.scalars(query.order_by(Submission.arrival.desc()).limit(limit))
    return [(pending(session, one), ["pending", one.arrival]) for one in found]


def _recorded_items(
    session: Session,
    principal: Principal,
    wanted: Mapping[str, str],
    statuses: Sequence[str],
    last: int | None,
    limit: int,
) -> list[_Item]:
    query = select(Order.ordinal).where(policy.visible(principal, Order), *_matching(wanted))
    if statuses:
        query = query.where(Order.status.in_(statuses))
    if last is not None:
        query = query.where(Order.ordinal < last)
    # Of all that fit only the places are sorted; whole rows, many times as wide, are read for the page alone.
    places = list(session.scalars(query.order_by(Order.ordinal.desc()).limit(limit)))
    found = session.execute(select(_ORDERS).where(Order.ordinal.in_(places)).order_by(Order.ordinal.desc()))
    return [(_view(principal, one), ["order", one.ordinal]) for one in found]


def _matching(wanted: Mapping[str, str]) -> list[ColumnElement[bool]]:
    conditions = [column == wanted[name] for name, column in _COLUMNS.items() if name in wanted]
    if account := wanted.get("account"):
        conditions.append(or_(Order.account == account, Order.cash_account == account))
    if client_id := wanted.get("client_id"):
        named = select(Entry.order).where(Entry.client_id == client_id, Entry.order != "")
        conditions.append(Order.id.in_(named))
    if since := wanted.get("placed_from"):
        conditions.append(Order.at >= clock.parse(since))
    if until := wanted.get("placed_till"):
        conditions.append(Order.at < clock.parse(until))
    return conditions


_OF_ARGS = ("instrument", "side", "account", "broker", "venue")
_COLUMNS = {
    "instrument": Order.instrument,
    "side": Order.side,
    "broker": Order.broker,
    "owner": Order.owner,
    "venue": Order.venue,
}
