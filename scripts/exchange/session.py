"""The exchange's FIX session: QuickFIX accepts our member's call and keeps the sequence numbers."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import quickfix as fix

from scripts.exchange.exchange import now
from scripts.exchange.orders import Told
from scripts.exchange.reading import read

EXCHANGE, MEMBER = "MERCADO", "LONJA"
SETTINGS = """[DEFAULT]
ConnectionType=acceptor
SocketAcceptHost={bind}
SocketAcceptPort={port}
SocketReuseAddress=Y
FileStorePath={store}
StartTime=00:00:00
EndTime=00:00:00
UseDataDictionary=Y
DataDictionary={dictionary}
ValidateUserDefinedFields=N
[SESSION]
BeginString=FIX.4.4
SenderCompID={exchange}
TargetCompID={member}
"""
BUSINESS = ("D", "F", "G")


class Session(fix.Application):  # type: ignore[misc]
    """Hands what comes to `receive`; sends what it is told to. An engine's thread must never see an exception."""

    def __init__(self, folder: Path, bind: str, port: int, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self._receive: Callable[[dict[str, Any]], None] = lambda _: None
        self._id = fix.SessionID("FIX.4.4", EXCHANGE, MEMBER)
        self._settings = fix.SessionSettings(str(_settings(folder, bind, port)))
        self._store = fix.FileStoreFactory(self._settings)

    def start(self, receive: Callable[[dict[str, Any]], None]) -> None:
        """Listen."""
        self._receive = receive
        self._acceptor = fix.SocketAcceptor(self, self._store, self._settings)
        self._acceptor.start()

    def stop(self) -> None:
        self._acceptor.stop()

    def send(self, told: Told, again: bool) -> None:
        """Give a message to the engine, which keeps it until it has arrived."""
        message = fix.Message()
        message.getHeader().setField(fix.StringField(35, told.type))
        if again:
            message.getHeader().setField(fix.StringField(97, "Y"))
        moment = now()
        for tag, value in {60: moment, 75: moment[:8], **told.fields}.items():
            message.setField(fix.StringField(tag, value))
        for side in told.sides:
            group = fix.Group(552, 54)
            for tag, value in side.items():
                group.setField(fix.StringField(tag, value))
            message.addGroup(group)
        fix.Session.sendToTarget(message, self._id)

    # What the engine calls

    def onCreate(self, _id: Any) -> None:  # noqa: N802 - the engine's names
        pass

    def onLogon(self, _id: Any) -> None:  # noqa: N802
        self._say("the member has logged on")

    def onLogout(self, _id: Any) -> None:  # noqa: N802
        self._say("the member is gone")

    def toAdmin(self, _message: Any, _id: Any) -> None:  # noqa: N802
        pass

    def fromAdmin(self, _message: Any, _id: Any) -> None:  # noqa: N802
        pass

    def toApp(self, _message: Any, _id: Any) -> None:  # noqa: N802
        pass

    def fromApp(self, message: Any, _id: Any) -> None:  # noqa: N802
        """Keep it before the engine counts it. What cannot be kept ends the exchange: the engine asks for it again."""
        try:
            said = read(message.toString())
            if said["do"] in BUSINESS:
                self._receive(said)
        except BaseException as error:
            self._say(f"cannot go on: {error!r}")
            os._exit(1)


def _settings(folder: Path, bind: str, port: int) -> Path:
    store = folder / "store"
    store.mkdir(parents=True, exist_ok=True)
    dictionary = Path(fix.__file__).parents[3] / "share" / "quickfix" / "FIX44.xml"
    file = folder / "session.cfg"
    names = {"exchange": EXCHANGE, "member": MEMBER}
    file.write_text(SETTINGS.format(bind=bind, port=port, store=store, dictionary=dictionary, **names))
    return file
