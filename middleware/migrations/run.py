"""Bring a database up to date, and say how far it is."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, literal, select

import middleware.models  # noqa: F401 - every table is known from here on
from middleware.config import Config
from middleware.database import WRITING, Database
from middleware.errors import Error
from middleware.models.base import Mirror, Registry

_FOLDER = Path(__file__).parent


def upgrade(config: Config, *, to: str = "head") -> None:
    """Run what is missing, in one transaction where the database can. A second process waits for the first."""
    database = Database(config)
    try:
        _run(database.engine, lambda settings: command.upgrade(settings, to))
    finally:
        database.close()


def downgrade(config: Config, *, to: str) -> None:
    """Go back to a revision: for tests and for development. What a later one added is lost."""
    database = Database(config)
    try:
        _run(database.engine, lambda settings: command.downgrade(settings, to))
    finally:
        database.close()


def forget(config: Config) -> None:
    """Drop every table of ours: for a development database whose ledger is gone. Nothing of it can be had back."""
    database = Database(config)
    try:
        with database.engine.execution_options(**WRITING).begin() as connection:
            Mirror.metadata.drop_all(connection)
            Registry.metadata.drop_all(connection)
            connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    finally:
        database.close()


def is_used(config: Config) -> bool:
    """Whether somebody has worked with this database: it has logins, or commands on their way to a ledger."""
    database = Database(config)
    try:
        with database.engine.connect() as connection:
            there = set(inspect(connection).get_table_names())
            tables = [Registry.metadata.tables[name] for name in ("users", "submissions") if name in there]
            return any(connection.execute(select(literal(1)).select_from(one).limit(1)).scalar() for one in tables)
    finally:
        database.close()


def current(connection: Connection) -> str:
    """The revision of this database; "" before the first."""
    return MigrationContext.configure(connection).get_current_revision() or ""


@cache
def head() -> str:
    """The newest revision."""
    return ScriptDirectory.from_config(_settings()).get_current_head() or ""


def knows(revision: str) -> bool:
    """Whether a database of this revision is one that we can bring up to date."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_settings()).walk_revisions()}


def _run(engine: Engine, step: Callable[[AlembicConfig], None]) -> None:
    with engine.execution_options(**WRITING).connect() as connection:
        _let_tables_be_made_anew(connection)
        with connection.begin():
            settings = _settings()
            settings.attributes["connection"] = connection
            step(settings)
            _check_references(connection)


def _let_tables_be_made_anew(connection: Connection) -> None:
    """SQLite would delete what refers to a table when the table is dropped for its successor; and it listens only
    before the transaction begins. The connection is ours alone and closed afterwards."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute("PRAGMA foreign_keys=OFF")


def _check_references(connection: Connection) -> None:
    """What was not watched while tables were made anew: a row that refers to nothing undoes the whole upgrade."""
    if connection.dialect.name != "sqlite":
        return
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if lost:
        raise Error("internal", f"{len(lost)} rows refer to nothing, first {tuple(lost[0])}", reason="migration")


def _settings() -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_FOLDER))
    return settings
