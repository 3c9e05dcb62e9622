"""The road to one exchange and back: valid orders go out, executions and answers come in and become signed commands."""

import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from middleware import clock, measures
from middleware.database import Session
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
        self._epoch = (profile.day, profile.resets)

    def start(self) -> None:
        """Begin to call the exchange, and to follow the ledger."""
        measures.EXCHANGE_UP.labels(self.venue).set(0)
        with self._installation.reading() as session:
            self._doubtful = {one.client_id for one in routes.waiting(session, self.venue)}
        self._link.start()
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more and hang up. What waits goes out the next time."""
        self._stopping.set()
        self._thread.join(10.0)
        self._link.stop()
        measures.EXCHANGE_UP.remove(self.venue)  # nobody is to be woken for a line that we hung up

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
            except Exception:
                log.critical("alarm: cannot send to the exchange", venue=self.venue, exc_info=True)
                self._stopping.wait(RETRY_SECONDS)
            changes.wait(seen, LOOK_SECONDS)

    def _follow(self) -> None:
        with self._installation.reading() as session:
            news = routes.behind(session, self.venue)
        while news and not self._stopping.is_set():
            with self._installation.writing() as session:
                news = routes.follow(session, self.venue) == routes.LOOK_AT

    def _send(self) -> None:
        """Send what waits; when numbers have begun anew, also what was never answered, as perhaps known."""
        began = self._link.began_anew
        with self._installation.reading() as session:
            unanswered = routes.waiting(session, self.venue, unanswered_since=clock.now()) if began else []
            waiting = routes.waiting(session, self.venue)
        self._doubtful |= {one.client_id for one in unanswered}
        self._out(unanswered + waiting)
        self._link.began_anew = self._link.began_anew and not began

    def _out(self, outgoing: list[Outgoing]) -> None:
        if not outgoing:
            return
        went = [(one, self._say(one, again=one.client_id in self._doubtful)) for one in outgoing]
        names = {one.client_id for one, _ in went}
        self._doubtful |= names  # until SQL knows that they were sent
        with self._installation.writing() as session:
            for _, raw in went:
                messages.keep(session, self._comp_id, "out", raw)
            self._count(session, "out", went[-1][1])
            routes.sent(session, names)
        self._doubtful -= names

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

    def _stored(self, heard: hearing.Heard, *, act: bool = True) -> bool:
        """Whether it could be stored. What nobody can make sense of is kept, and is not asked for again."""
        try:
            with self._installation.writing() as session:
                if messages.keep(session, self._comp_id, "in", heard.raw):
                    self._count(session, "in", heard.raw)
                    if act:
                        answers.take(session, sessions.principal_of(session, self._comp_id), heard)
                    routes.heard(session)
            return True
        except Exception as error:
            if isinstance(error, Error) and error.code == "unavailable":
                log.warning("cannot store what the exchange says", venue=self.venue, problem=str(error))
                return False
            if not act:
                raise
            log.error("alarm: nobody can do what the exchange says", venue=self.venue, raw=heard.raw, exc_info=True)
        return self._stored(heard, act=False)

    def _count(self, session: Session, direction: str, raw: str) -> None:
        """Where the session stands, for those who look at it."""
        after = int(messages.header(raw)["34"]) + 1
        values: dict[str, int | datetime] = {f"next_{direction}": after, f"last_{direction}_at": clock.now()}
        sessions.count(session, self._comp_id, self._epoch, **values)

    def _turned(self, up: bool) -> None:
        measures.EXCHANGE_UP.labels(self.venue).set(up)
        with suppress(Error), self._installation.writing() as session:
            sessions.turned(session, self._comp_id, up)
            session.commit()
