"""SQLite: the settings that make a commit mean what it says."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from middleware import clock

WAIT_SECONDS = 0.01
# With WAL, the first two make a commit mean what it says; the others give pages room before they are written twice.
_PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "cache_size=-16000", "wal_autocheckpoint=4000", "secure_delete=FAST")
_BEGIN = {"writing": "BEGIN IMMEDIATE", "at once": ""}


def engine(url: URL, *, busy_seconds: float) -> Engine:
    """A failure is logged with its statement; what was to be written stays out of it."""
    _make_private(url.database or "")
    settings = {"timeout": busy_seconds, "check_same_thread": False}
    made = create_engine(url, connect_args=settings, hide_parameters=True)
    event.listen(made, "connect", partial(_settings, busy_seconds=busy_seconds))
    event.listen(made, "begin", begin)
    return made


def begin(connection: Connection) -> None:
    """What a transaction begins with; "at once" is a connection that is to see every commit of others as it happens."""
    if statement := _BEGIN.get(connection.get_execution_options().get("lonja_begin", ""), "BEGIN"):
        connection.exec_driver_sql(statement)


def changed(engine: Engine) -> tuple[Callable[[], object], Callable[[], None]]:
    """A number that is another one after each commit of somebody else, and how to end looking at it."""
    connection = engine.execution_options(isolation_level="AUTOCOMMIT", lonja_begin="at once").connect()
    return lambda: connection.exec_driver_sql("PRAGMA data_version").scalar(), connection.close


def _make_private(file: str) -> None:
    """Everybody's orders and the hashes of passwords are in there; SQLite's other files get the same rights."""
    path = Path(file)
    if file and path.parent.is_dir():
        path.touch(mode=0o600)


def _settings(connection: Any, _record: Any, *, busy_seconds: float) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own moment is too late
    _log_ahead(connection, busy_seconds)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: Any, busy_seconds: float) -> None:
    """Switch a new database to WAL. SQLite does not wait for its lock here, however long others may take, so we do."""
    began = clock.monotonic()
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if clock.monotonic() - began > busy_seconds:
                raise
            clock.sleep(WAIT_SECONDS)
