"""How processes of one installation tell each other that there is something to look at. Losing a call costs only time.

The worker is woken by a datagram. Everybody else asks the database whether anything was committed; on PostgreSQL that
question can become LISTEN and NOTIFY behind the same interface.
"""

import contextlib
import hashlib
import os
import socket
import threading
import time
from pathlib import Path

from middleware.database import Database

LOOK_EVERY_SECONDS = 0.02
STAY_SECONDS = 5.0
MOST_BYTES = 100


def call(path: Path) -> None:
    """Wake the worker that listens there; nobody listening is nobody's fault: it also looks by itself."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(b"", _address(path))


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
    finds it still there, and is not told of a change that there was not.
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
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT", lonja_begin="")
        with engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            last: object = object()  # whatever happened while nobody looked counts as a change
            wanted = time.monotonic()
            while True:
                with self._condition:
                    if self._waiting:
                        wanted = time.monotonic()
                    elif time.monotonic() - wanted > STAY_SECONDS:
                        self._looking = None
                        return
                current = connection.exec_driver_sql("PRAGMA data_version").scalar() if sqlite else object()
                if current != last:
                    last = current
                    with self._condition:
                        self._number += 1
                        self._condition.notify_all()
                time.sleep(LOOK_EVERY_SECONDS)


def _address(path: Path) -> str:
    """An address has room for about a hundred characters; a longer path gets a name outside the file system."""
    written = min(str(path), os.path.relpath(path), key=len)
    if len(written.encode()) <= MOST_BYTES:
        return written
    return "\0lonja/" + hashlib.sha256(str(path).encode()).hexdigest()
