"""An offering's allotment as its book gives it: the same parts and root for issuer, custodian and whoever settles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware.market import allotment
from middleware.market.allotment import Allotted, Subscription, Terms, Tier
from middleware.merkle import ALLOTMENT, Tree
from middleware.models.instrument import Instrument
from middleware.models.offering import Offering
from middleware.models.subscription import Subscription as Row


@dataclass(frozen=True, slots=True)
class Book:
    """What was subscribed, and by which terms it is shared."""

    subscriptions: Sequence[Subscription]
    terms: Terms


@dataclass(frozen=True, slots=True)
class Plan:
    """An allotment in parts, with the tree that proves each."""

    offering: str
    parts: Sequence[Sequence[Allotted]]
    tree: Tree

    @property
    def root(self) -> str:
        """What issuer and custodian sign."""
        return self.tree.root

    def args(self, part: int) -> dict[str, Any]:
        """The args of the command that settles one part."""
        allotments = [{"subscriber": one.subscriber, "quantity": str(one.quantity)} for one in self.parts[part]]
        proof = [{"hash": step.hash, "side": step.side} for step in self.tree.proof(part)]
        return {"offering": self.offering, "part": str(part), "allotments": allotments, "proof": proof}


def book(session: Session, offering: Offering) -> Book:
    """All that was subscribed and not withdrawn: from the close on it never changes."""
    columns = Row.subscriber, Row.quantity, Row.limit_minor, Row.investor_type
    query = select(*columns).where(Row.offering == offering.id, Row.status != "withdrawn")
    lot = session.scalar(select(Instrument.lot).where(Instrument.instrument == offering.instrument)) or 1
    tiers = tuple(Tier(tier["investor_type"], int(tier["quantity"])) for tier in offering.tiers)
    return Book([Subscription(*row) for row in session.execute(query)], Terms(lot, tiers, offering.ticket_maximum))


def plan(offering: str, book: Book, *, price_minor: int, quantity: int) -> Plan:
    """The allotment of a quantity at a price. Refuses what the book does not take."""
    allotted = allotment.allot(book.subscriptions, book.terms, price_minor=price_minor, quantity=quantity)
    parts = allotment.parts(allotted)
    return Plan(offering, parts, Tree(ALLOTMENT, (_leaf(offering, n, part) for n, part in enumerate(parts))))


def _leaf(offering: str, n: int, part: Sequence[Allotted]) -> list[str]:
    return [offering, str(n), *(text for one in part for text in (one.subscriber, str(one.quantity)))]
