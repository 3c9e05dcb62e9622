"""The FIX engine behind the gate: QuickFIX accepts on loopback, keeps sequence numbers, resends, and checks every tag.

What the engine calls, it calls on its own thread: nothing may be raised there but what it understands.
"""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import quickfix as fix
import structlog

from middleware import clock, dictionary
from middleware.fix.message import Outgoing, built, read
from middleware.services.sessions import US, Profile

log = structlog.get_logger(__name__)
VERSION = "FIX.4.4"
DICTIONARY = Path(sys.prefix) / "share" / "quickfix" / "FIX44.xml"
SECRET = 554  # Password of a Logon: only the gate knows it
BEATS = ("0", "1")
GOODBYE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Event:
    """What the engine tells: a message in or out (`raw`), or that a session is up or down."""

    comp_id: str
    kind: str  # in, out, up, down
    at: datetime
    raw: str = ""
    application: bool = False


class Engine(fix.Application):  # type: ignore[misc]
    """The acceptor of all broker sessions.

    `tell` gets every event in order and may make the engine wait; `said` answers what a session sent under a number.
    """

    def __init__(self, folder: Path, *, port: int, secret: str) -> None:
        super().__init__()
        self._folder = folder
        self._port = port
        self._secret = secret
        self._acceptor: Any = None
        self._quiet: set[str] = set()
        self._up: set[str] = set()
        self._known: list[str] = []
        self.tell: Callable[[Event], None] = lambda _: None
        self.said: Callable[[str, int], str] = lambda _comp_id, _seq: ""

    def start(self, profiles: Iterable[Profile]) -> None:
        """Listen for these sessions. Where SQL knows of less than the engine counted, the engine asks for it again."""
        known = list(profiles)
        if not known:  # an acceptor needs one at least; the process begins anew when there is one
            return
        self._known = [one.comp_id for one in known]
        self._settings = _settings(self._folder, self._port, known)
        self._store = fix.FileStoreFactory(self._settings)
        self._acceptor = fix.SocketAcceptor(self, self._store, self._settings)
        for profile in known:
            self._recall(profile)
        self._acceptor.start()

    def goodbye(self) -> None:
        """Log everybody out, and wait until they are gone, or until it has taken too long.

        The engine itself lives until its process ends: told to stop, QuickFIX closes its sockets on two threads at
        once, and one process in three crashed there.
        """
        for comp_id in self._known:
            self.end(comp_id, "")
        until = clock.monotonic() + GOODBYE_SECONDS
        while self._up and clock.monotonic() < until:
            clock.sleep(0.02)

    def send(self, comp_id: str, outgoing: Outgoing) -> None:
        """Give a message to the engine, which keeps it until it has arrived or the day ends."""
        fix.Session.sendToTarget(built(outgoing), _id(comp_id))

    def numbers(self, comp_id: str) -> tuple[int, int]:
        """The next sequence numbers: in, out."""
        session = fix.Session.lookupSession(_id(comp_id))
        return int(session.getExpectedTargetNum()), int(session.getExpectedSenderNum())

    def take_number(self, comp_id: str) -> int:
        """A sequence number for a message that the gate sends by itself."""
        session = fix.Session.lookupSession(_id(comp_id))
        number = int(session.getExpectedSenderNum())
        session.setNextSenderMsgSeqNum(number + 1)
        return number

    def end(self, comp_id: str, text: str) -> None:
        """Log a session out, with a reason; it cannot log on again before `allow`."""
        fix.Session.lookupSession(_id(comp_id)).logout(text)

    def allow(self, comp_id: str) -> None:
        """Let a session log on that was ended; the gate decides whether it may."""
        fix.Session.lookupSession(_id(comp_id)).logon()

    def reset(self, comp_id: str) -> None:
        """Both sides count from 1 again. The session must be down; nobody is told of the engine's goodbye to nobody."""
        if self.numbers(comp_id) == (1, 1):
            return
        self._quiet.add(comp_id)
        fix.Session.lookupSession(_id(comp_id)).reset()
        self._quiet.discard(comp_id)

    def _recall(self, profile: Profile) -> None:
        session = fix.Session.lookupSession(_id(profile.comp_id))
        if (profile.next_in, profile.next_out) == (1, 1):  # reset while we were away, or new
            self.reset(profile.comp_id)
        elif session.getExpectedTargetNum() > profile.next_in:
            log.info("asking again", session=profile.comp_id, since=profile.next_in)
            session.setNextTargetMsgSeqNum(profile.next_in)

    # What the engine calls

    def onCreate(self, _id: Any) -> None:  # noqa: N802 - the engine's names
        pass

    def onLogon(self, id: Any) -> None:  # noqa: N802
        self._up.add(_comp_id(id))
        self._say(id, "up")

    def onLogout(self, id: Any) -> None:  # noqa: N802
        self._say(id, "down")
        self._up.discard(_comp_id(id))

    def toAdmin(self, message: Any, id: Any) -> None:  # noqa: N802
        raw = message.toString()
        if "\x0135=3\x01" in raw:
            raw = self._explained(message, id)
        self._say(id, "out", raw)

    def toApp(self, message: Any, id: Any) -> None:  # noqa: N802
        self._say(id, "out", message.toString(), application=True)

    def fromAdmin(self, message: Any, id: Any) -> None:  # noqa: N802
        raw = message.toString()
        if "\x0135=A\x01" in raw and f"\x01{SECRET}={self._secret}\x01" not in raw:
            raise fix.RejectLogon("Log on at the gate.")
        self._say(id, "in", _without_secret(raw))

    def fromApp(self, message: Any, id: Any) -> None:  # noqa: N802
        self._say(id, "in", message.toString(), application=True)

    def _say(self, id: Any, kind: str, raw: str = "", *, application: bool = False) -> None:
        try:
            comp_id = _comp_id(id)
            if comp_id not in self._quiet:
                self.tell(Event(comp_id, kind, clock.now(), raw, application))
        except BaseException:  # what is lost here the engine has counted: begin anew from what SQL knows
            log.critical("alarm: cannot take what the engine tells", exc_info=True)
            os._exit(1)

    def _explained(self, message: Any, id: Any) -> str:
        """A Reject that says the value and what is wrong with it: the engine only names the tag."""
        try:
            raw = message.toString()
            fields = read(raw)
            said = self.said(_comp_id(id), int(fields[45] or 0))
            message.setField(fix.StringField(58, problem(said, fields[371], fields[58])))
        except Exception:
            log.warning("a reject without words", exc_info=True)
        return str(message.toString())


def problem(raw: str, tag: str, engine: str) -> str:
    """What is wrong with a message that the engine rejects for this tag."""
    found = [one for one in dictionary.read(raw) if one.tag == tag]
    named = next((one for one in found if one.problem), found[0] if found else None)
    if named is None:
        return f"{engine} ({tag})" if tag and tag not in engine else engine
    return f"{named.name} ({tag}) is {named.value[:80]!r}: {named.problem or engine}"


def _without_secret(raw: str) -> str:
    return "\x01".join(part for part in raw.split("\x01") if not part.startswith(f"{SECRET}="))


def _id(comp_id: str) -> Any:
    return fix.SessionID(VERSION, US, comp_id)


def _comp_id(id: Any) -> str:
    return str(id.getTargetCompID().getValue())


def _settings(folder: Path, port: int, profiles: Iterable[Profile]) -> Any:
    store = folder / "store"
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    said = fix.Dictionary()
    for name, value in {
        "ConnectionType": "acceptor",
        "SocketAcceptHost": "127.0.0.1",
        "SocketAcceptPort": str(port),
        "SocketReuseAddress": "Y",
        "SocketNodelay": "Y",
        "FileStorePath": str(store),
        "UseDataDictionary": "Y",
        "DataDictionary": str(DICTIONARY),
        "ValidateUserDefinedFields": "N",
        "ValidateFieldsHaveValues": "Y",
        "StartTime": "00:00:00",
        "EndTime": "00:00:00",
        "LogonTimeout": "10",
        "MaxLatency": "120",
    }.items():
        said.setString(name, value)
    settings = fix.SessionSettings()
    settings.set(said)
    for profile in profiles:
        settings.set(_id(profile.comp_id), said)
    return settings
