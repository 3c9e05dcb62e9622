"""The FIX process's loop: what brokers say is stored and followed, what they are to hear is told, in one commit a turn.

The engine's thread puts messages into an inbox and waits when it is full; the loop takes what is there, many at once.
Everything durable is SQL's: the engine's numbers are set back at a start to what SQL has stored, and asked for again.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from middleware import clock, measures
from middleware.database import Session
from middleware.errors import Error
from middleware.fix import byandby, orders, reports
from middleware.fix.engine import BEATS, Engine, Event
from middleware.fix.message import Message, Outgoing, read
from middleware.installation import Installation
from middleware.services import brokering, messages, sessions
from middleware.services.brokering import Asked, Refusal
from middleware.services.sessions import Profile
from middleware.services.telling import Listener

log = structlog.get_logger(__name__)
MOST_WAITING = 2_000
TOGETHER = 50
LOOK_SECONDS = 0.5
SETTLE_SECONDS = 0.1
LAPSE_SECONDS = 1.0
OUT_OF_TURN = ("A", "2", "3", "5")  # the engine takes these whatever number they have
GOODBYE = timedelta(seconds=3)
LEFT_ALONE = timedelta(seconds=10)  # cancel-on-disconnect gives a broken line this long to come back


@dataclass(slots=True)
class Link:
    """One session of a broker as the gateway serves it. `gone_at`: since when it is down without a goodbye."""

    profile: Profile
    listener: Listener
    next_in: int
    epoch: tuple[str, int]
    up: bool = False
    said_goodbye: bool = False
    gone_at: datetime | None = None
    ending_at: datetime | None = None
    counts: dict[str, int | datetime] = field(default_factory=dict)
    second: int = 0
    in_second: int = 0


class Gateway:
    """Brokers' sessions and drop copies. `run` returns after `stop`."""

    def __init__(self, installation: Installation, engine: Engine, profiles: Iterable[Profile]) -> None:
        self._installation = installation
        self._engine = engine
        self._links = {one.comp_id: _link(one) for one in profiles if one.kind != "exchange"}
        for comp_id in self._links:
            measures.FIX_SESSION_UP.labels(comp_id).set(0)
        self._inbox: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        measures.FIX_WAITING.set_function(self._inbox.qsize)
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._stopping = threading.Event()
        self._logged: list[Event] = []
        self._unsettled: set[str] = set()
        self._next: dict[str, float] = {}
        self._epochs = threading.Lock()  # between reading where numbers begin and believing it
        self.on_profiles: Callable[[Iterable[Profile]], None] = lambda _: None
        self.cut: Callable[[str], None] = lambda _: None
        self.is_outdated = False

    def tell(self, event: Event) -> None:
        """Called by the engine: what it tells, in order. It waits while too many messages do."""
        if event.kind == "in":
            self._room.acquire()
        self._inbox.put(event)

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()
        self._inbox.put(None)

    def finish(self) -> None:
        """After the engine has stopped: store what it still told."""
        while not self._inbox.empty():
            self.turn(self._take())
        self._stored([], last=True)

    def run(self) -> None:
        """Work until `stop`."""
        threading.Thread(target=self._watch, name="changes", daemon=True).start()
        while not self._stopping.is_set():
            self.turn(self._take())

    def turn(self, events: Sequence[Event]) -> None:
        """One turn: store what came, tell what is to be told, note what went."""
        for event in events:
            self._note(event)
        asked = [one for event in events if (one := self._asked(event)) is not None]
        said = self._committed(asked)
        for link, outgoing in said:
            for message in outgoing:
                self._engine.send(link.profile.comp_id, message)
            self._unsettled.add(link.profile.comp_id)
        for event in events:
            if event.kind == "in":
                self._room.release()
        if self._due("lapse", LAPSE_SECONDS):
            byandby.work(self._installation)
            self._cancel_of_those_gone()
            self._look_at_sessions()

    # What comes

    def _take(self) -> list[Event]:
        """What is in the inbox; waits a moment for the first."""
        found: list[Event] = []
        try:
            first = self._inbox.get(timeout=SETTLE_SECONDS if self._unsettled or self._logged else LOOK_SECONDS)
            found += [first] if first else []
            while len(found) < TOGETHER:
                event = self._inbox.get_nowait()
                found += [event] if event else []
        except queue.Empty:
            pass
        return found

    def _watch(self) -> None:
        """Wake the loop when somebody has committed something."""
        changes = self._installation.changes
        seen = changes.number
        while not self._stopping.is_set():
            now = changes.wait(seen, 1.0)
            if now != seen:
                seen = now
                self._inbox.put(None)

    def _note(self, event: Event) -> None:
        link = self._links[event.comp_id]
        if event.kind in ("up", "down"):
            self._turn(link, up=event.kind == "up", at=event.at)
            return
        message = read(event.raw)
        measures.FIX_MESSAGES.labels(event.comp_id, event.kind).inc()
        if event.kind == "in":
            link.next_in = _next_in(message, link.next_in)
            link.counts |= {"next_in": link.next_in, "last_in_at": event.at}
            link.said_goodbye = message.type == "5"
        else:
            link.counts |= {"next_out": message.seq + 1, "last_out_at": event.at}
        if message.type not in BEATS and not (event.kind == "in" and event.application):
            self._logged.append(event)

    def _turn(self, link: Link, *, up: bool, at: datetime) -> None:
        log.info("session up" if up else "session down", session=link.profile.comp_id)
        link.up = up
        measures.FIX_SESSION_UP.labels(link.profile.comp_id).set(up)
        link.gone_at = None if up or link.said_goodbye else at
        if not up:
            link.ending_at = None
            self._engine.allow(link.profile.comp_id)
        try:
            with self._installation.writing() as session:
                sessions.turned(session, link.profile.comp_id, up)
                session.commit()
        except Error as error:
            log.warning("cannot note the state of a session", session=link.profile.comp_id, problem=str(error))

    def _asked(self, event: Event) -> Asked | None:
        if event.kind != "in" or not event.application:
            return None
        link, message = self._links[event.comp_id], read(event.raw)
        wish = orders.wish(message, kind=link.profile.kind, at=event.at)
        if self._is_too_fast(link, event.at):
            measures.FIX_THROTTLED.labels(event.comp_id).inc()
            text = f"more than {link.profile.throttle} messages a second"
            wish = Refusal(message[11], Error("unavailable", text, reason="throttle"))
        return Asked(event.comp_id, event.raw, wish)

    def _is_too_fast(self, link: Link, at: datetime) -> bool:
        second = int(at.timestamp())
        link.in_second = link.in_second + 1 if second == link.second else 1
        link.second = second
        return link.in_second > link.profile.throttle

    # What goes

    def _committed(self, asked: list[Asked]) -> list[tuple[Link, list[Outgoing]]]:
        """Store, follow and prepare what is said, in one commit; while SQL is away, wait and try again."""
        while True:
            try:
                return self._stored(asked)
            except Error as error:
                log.warning("cannot store now", problem=str(error))
                if self._stopping.wait(1.0):
                    raise

    def _stored(self, asked: list[Asked], *, last: bool = False) -> list[tuple[Link, list[Outgoing]]]:
        links = self._listening()
        if not asked and not last and not self._has_to_write() and not self._behind(links):
            return []
        logged, unsettled = self._logged[:], set(self._unsettled)
        with self._installation.writing() as session:
            brokering.take(session, asked)
            session.flush()
            said = [(link, _written(link, session)) for link in links]
            self._keep(session, logged, unsettled)
            session.commit()
            brokering.sent(session)
        for link in self._links.values():
            link.counts = {}
        for link in links:
            link.listener.committed()
        del self._logged[: len(logged)]
        self._unsettled -= unsettled
        return [(link, outgoing) for link, outgoing in said if outgoing]

    def _listening(self) -> list[Link]:
        return [link for link in self._links.values() if link.up]

    def _has_to_write(self) -> bool:
        if self._logged or self._unsettled:
            return self._due("write", SETTLE_SECONDS)
        return any(link.counts for link in self._links.values()) and self._due("counts", LAPSE_SECONDS)

    def _behind(self, links: Sequence[Link]) -> bool:
        if not links:
            return False
        with self._installation.reading() as session:
            return any(link.listener.is_behind(session) for link in links)

    def _keep(self, session: Session, logged: Sequence[Event], unsettled: set[str]) -> None:
        for event in logged:
            messages.keep(session, event.comp_id, event.kind, event.raw)
        for comp_id in unsettled:
            self._links[comp_id].listener.settle(session)
        for comp_id, link in self._links.items():
            if link.counts:
                sessions.count(session, comp_id, link.epoch, **link.counts)

    # By and by

    def _cancel_of_those_gone(self) -> None:
        for comp_id, link in self._links.items():
            gone = link.gone_at is not None and clock.now() - link.gone_at > LEFT_ALONE
            if not gone or not link.profile.cancel_on_disconnect:
                continue
            link.gone_at = None
            with self._installation.writing() as session:
                log.info("cancelled with its session", session=comp_id, orders=brokering.cancel_all(session, comp_id))

    def begin(self, comp_id: str, reset: bool) -> None:
        """Called by the gate for each Logon that it lets in: with the day, or a reset, numbers begin anew."""
        with self._epochs, self._installation.writing() as session:
            self._links[comp_id].epoch = sessions.begin(session, comp_id, reset=reset)

    def _look_at_sessions(self) -> None:
        """Take up what was changed: disabled, reset; a session more or less needs another engine.

        A Logon waits meanwhile: what was read before it would look like a reset after it.
        """
        with self._epochs:
            try:
                with self._installation.reading() as session:
                    known = [one for one in sessions.profiles(session) if one.kind != "exchange"]
            except Error as error:
                log.warning("cannot look at the sessions", problem=str(error))
                return
            if {one.comp_id for one in known} != self._links.keys():
                self.is_outdated = True
                self.stop()
                return
            for profile in known:
                self._take_up(self._links[profile.comp_id], profile)
        self.on_profiles(known)

    def _take_up(self, link: Link, profile: Profile) -> None:
        link.profile = profile
        was_reset = (profile.day, profile.resets) != link.epoch and (profile.next_in, profile.next_out) == (1, 1)
        if link.up and (was_reset or not profile.enabled):
            self._end(link, "reset as agreed" if was_reset else "this session was disabled")
        elif was_reset:
            self._engine.reset(profile.comp_id)
            link.epoch, link.next_in = (profile.day, profile.resets), 1

    def _end(self, link: Link, text: str) -> None:
        """Say goodbye; who does not answer is cut."""
        now = clock.now()
        if link.ending_at is None:
            link.ending_at = now
            self._engine.end(link.profile.comp_id, text)
        elif now - link.ending_at > GOODBYE:
            self.cut(link.profile.comp_id)

    def _due(self, name: str, seconds: float) -> bool:
        now = clock.monotonic()
        if now < self._next.get(name, 0.0):
            return False
        self._next[name] = now + seconds
        return True


def _link(profile: Profile) -> Link:
    listener = Listener(profile.comp_id, broker=profile.party, copies=profile.kind == "drop_copy")
    return Link(profile, listener, profile.next_in, (profile.day, profile.resets))


def _written(link: Link, session: Session) -> list[Outgoing]:
    return [one for word in link.listener.next(session) for one in reports.written(word)]


def _next_in(message: Message, expected: int) -> int:
    """The number that is stored next, as the engine counts: what is out of turn changes nothing."""
    if message.type == "4":
        in_turn = message[123] != "Y" or message.seq == expected
        return int(message[36]) if in_turn and message[36].isdigit() else expected
    if message.type in OUT_OF_TURN and message.seq not in (expected, 1):
        return expected
    return message.seq + 1
