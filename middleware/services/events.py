"""What changed, for those who watch. An event names a noun and an id; whoever is told still has to ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.event import Event

BATCH = 500


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the stream: the event `index` of a block."""

    block: int
    index: int

    def __str__(self) -> str:
        return f"{self.block}.{self.index}"


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it is told."""

    place: Place
    noun: str
    id: str


def parse(text: str) -> Place:
    """The place that a Last-Event-ID names."""
    block, dot, index = text.partition(".")
    if not dot or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in (block, index)):
        message = f"{text!r} is not the id of an event, such as 120.3"
        raise Error("invalid", message, reason="last_event_id", field="Last-Event-ID")
    return Place(int(block), int(index))


def latest(session: Session) -> Place:
    """The place of the last event: where a stream without a past begins."""
    block = session.scalar(select(func.max(Event.block)))
    if block is None:
        return Place(0, 0)
    return Place(block, session.scalar(select(func.max(Event.index)).where(Event.block == block)) or 0)


def since(session: Session, principal: Principal, place: Place) -> tuple[Place, Sequence[Told]]:
    """What the principal may know of the events after a place, and how far that reaches."""
    query = (
        select(Event)
        .where(tuple_(Event.block, Event.index) > tuple_(place.block, place.index))
        .order_by(Event.block, Event.index)
        .limit(BATCH)
    )
    told = []
    for event in session.scalars(query):
        place = Place(event.block, event.index)
        if policy.may_know(principal, event.parties):
            told.append(Told(place, event.noun, event.id))
    return place, told
