"""The SQL database: engine, sessions and, on SQLite, the settings that make a commit mean what it says."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from middleware import clock
from middleware.config import Config

__all__ = ["Database", "Session"]
BUSY_SECONDS = 30
WAIT_SECONDS = 0.01
# With WAL, the first two make a commit mean what it says; the others give pages room before they are written twice.
_PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "cache_size=-16000", "wal_autocheckpoint=4000", "secure_delete=FAST")


class Database:
    """One database and its two kinds of session.

    `reading()` sees one consistent state and blocks nobody. `writing()` holds the only write lock of SQLite from its
    first statement, so that what it has read stays true until it commits; keep it short. Sessions know the settings
    (`session.info["config"]`). Nothing is committed by itself.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.engine = _engine(config.database_url)
        info = {"config": config}
        self._reading = sessionmaker(self.engine, info=info, expire_on_commit=False)
        writer = self.engine.execution_options(lonja_begin="BEGIN IMMEDIATE")
        self._writing = sessionmaker(writer, info=info, expire_on_commit=False)

    def reading(self) -> Session:
        """A session for queries."""
        return self._reading()

    def writing(self) -> Session:
        """A session for what changes something; commit it where the reader of the code can see it."""
        return self._writing()

    def close(self) -> None:
        """Give all connections back. Also to be called in a child after a fork."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    """A failure is logged with its statement; what was to be written stays out of it."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    _make_private(parsed.database or "")
    settings = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(parsed, connect_args=settings, hide_parameters=True)
    event.listen(engine, "connect", _settings)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(file: str) -> None:
    """Everybody's orders and the hashes of passwords are in there; SQLite's other files get the same rights."""
    path = Path(file)
    if file and path.parent.is_dir():
        path.touch(mode=0o600)


def _settings(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own moment is too late
    _log_ahead(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: Any) -> None:
    """Switch a new database to WAL. SQLite does not wait for its lock here, however long others may take, so we do."""
    began = clock.monotonic()
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if clock.monotonic() - began > BUSY_SECONDS:
                raise
            clock.sleep(WAIT_SECONDS)


def _begin(connection: Connection) -> None:
    """What a transaction begins with; "" for a connection that is to see every commit of others at once."""
    if statement := connection.get_execution_options().get("lonja_begin", "BEGIN"):
        connection.exec_driver_sql(statement)
