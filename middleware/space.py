"""Where a mirror is made anew: instead of the old one, or beside it while everybody goes on."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

from sqlalchemy import Connection

from middleware import postgres
from middleware.database import WRITING, Database
from middleware.digests import digests
from middleware.lease import RENEW_EVERY_SECONDS, Lease, Wanted
from middleware.models.base import Mirror


class Space(Protocol):
    """Tables for a new mirror."""

    def open(self) -> AbstractContextManager[Connection]:
        """The connection on which everything happens, in one transaction."""

    def digests(self, connection: Connection) -> Callable[[], dict[str, str]]:
        """How to have the digests of the mirror as it is now."""

    def clear(self, connection: Connection) -> None:
        """From now on the mirror's tables are empty."""

    def close(self, connection: Connection, different: Sequence[str]) -> None:
        """The new mirror is whole; these tables of it are not as they were. Commits."""


def space_for(database: Database, lease: Lease) -> Space:
    """The one that this database can offer."""
    return Beside(database, lease) if database.is_postgres else Instead(database, lease)


class Instead:
    """SQLite: the tables are dropped and made again, and nobody else writes. Readers have their pictures."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database, self._lease = database, lease

    @contextmanager
    def open(self) -> Iterator[Connection]:
        with self._database.engine.execution_options(**WRITING).connect() as connection:
            self._lease.guard(connection)
            yield connection

    def digests(self, connection: Connection) -> Callable[[], dict[str, str]]:
        found = digests(connection)
        return lambda: found

    def clear(self, connection: Connection) -> None:
        Mirror.metadata.drop_all(connection)
        Mirror.metadata.create_all(connection)

    def close(self, connection: Connection, different: Sequence[str]) -> None:
        connection.commit()


class Beside:
    """PostgreSQL: temporary tables stand before those of the same names, seen by this connection alone, unlogged.

    Writers and readers go on. At the end only tables that differ are written, by ordinary statements: nobody waits for
    a lock on a table, and a reader's picture stays whole. A rebuild that finds the same writes nothing.
    """

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database, self._lease = database, lease
        self._over = threading.Event()
        self._aside = ThreadPoolExecutor(2)

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """The lease stays ours; whoever wants it waits for us."""
        self._renew()
        with self._aside, self._database.engine.connect() as connection:
            self._aside.submit(self._keep)
            try:
                yield connection
            finally:
                self._over.set()

    def digests(self, connection: Connection) -> Callable[[], dict[str, str]]:
        """Nobody writes the mirror while the lease is ours, so there is time."""
        return self._aside.submit(self._digests).result

    def clear(self, connection: Connection) -> None:
        """Of the indexes only what rows are found by is needed here."""
        Mirror.metadata.create_all(connection)
        quote = connection.dialect.identifier_preparer.quote
        for table in Mirror.metadata.sorted_tables:
            name, key = quote(table.name), ", ".join(quote(column.name) for column in table.primary_key)
            made = f"(LIKE {name} INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY ({key}))"
            connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} {made} ON COMMIT DROP")
        connection.exec_driver_sql("DISCARD PLANS")  # those that know the tables behind

    def _keep(self) -> None:
        while not self._over.wait(RENEW_EVERY_SECONDS):
            self._renew()

    def _renew(self) -> None:
        with suppress(Wanted):
            self._lease.renew()

    def _digests(self) -> dict[str, str]:
        with self._database.reading() as session:
            return digests(session.connection())

    def close(self, connection: Connection, different: Sequence[str]) -> None:
        self._over.set()
        postgres.lock(connection)
        self._lease.guard(connection)
        quote = connection.dialect.identifier_preparer.quote
        schema = quote(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
        for name in map(quote, different):
            connection.exec_driver_sql(f"DELETE FROM {schema}.{name}")  # noqa: S608 - a name of our own
            connection.exec_driver_sql(f"INSERT INTO {schema}.{name} SELECT * FROM pg_temp.{name}")  # noqa: S608
        connection.commit()
