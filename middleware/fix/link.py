"""One FIX session that we open: QuickFIX calls the other side, keeps the sequence numbers and what was sent."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import quickfix as fix
import structlog

from middleware.fix.engine import DICTIONARY, VERSION
from middleware.fix.message import Outgoing, built
from middleware.services.sessions import US

log = structlog.get_logger(__name__)
LOGON = 1  # the number of a Logon with which numbers begin


@dataclass(frozen=True, slots=True)
class Address:
    """Whom we call, and where we keep what the session needs."""

    comp_id: str
    host: str
    port: int
    store: Path


class Link(fix.Application):  # type: ignore[misc]
    """A session towards `address`. `receive` gets every business message; the engine counts it when that returns.

    What is sent while the link is down is sent once it is up again: the engine keeps it, in the order of sending. It
    keeps nothing over midnight UTC or a reset; `began_anew` says that numbers have begun at 1 since it was set back.
    """

    def __init__(self, address: Address, *, receive: Callable[[str], None], changed: Callable[[bool], None]) -> None:
        super().__init__()
        self._address = address
        self._receive = receive
        self._changed = changed
        self._id = fix.SessionID(VERSION, US, address.comp_id)
        self._settings = _settings(self._id, address)
        self._factory = fix.FileStoreFactory(self._settings)
        self.up = False
        self.began_anew = False

    def start(self) -> None:
        """Begin to call, again and again, until `stop`."""
        self._initiator = fix.SocketInitiator(self, self._factory, self._settings)
        self._initiator.start()

    def stop(self) -> None:
        """Say goodbye and end; the engine forgets the session only with its initiator."""
        self._initiator.stop()
        del self._initiator

    def send(self, outgoing: Outgoing) -> str:
        """Give a message to the engine; answers it as it went, or will go, over the line."""
        message = built(outgoing)
        fix.Session.sendToTarget(message, self._id)
        return str(message.toString())

    # What the engine calls, from its thread. It must never see an exception.

    def onCreate(self, _id: Any) -> None:  # noqa: N802 - the engine's names
        pass

    def onLogon(self, _id: Any) -> None:  # noqa: N802
        logon_was_first = int(fix.Session.lookupSession(self._id).getExpectedSenderNum()) <= LOGON + 1
        self.began_anew = self.began_anew or logon_was_first
        self._turn(True)

    def onLogout(self, _id: Any) -> None:  # noqa: N802
        self._turn(False)

    def toAdmin(self, _message: Any, _id: Any) -> None:  # noqa: N802
        pass

    def fromAdmin(self, message: Any, _id: Any) -> None:  # noqa: N802
        raw = message.toString()
        if "\x0135=3\x01" in raw:
            log.error("alarm: the other side cannot read what we sent", session=self._address.comp_id, raw=raw)

    def toApp(self, _message: Any, _id: Any) -> None:  # noqa: N802
        pass

    def fromApp(self, message: Any, _id: Any) -> None:  # noqa: N802
        """What cannot be kept ends the process before the engine counts it; started anew, it asks for it again."""
        try:
            self._receive(message.toString())
        except BaseException:
            log.critical("alarm: a message cannot be kept", session=self._address.comp_id, exc_info=True)
            os._exit(1)

    def _turn(self, up: bool) -> None:
        self.up = up
        log.info("link up" if up else "link down", session=self._address.comp_id)
        try:
            self._changed(up)
        except Exception:
            log.error("alarm: cannot note a link's state", session=self._address.comp_id, exc_info=True)


def _settings(id: Any, address: Address) -> Any:
    address.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    said = fix.Dictionary()
    for name, value in {
        "ConnectionType": "initiator",
        "SocketConnectHost": address.host,
        "SocketConnectPort": str(address.port),
        "FileStorePath": str(address.store),
        "DataDictionary": str(_dictionary(address.store)),
        "UseDataDictionary": "Y",
        "ValidateUserDefinedFields": "N",
        "ValidateFieldsHaveValues": "N",
        "StartTime": "00:00:00",
        "EndTime": "00:00:00",
        "HeartBtInt": "10",
        "ReconnectInterval": "1",
    }.items():
        said.setString(name, value)
    settings = fix.SessionSettings()
    settings.set(said)  # the interval of calling again is read from here
    settings.set(id, said)
    return settings


def _dictionary(folder: Path) -> Path:
    """FIX 4.4 with all fields optional: an execution that leaves one out is parked, not refused and forgotten."""
    path = folder / "lenient.xml"
    head, begin, messages = DICTIONARY.read_text().partition("<messages>")
    path.write_text(head + begin + messages.replace("required='Y'", "required='N'"))
    return path
