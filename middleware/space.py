"""Where a mirror is made anew: instead of the old one, or beside it while everybody goes on."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

from sqlalchemy import Connection

from middleware import clock, postgres
from middleware.database import WRITING, Database
from middleware.lease import RENEW_EVERY_SECONDS, Lease, Wanted
from middleware.models.base import Mirror


class Space(Protocol):
    """Tables for a new mirror."""

    def open(self) -> AbstractContextManager[Connection]:
        """The connection on which everything happens, in one transaction."""

    def clear(self, connection: Connection) -> None:
        """From now on the mirror's tables are empty."""

    def work_on(self) -> None:
        """Called now and then."""

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

    def clear(self, connection: Connection) -> None:
        Mirror.metadata.drop_all(connection)
        Mirror.metadata.create_all(connection)

    def work_on(self) -> None:
        pass  # the write lock keeps the lease

    def close(self, connection: Connection, different: Sequence[str]) -> None:
        connection.commit()


class Beside:
    """PostgreSQL: temporary tables stand before those of the same names, seen by this connection alone, unlogged.

    Writers and readers go on. At the end only tables that differ are written, by ordinary statements: nobody waits for
    a lock on a table, and a reader's picture stays whole. A rebuild that finds the same writes nothing.
    """

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database, self._lease = database, lease
        self._renewed = 0.0

    @contextmanager
    def open(self) -> Iterator[Connection]:
        self.work_on()
        with self._database.engine.connect() as connection:
            yield connection

    def clear(self, connection: Connection) -> None:
        Mirror.metadata.create_all(connection)
        quote = connection.dialect.identifier_preparer.quote
        for table in Mirror.metadata.sorted_tables:
            name = quote(table.name)
            connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} (LIKE {name} INCLUDING ALL) ON COMMIT DROP")
        connection.exec_driver_sql("DISCARD PLANS")  # those that know the tables behind

    def work_on(self) -> None:
        """The lease stays ours; whoever wants it waits for us."""
        if clock.monotonic() - self._renewed > RENEW_EVERY_SECONDS:
            with suppress(Wanted):
                self._lease.renew()
            self._renewed = clock.monotonic()

    def close(self, connection: Connection, different: Sequence[str]) -> None:
        postgres.lock(connection)
        self._lease.guard(connection)
        quote = connection.dialect.identifier_preparer.quote
        schema = quote(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
        for name in map(quote, different):
            connection.exec_driver_sql(f"DELETE FROM {schema}.{name}")  # noqa: S608 - a name of our own
            connection.exec_driver_sql(f"INSERT INTO {schema}.{name} SELECT * FROM pg_temp.{name}")  # noqa: S608
        connection.commit()
