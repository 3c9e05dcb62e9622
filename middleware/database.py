"""The SQL database: sessions that read one consistent state, and sessions that write alone."""

from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from middleware import postgres, sqlite
from middleware.config import Config

__all__ = ["READING", "WRITING", "Database", "Session", "is_postgres"]
BUSY_SECONDS = 30
# What a transaction is for, said to the engine: see `begin` of either database. Without it, it may do anything.
READING: Final[dict[str, Any]] = {"lonja_begin": "reading"}
WRITING: Final[dict[str, Any]] = {"lonja_begin": "writing"}


class Database:
    """One database and its two kinds of session: SQLite for development, PostgreSQL for what is serious.

    `reading()` sees one consistent state and blocks nobody. `writing()` holds the only write lock of the database from
    its first statement, so that what it has read stays true until it commits; keep it short. Sessions know the settings
    (`session.info["config"]`). Nothing is committed by itself.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.engine = _engine(config.database_url)
        info = {"config": config}
        reader, writer = self.engine.execution_options(**READING), self.engine.execution_options(**WRITING)
        self._reading = sessionmaker(reader, info=info, expire_on_commit=False)
        self._writing = sessionmaker(writer, info=info, expire_on_commit=False)

    def reading(self) -> Session:
        """A session for queries."""
        return self._reading()

    def writing(self) -> Session:
        """A session for what changes something; commit it where the reader of the code can see it."""
        return self._writing()

    @property
    def is_postgres(self) -> bool:
        """Whether this database is PostgreSQL."""
        return self.engine.dialect.name == "postgresql"

    def close(self) -> None:
        """Give all connections back. Also to be called in a child after a fork."""
        self.engine.dispose()


def is_postgres(session: Session) -> bool:
    """Whether this session's database is PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite.engine(parsed, busy_seconds=BUSY_SECONDS)
    return postgres.engine(parsed, busy_seconds=BUSY_SECONDS)
