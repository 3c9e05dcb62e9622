"""What changed, for those who watch. An event names a noun and an id; whoever is told still has to ask for it."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.event import Event

NOUNS = (
    "party",
    "key",
    "account",
    "instrument",
    "act",
    "holding",
    "register",
    "transfer",
    "instruction",
    "attestation",
    "negotiation",
    "deposit",
    "withdrawal",
    "order",
    "trade",
    "book",
    "mandate",
    "claim",
    "disclosure",
    "entry",
    "execution",
    "offering",
    "subscription",
)
REMEMBERED = 5_000
_BATCH = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the stream: the event `index` of a block."""

    block: int
    index: int

    def __str__(self) -> str:
        return f"{self.block}.{self.index}"


@dataclass(frozen=True, slots=True)
class Told:
    """One event; `parties` may know of it."""

    place: Place
    noun: str
    id: str
    parties: tuple[str, ...]


def parse(text: str) -> Place:
    """The place that a Last-Event-ID names."""
    block, dot, index = text.partition(".")
    if not dot or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in (block, index)):
        message = f"{text[:40]!r} is not the id of an event, such as 120.3"
        raise Error("invalid", message, reason="last_event_id", field="Last-Event-ID")
    return Place(int(block), int(index))


def latest(session: Session) -> Place:
    """The place of the last event: where a stream without a past begins."""
    block = session.scalar(select(func.max(Event.block)))
    if block is None:
        return Place(0, 0)
    return Place(block, session.scalar(select(func.max(Event.index)).where(Event.block == block)) or 0)


def after(session: Session, place: Place, limit: int = _BATCH) -> list[Told]:
    """The events after a place, oldest first."""
    query = (
        select(Event.block, Event.index, Event.noun, Event.id, Event.parties)
        .where(tuple_(Event.block, Event.index) > tuple_(place.block, place.index))
        .order_by(Event.block, Event.index)
        .limit(limit)
    )
    return [Told(Place(block, index), noun, id, tuple(who)) for block, index, noun, id, who in session.execute(query)]


def known_to(principal: Principal, told: Sequence[Told]) -> list[Told]:
    """Those of the events that the principal may know of."""
    return [one for one in told if policy.may_know(principal, one.parties)]


class Tail:
    """The last events of one process, read once however many streams are open."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Session]]) -> None:
        self._reading = reading
        self._lock = threading.Lock()
        self._events: deque[Told] = deque(maxlen=REMEMBERED)
        self._start: Place | None = None  # everything after this place, up to the last event, is remembered
        self._number = -1

    def after(self, place: Place, number: int) -> list[Told]:
        """The events after a place. `number` is that of the change that made somebody look."""
        with self._lock:
            if self._start is None or number > self._number:
                self._read()
                self._number = number
            if self._start is not None and place >= self._start:
                return [told for told in self._events if told.place > place]
        with self._reading() as session:
            return after(session, place)

    def _read(self) -> None:
        with self._reading() as session:
            if self._start is None:
                self._start = latest(session)
            last = self._events[-1].place if self._events else self._start
            self._remember(after(session, last))

    def _remember(self, fresh: Sequence[Told]) -> None:
        if len(self._events) + len(fresh) > REMEMBERED:
            dropped = len(self._events) + len(fresh) - REMEMBERED
            self._start = (*self._events, *fresh)[dropped - 1].place
        self._events.extend(fresh)
