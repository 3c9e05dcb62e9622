"""Allotments: who gets how much, by rule; previewed before it is signed, checked again before the second signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import allotting, clock
from middleware.allotting import Book, Plan
from middleware.auth import Principal
from middleware.errors import Error
from middleware.market import allotment
from middleware.models.instrument import Instrument
from middleware.models.offering import Offering
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.services import acts, offerings
from middleware.services.pages import Page, Row, decode, encode, refused
from middleware.services.parties import named
from middleware.services.submissions import Intent

ALLOT = "offering:allot"


@dataclass(frozen=True, slots=True)
class Sum:
    """A book at a price: how much it takes, how much of that is allotted, and the plan (None while nothing can be)."""

    book: Book
    price_minor: int
    clearing_minor: int
    demand: int
    most: int
    allotted: int
    plan: Plan | None


def preview(
    session: Session, principal: Principal, id: str, *, price_minor: str = "", allotted: str = "", page: Page
) -> Row:
    """The allotment as it would be signed now, with a page of its subscribers. Without a price: the clearing price."""
    row = offerings.show(session, principal, id)
    if not row["sees_book"]:
        raise Error("forbidden", f"only issuer and custodian see the allotment of {id}", reason="role")
    offering = offerings.find(session, principal, id)
    found = summed(session, offering, price_minor or str(offering.price_minor or ""), allotted or _signed(offering))
    items, following = _page(session, offering, found, page)
    return {
        "offering": id,
        "price_minor": found.price_minor,
        "clearing_minor": found.clearing_minor,
        "demand": found.demand,
        "most": found.most,
        "allotted": found.allotted,
        "amount_minor": found.allotted * found.price_minor,
        "served": sum(1 for part in found.plan.parts for one in part if one.quantity) if found.plan else 0,
        "subscribers": len(found.book.subscriptions),
        "parts": len(found.plan.parts) if found.plan else 0,
        "root": found.plan.root if found.plan else "",
        "final": offering.status != "open" or offering.closes_at <= clock.now(),
        "items": items,
        "next": following,
    }


def propose(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    offering: str,
    price_minor: str,
    allotted: str = "",
    parts: str = "",
    root: str = "",
    good_till: str = "",
) -> Submission:
    """Propose the allotment at a price. Issuer and custodian sign it one after the other; then it settles by itself."""
    row = offerings.find(session, principal, offering)
    if not offerings.show(session, principal, offering)["sees_book"]:
        raise Error("forbidden", f"only issuer and custodian allot {offering}", reason="owner")
    if row.status == "open" and row.closes_at > clock.now():
        message = f"the offering {offering} takes subscriptions until {clock.text(row.closes_at)}; it is allotted then"
        raise Error("wrong_status", message, reason="window")
    found = summed(session, row, price_minor, allotted)
    if found.plan is None:
        message = f"the book takes {found.demand} at {found.price_minor}, less than the minimum {row.minimum}"
        raise Error("insufficient", message, reason="minimum", field="price_minor")
    said = (parts or str(len(found.plan.parts)), root or found.plan.root)
    args = {"offering": offering, "price_minor": str(found.price_minor), "allotted": str(found.allotted)}
    args |= {"parts": said[0], "root": said[1]}
    return acts.propose(session, principal, intent, function=ALLOT, args=args, good_till=good_till)


def verify(session: Session, args: Mapping[str, Any]) -> None:
    """Refuse to sign an allotment that is not what the rule makes of the book."""
    offering = session.get(Offering, args["offering"])
    if offering is None:
        raise Error("not_found", f"there is no offering {args['offering']}", reason="offering")
    found = summed(session, offering, args["price_minor"], args["allotted"])
    if found.plan is None:
        raise Error("insufficient", f"the book does not take the minimum {offering.minimum}", reason="minimum")
    for name, right in (("parts", str(len(found.plan.parts))), ("root", found.plan.root)):
        if args[name] != right:
            message = f"the allotment does not add up: its {name} is {args[name]}, the book's is {right}"
            raise Error("invalid", message, reason=name, field=name)


def _signed(offering: Offering) -> str:
    return str(offering.allotted) if offering.allotted else ""


def summed(session: Session, offering: Offering, price_minor: str, allotted: str) -> Sum:
    book = allotting.book(session, offering)
    clearing = allotment.clearing_price(
        book.subscriptions, book.terms, lowest=offering.price_min_minor, quantity=offering.maximum
    )
    price = int(price_minor) if price_minor else clearing
    _check_price(session, offering, price)
    demand = allotment.demand(book.subscriptions, book.terms, price)
    most = min(demand, offering.maximum - offering.maximum % book.terms.lot)
    quantity = int(allotted) if allotted else most
    if allotted and most >= offering.minimum and not offering.minimum <= quantity <= most:
        message = f"{quantity} is not between the minimum {offering.minimum} and {most}, what the book takes at {price}"
        raise Error("invalid", message, reason="allotted", field="allotted")
    plan = None
    if most >= offering.minimum:
        plan = allotting.plan(offering.id, book, price_minor=price, quantity=quantity)
    return Sum(book, price, clearing, demand, most, quantity if plan else 0, plan)


def _check_price(session: Session, offering: Offering, price: int) -> None:
    lowest, highest = offering.price_min_minor, offering.price_max_minor
    tick = session.scalar(select(Instrument.tick_minor).where(Instrument.instrument == offering.instrument)) or 1
    if not lowest <= price <= highest:
        near = lowest if price < lowest else highest
        message = f"{price} is not between {lowest} and {highest}; the nearest is {near}"
        raise Error("invalid", message, reason="price_minor", field="price_minor")
    if price % tick:
        message = f"{price} is no multiple of the tick {tick}; {price - price % tick} is"
        raise Error("invalid", message, reason="price_minor", field="price_minor")


def _page(session: Session, offering: Offering, found: Sum, page: Page) -> tuple[list[Row], str]:
    """A page of subscribers by code, each with what he wants and what he would get."""
    last = decode(page.starting_after) if page.starting_after else [""]
    if len(last) != 1 or not isinstance(last[0], str):
        raise refused(page.starting_after)
    query = _ROWS.where(Subscription.offering == offering.id, Subscription.status != "withdrawn")
    query = query.where(Subscription.subscriber > last[0]).order_by(Subscription.subscriber).limit(page.limit + 1)
    rows = [dict(row) for row in session.execute(query).mappings()]
    got = {one.subscriber: one.quantity for part in found.plan.parts for one in part} if found.plan else {}
    for row in rows:
        row["allotted"] = got.get(row["subscriber"], 0)
        row["amount_minor"] = row["allotted"] * found.price_minor
    shown = rows[: page.limit]
    return shown, encode([shown[-1]["subscriber"]]) if len(rows) > page.limit else ""


_ROWS = select(
    Subscription.subscriber,
    named(Subscription.subscriber).label("subscriber_name"),
    Subscription.quantity,
    Subscription.limit_minor,
    Subscription.investor_type,
    Subscription.status,
)
acts.CHECKS[ALLOT] = verify
