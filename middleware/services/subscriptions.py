"""Subscriptions: an investor's signed wish for units of an offering, its cash reserved, until it settles or is free."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import amounts, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.instrument import Instrument
from middleware.models.offering import Offering
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.services import accounts, holdings, invitations, offerings, submissions
from middleware.services.instruments import currency_digits
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named
from middleware.services.recording import existing, keepers, recorded
from middleware.services.submissions import Intent

SUBSCRIBE, WITHDRAW = "offering:subscribe", "offering:withdraw"


def index(session: Session, principal: Principal, *, page: Page, **wanted: str) -> Listing:
    """Subscriptions that the principal may see, newest first. `wanted`: offering, subscriber, instrument, status."""
    query = _QUERY.where(policy.visible(principal, Subscription))
    for name, value in wanted.items():
        if value:
            query = query.where(getattr(Subscription, name) == value)
    return listing(session, query, Subscription.ordinal, page=page, descending=True)


def show(session: Session, principal: Principal, offering: str, subscriber: str) -> Row:
    """One party's subscription to an offering."""
    mine = (Subscription.offering == offering, Subscription.subscriber == subscriber)
    row = session.execute(_QUERY.where(*mine, policy.visible(principal, Subscription))).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"{subscriber} has not subscribed to {offering}", reason="subscription")
    return dict(row)


def book(session: Session, principal: Principal, id: str) -> Row:
    """An offering's live book: how much is wanted at each limit, the best first, and what that adds up to."""
    offering = offerings.find(session, principal, id)
    wanted = func.sum(Subscription.quantity)
    standing = (Subscription.offering == id, Subscription.status != "withdrawn")
    by_limit = select(Subscription.limit_minor, wanted, func.count()).where(*standing)
    levels, total = [], 0
    found = session.execute(by_limit.group_by(Subscription.limit_minor).order_by(Subscription.limit_minor.desc()))
    for limit_minor, quantity, count in found:
        total += int(quantity)
        levels.append({"limit_minor": limit_minor, "quantity": int(quantity), "subscribers": count, "total": total})
    return {
        "offering": id,
        "levels": levels,
        "demand": total,
        "minimum": offering.minimum,
        "maximum": offering.maximum,
        "covered_bps": total * 10_000 // offering.maximum,
    }


def preview(session: Session, principal: Principal, *, offering: str, **wanted: str) -> Row:
    """What a subscription would reserve, and what would be left. Nothing is sent."""
    row = offerings.show(session, principal, offering)
    accounts.owned(session, principal, wanted["account"], field="account")
    accounts.owned(session, principal, wanted["cash_account"], field="cash_account")
    quantity, limit = int(wanted["quantity"]), int(wanted["limit_minor"])
    _fits(row, quantity, limit)
    reserved = amounts.multiply(quantity, limit, field="quantity")
    available = holdings.available(session, instrument=row["currency"], account=wanted["cash_account"])
    most = min(available // limit, row["ticket_maximum"] or amounts.MAXIMUM)
    named = {name: row[name] for name in ("instrument", "currency", "currency_digits", "lot", "tick_minor")}
    return {
        **named,
        "offering": offering,
        "quantity": quantity,
        "limit_minor": limit,
        "reserved": reserved,
        "available": available,
        "available_after": available - reserved,
        "sufficient": available >= reserved,
        "affordable": most - most % row["lot"],
    }


def subscribe(session: Session, principal: Principal, intent: Intent, *, offering: str, **wanted: str) -> Submission:
    """Subscribe to an offering: the ledger reserves quantity x limit. The invitation is found where it is kept here."""
    row = offerings.show(session, principal, offering)
    accounts.owned(session, principal, wanted["account"], field="account")
    accounts.owned(session, principal, wanted["cash_account"], field="cash_account")
    known = submissions.first_args(session, principal.party, intent, SUBSCRIBE)
    if not known:
        _fits(row, int(wanted["quantity"]), int(wanted["limit_minor"]))
    if row["kind"] == "private" and not intent.jws:
        wanted["invitation"] = wanted["invitation"] or invitations.salt(session, principal, offering)
    return _send(session, principal, intent, SUBSCRIBE, {"offering": offering, **wanted})


def withdraw(session: Session, principal: Principal, intent: Intent, *, offering: str) -> Submission:
    """Take the principal's subscription back before the offering closes; its cash is free again."""
    offerings.find(session, principal, offering)
    show(session, principal, offering, principal.party)
    return _send(session, principal, intent, WITHDRAW, {"offering": offering})


def _send(session: Session, principal: Principal, intent: Intent, function: str, args: Mapping[str, Any]) -> Submission:
    submission = submissions.send(session, principal, intent, function, args)
    session.commit()
    relay.push(session)
    return submission


def _fits(row: Row, quantity: int, limit_minor: int) -> None:
    """Refuse at the door what the ledger would: with the field, and the nearest value that would pass."""
    lot, tick = row["lot"], row["tick_minor"]
    least = -(-row["ticket_minimum"] // lot) * lot
    most = row["ticket_maximum"] - row["ticket_maximum"] % lot
    if quantity % lot:
        near = _nearest(quantity, lot, least, most)
        _refuse("quantity", f"{quantity} is no multiple of the lot {lot}; the nearest is {near}")
    if quantity < row["ticket_minimum"]:
        _refuse("quantity", f"{quantity} is below the smallest ticket; the nearest is {least}")
    if most and quantity > most:
        _refuse("quantity", f"{quantity} is above the largest ticket; the nearest is {most}")
    lowest, highest = row["price_min_minor"], row["price_max_minor"]
    if not lowest <= limit_minor <= highest:
        near = lowest if limit_minor < lowest else highest
        _refuse("limit_minor", f"{limit_minor} is not between {lowest} and {highest}; the nearest is {near}")
    if limit_minor % tick:
        near = _nearest(limit_minor, tick, lowest, highest)
        _refuse("limit_minor", f"{limit_minor} is no multiple of the tick {tick}; the nearest is {near}")


def _nearest(value: int, step: int, least: int, most: int) -> int:
    near = max((value + step // 2) // step * step, least)
    return min(near, most) if most else near


def _refuse(field: str, message: str) -> None:
    raise Error("invalid", message, reason=field, field=field)


@on("OfferingSubscribed")
def mirror_subscribed(fact: Fact, rows: Rows) -> None:
    """A wish whose cost is reserved."""
    offering = dict(existing(rows, Offering, fact["offering"]))
    row = {name: fact[name] for name in ("offering", "subscriber", "account", "cash_account", "investor_type")}
    row |= {name: int(fact[name]) for name in ("quantity", "limit_minor", "reserved", "sequence")}
    row |= {name: offering[name] for name in ("instrument", "currency")} | {"status": "open", "reason": "", **_BEGUN}
    row |= {**recorded(fact, rows), "kid": fact["kid"], "held": fact["held"]}
    rows.put(Subscription, row)
    _count(fact, rows, offering, row, 1)


@on("OfferingWithdrawn")
def mirror_withdrawn(fact: Fact, rows: Rows) -> None:
    """A wish taken back: it counts nowhere any more."""
    offering = dict(existing(rows, Offering, fact["offering"]))
    row = _ended(fact, rows, "withdrawn", released_minor=int(fact["released"]))
    _count(fact, rows, offering, row, -1)


@on("SubscriptionSettled")
def mirror_settled(fact: Fact, rows: Rows) -> None:
    """Units against cash, and the rest of the reservation is free."""
    numbers = {name: int(fact[name]) for name in ("price_minor", "amount_minor", "released_minor")}
    row = _ended(fact, rows, "settled", allotted=int(fact["quantity"]), **numbers)
    _close(fact, rows, row)


@on("SubscriptionReleased")
def mirror_released(fact: Fact, rows: Rows) -> None:
    """It got nothing; all that was reserved is free."""
    row = _ended(fact, rows, "released", reason=fact["reason"], released_minor=int(fact["released"]))
    _close(fact, rows, row)


def _ended(fact: Fact, rows: Rows, status: str, **more: Any) -> Row:
    row = {**existing(rows, Subscription, (fact["offering"], fact["subscriber"])), "status": status, "reserved": 0}
    row |= {"closed_at": fact.at, "closed_block": fact.block, "closed_transaction": fact.transaction, **more}
    rows.put(Subscription, row)
    return row


def _count(fact: Fact, rows: Rows, offering: Row, row: Row, sign: int) -> None:
    for name, by in (("subscriptions", 1), ("subscribers", 1), ("subscribed", row["quantity"])):
        offering[name] += sign * by
    offering["demand"] += sign * row["quantity"]
    offering["reserved_minor"] += sign * row["quantity"] * row["limit_minor"]
    rows.put(Offering, offering)
    _tell(fact, rows, offering, row)


def _close(fact: Fact, rows: Rows, row: Row) -> None:
    offering = dict(existing(rows, Offering, row["offering"]))
    offering["subscriptions"] -= 1
    offering["subscribed"] -= row["quantity"]
    offering["done"] += 1
    rows.put(Offering, offering)
    _tell(fact, rows, offering, row)


def _tell(fact: Fact, rows: Rows, offering: Row, row: Row) -> None:
    offerings.tell(fact, rows, offering, row["subscriber"])
    concerned = {row["subscriber"], offering["issuer"], *keepers(rows, row["account"])}
    rows.event(fact, "subscription", f"{row['offering']}/{row['subscriber']}", concerned)


_BEGUN: Row = {
    "allotted": 0,
    "price_minor": None,
    "amount_minor": 0,
    "released_minor": 0,
    "closed_at": None,
    "closed_block": None,
    "closed_transaction": "",
}
_QUERY = (
    select(
        *(column for column in Subscription.__table__.columns if column.key != "ordinal"),
        Subscription.ordinal,
        named(Subscription.subscriber).label("subscriber_name"),
        Offering.issuer,
        named(Offering.issuer).label("issuer_name"),
        currency_digits.label("currency_digits"),
    )
    .join(Offering, Offering.id == Subscription.offering)
    .join(Instrument, Instrument.instrument == Subscription.instrument)
)
