"""The road to one exchange and back: valid orders go out, executions and answers come in and become signed commands."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, time
from pathlib import Path

import structlog

from middleware import clock
from middleware.errors import Error
from middleware.fix import answers, hearing, routing
from middleware.fix.link import Address, Link
from middleware.installation import Installation
from middleware.services import messages, routes, sessions
from middleware.services.routes import Outgoing
from middleware.services.sessions import Profile

log = structlog.get_logger(__name__)
LOOK_SECONDS = 1.0
RETRY_SECONDS = 0.5


class Exchange:
    """One exchange. A thread of ours sends, the engine's thread stores what comes; SQL is all that they share."""

    def __init__(self, installation: Installation, profile: Profile, folder: Path) -> None:
        self.venue = profile.party
        self._comp_id = profile.comp_id
        self._installation = installation
        address = Address(profile.comp_id, profile.host, profile.port, folder)
        self._link = Link(address, receive=self._receive, changed=self._turned)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"exchange {self.venue}", daemon=True)
        self._doubtful: set[str] = set()
        self._day: datetime | None = None

    def start(self) -> None:
        """Begin to call the exchange, and to follow the ledger."""
        with self._installation.reading() as session:
            self._doubtful = {one.client_id for one in routes.waiting(session, self.venue)}
        self._link.start()
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more and hang up. What waits goes out the next time."""
        self._stopping.set()
        self._thread.join(10.0)
        self._link.stop()

    # Out

    def _run(self) -> None:
        changes = self._installation.changes
        while not self._stopping.is_set():
            seen = changes.number
            try:
                self._follow()
                if self._link.up:
                    self._send()
            except Error as error:
                log.warning("cannot send to the exchange now", venue=self.venue, problem=str(error))
                self._stopping.wait(RETRY_SECONDS)
            changes.wait(seen, LOOK_SECONDS)

    def _follow(self) -> None:
        with self._installation.reading() as session:
            news = routes.behind(session, self.venue)
        while news and not self._stopping.is_set():
            with self._installation.writing() as session:
                news = routes.follow(session, self.venue) == routes.LOOK_AT

    def _send(self) -> None:
        """Send what waits. After midnight, when numbers begin anew, also what was never answered, as perhaps known."""
        today = datetime.combine(clock.now().date(), time(), UTC)
        with self._installation.reading() as session:
            waiting = routes.waiting(session, self.venue)
            unanswered = routes.waiting(session, self.venue, unanswered_since=today) if self._day != today else []
        self._day = today
        self._out([*((one, True) for one in unanswered), *((one, one.client_id in self._doubtful) for one in waiting)])

    def _out(self, outgoing: list[tuple[Outgoing, bool]]) -> None:
        if not outgoing:
            return
        went = [(one, self._say(one, again=again)) for one, again in outgoing]
        with self._installation.writing() as session:
            for _, raw in went:
                messages.keep(session, self._comp_id, "out", raw)
            routes.sent(session, [one.client_id for one, _ in went])
        self._doubtful -= {one.client_id for one, _ in went}

    def _say(self, one: Outgoing, *, again: bool) -> str:
        raw = self._link.send(routing.message_of(one, again=again))
        log.info("sent to the exchange", venue=self.venue, kind=one.kind, client_id=one.client_id, order=one.order)
        return raw

    # In

    def _receive(self, raw: str) -> None:
        """Store a message and what follows from it, in one commit; while SQL is away, wait: the exchange waits too."""
        heard = hearing.read(raw)
        while not self._stored(heard):
            clock.sleep(RETRY_SECONDS)

    def _stored(self, heard: hearing.Heard) -> bool:
        try:
            with self._installation.writing() as session:
                if messages.keep(session, self._comp_id, "in", heard.raw):
                    answers.take(session, sessions.principal_of(session, self._comp_id), heard)
                    routes.heard(session)
            return True
        except Error as error:
            if error.code == "unavailable":
                log.warning("cannot store what the exchange says", venue=self.venue, problem=str(error))
                return False
            log.error(
                "alarm: the exchange says what cannot be done", venue=self.venue, problem=str(error), raw=heard.raw
            )
        with self._installation.writing() as session:
            messages.keep(session, self._comp_id, "in", heard.raw)
            routes.heard(session)
        return True

    def _turned(self, up: bool) -> None:
        with suppress(Error), self._installation.writing() as session:
            sessions.turned(session, self._comp_id, up)
            session.commit()
