"""How processes of one installation tell each other that there is something to look at. Losing a call costs only time.

On PostgreSQL a commit says it itself (LISTEN and NOTIFY). On SQLite the worker is woken by a datagram, and everybody
else asks the database whether anything was committed.
"""

import contextlib
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import Connection

from middleware import postgres, sqlite
from middleware.database import Database, Session, is_postgres

log = structlog.get_logger(__name__)
LOOK_EVERY_SECONDS = 0.02
STAY_SECONDS = 5.0
MOST_BYTES = 100


class Ringing(Protocol):
    """What the worker waits at."""

    def wait(self, seconds: float) -> bool:
        """Whether somebody called within that time; takes all calls at once."""
        ...

    def close(self) -> None: ...


def bell(database: Database) -> Ringing:
    """The worker's, of this installation."""
    if database.is_postgres:
        return Notices(database)
    return Bell(database.config.worker_socket)


def promise(connection: Connection) -> None:
    """This transaction has something for the worker: where the database can tell it, the commit will."""
    if connection.dialect.name == "postgresql":
        postgres.wake_worker(connection)


def push(session: Session) -> None:
    """Tell the worker of what was promised and is now committed, where the database cannot."""
    if not is_postgres(session):
        call(session.info["config"].worker_socket)


def call(path: Path) -> None:
    """Wake the worker that listens there; nobody listening is nobody's fault: it also looks by itself."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(b"", _address(path))


class Notices:
    """Where the worker hears of commands that were committed, on whatever machine."""

    def __init__(self, database: Database) -> None:
        self._listening = postgres.Listening(database.engine, postgres.COMMANDS)

    def wait(self, seconds: float) -> bool:
        """Whether anything was committed for the worker within that time."""
        return self._listening.heard(seconds)

    def close(self) -> None:
        self._listening.close()


class Bell:
    """Where the worker listens for calls."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(_address(path))
        with contextlib.suppress(FileNotFoundError):
            path.chmod(0o600)

    def wait(self, seconds: float) -> bool:
        """Whether somebody called within that time; takes all calls at once."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(1)
            self._socket.setblocking(False)
            while True:
                self._socket.recv(1)
        except BlockingIOError:
            return True
        except TimeoutError:
            return False

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)


class Changes:
    """Waits, in any number of threads of one process, until somebody has committed something.

    One thread looks, on one connection of its own, while somebody waits and a little longer: whoever waits in a loop
    finds it still there, and is not told of a change that there was not. Should its connection fail, those who wait are
    told to look for themselves, and the next one who waits has another thread look.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._condition = threading.Condition()
        self._number = 0
        self._waiting = 0
        self._looking: threading.Thread | None = None

    @property
    def number(self) -> int:
        """Grows with what was committed; to be read before looking at the data that `wait` then watches."""
        return self._number

    def wait(self, seen: int, seconds: float) -> int:
        """Return as soon as the number is greater than `seen`, or when the time is up; answers the number."""
        with self._condition:
            self._waiting += 1
            if self._looking is None:
                self._looking = threading.Thread(target=self._look, name="changes", daemon=True)
                self._looking.start()
            self._condition.wait_for(lambda: self._number > seen, seconds)
            self._waiting -= 1
            return self._number

    def _look(self) -> None:
        try:
            with contextlib.closing(_Watch(self._database)) as watch:
                self._changed()  # whatever happened while nobody looked
                self._follow(watch)
        except Exception as error:
            log.warning("cannot look for changes", problem=str(error))
            with self._condition:
                self._looking = None
            self._changed()

    def _follow(self, watch: "_Watch") -> None:
        """Tell of every change until nobody has waited for a while."""
        wanted = time.monotonic()
        while True:
            with self._condition:
                if self._waiting:
                    wanted = time.monotonic()
                elif time.monotonic() - wanted > STAY_SECONDS:
                    self._looking = None
                    return
            if watch.changed():
                self._changed()

    def _changed(self) -> None:
        with self._condition:
            self._number += 1
            self._condition.notify_all()


class _Watch:
    """One look after the other at whether something was committed; each takes a moment."""

    def __init__(self, database: Database) -> None:
        if database.is_postgres:
            listening = postgres.Listening(database.engine, postgres.COMMITS)
            self.close: Callable[[], None] = listening.close
            self.changed: Callable[[], bool] = lambda: listening.heard(1.0)
            return
        self._number, self.close = sqlite.changed(database.engine)
        self._last = self._number()
        self.changed = self._other_number

    def _other_number(self) -> bool:
        time.sleep(LOOK_EVERY_SECONDS)
        before, self._last = self._last, self._number()
        return self._last != before


def _address(path: Path) -> str:
    """An address has room for about a hundred characters; a longer path gets a name outside the file system."""
    written = min(str(path), os.path.relpath(path), key=len)
    if len(written.encode()) <= MOST_BYTES:
        return written
    return "\0lonja/" + hashlib.sha256(str(path).encode()).hexdigest()
