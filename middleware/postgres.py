"""PostgreSQL: what must be true of a database before we trust it, how writers take turns, and who is told of commits.

The driver is imported where it is used: an installation on SQLite does without it.
"""

from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event

from middleware.errors import Error

OLDEST = 140000
COMMITS, COMMANDS = "lonja_commits", "lonja_commands"
POOL, MORE = 20, 20
# One lock for all writers of a database; the number spells "lonja". It is in the way of nothing else.
_LOCK = 0x6C6F6E6A61
_WRITE = f"SELECT pg_advisory_xact_lock({_LOCK}), pg_notify('{COMMITS}', '')"
_SETTINGS = """
SELECT set_config('lock_timeout', %s, false), set_config('jit', 'off', false), set_config('TimeZone', 'UTC', false),
    current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes'),
    current_setting('synchronous_commit'), current_setting('server_encoding'), 'B' < 'a' AND 'a-b' < 'aa'
"""


def engine(url: URL, *, busy_seconds: float) -> Engine:
    """Connections to a database that keeps what it commits; any other is refused in words."""
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        hide_parameters=True,
        pool_size=POOL,
        max_overflow=MORE,
    )
    event.listen(made, "connect", lambda connection, _record: _settle(connection, busy_seconds))
    event.listen(made, "begin", begin)
    event.listen(made, "handle_error", _without_values)
    return made


def begin(connection: Connection) -> None:
    """A reader has one picture of the whole database. A writer has the lock first, and everybody hears of its commit.

    What was committed before the lock was ours is seen by the first statement after it: nothing is read too early.
    """
    import psycopg

    wanted = connection.get_execution_options().get("lonja_begin", "")
    driver: Any = connection.connection.driver_connection
    reads = wanted == "reading"
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if reads else psycopg.IsolationLevel.READ_COMMITTED
    driver.read_only = reads
    if wanted == "writing":
        lock(connection)


def lock(connection: Connection) -> None:
    """From here to its end, this transaction is the only one that writes."""
    connection.exec_driver_sql(_WRITE)


def wake_worker(connection: Connection) -> None:
    """The worker is woken when this transaction is committed."""
    connection.exec_driver_sql(f"SELECT pg_notify('{COMMANDS}', '')")


class Listening:
    """A connection of its own that hears what is told on a channel."""

    def __init__(self, engine: Engine, channel: str) -> None:
        raw = engine.raw_connection()
        driver: Any = raw.driver_connection
        raw.detach()
        driver.autocommit = True
        driver.execute(f"LISTEN {channel}")
        self._driver = driver

    def heard(self, seconds: float) -> bool:
        """Whether something was told within that time; takes all that was told at once."""
        return bool(list(self._driver.notifies(timeout=seconds, stop_after=1)))

    def close(self) -> None:
        self._driver.close()


def _settle(connection: Any, busy_seconds: float) -> None:
    """Say how this connection works, and see that the server can be trusted with what is committed."""
    row = connection.execute(_SETTINGS, (f"{round(busy_seconds * 1000)}ms",)).fetchone()
    connection.commit()
    if problem := _problem(*row[3:]):
        raise Error("unavailable", f"The database cannot be used: {problem}", reason="database")


def _problem(version: int, fsync: str, pages: str, commit: str, encoding: str, sorts_by_code: bool) -> str:
    if version < OLDEST:
        return f"its PostgreSQL is older than {OLDEST // 10000}."
    for name, value in (("fsync", fsync), ("full_page_writes", pages), ("synchronous_commit", commit)):
        if value == "off":
            return f"{name} is off, so a crash could lose what was acknowledged. Set it to on."
    if encoding != "UTF8" or not sorts_by_code:
        make = "createdb --template=template0 --encoding=UTF8 --locale=C"
        return f"it is not UTF-8 that sorts by code points, as every copy of a mirror must. Make it with {make}."
    return ""


def _without_values(context: ExceptionContext) -> None:
    """The server tells in further lines which values stood in the way; they are not for the log."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and isinstance(error.args[0], str):
            error.args = (_plain(error.args[0]), *error.args[1:])


def _plain(message: str) -> str:
    return message.partition("\nDETAIL:")[0].partition("\nCONTEXT:")[0]
