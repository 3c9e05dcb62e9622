"""Bring a database up to date, and say how far it is."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from middleware.config import Config
from middleware.database import Database

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


def current(connection: Connection) -> str:
    """The revision of this database; "" before the first."""
    return MigrationContext.configure(connection).get_current_revision() or ""


@cache
def head() -> str:
    """The newest revision."""
    return ScriptDirectory.from_config(_settings()).get_current_head() or ""


def _run(engine: Engine, step: Callable[[AlembicConfig], None]) -> None:
    with engine.execution_options(lonja_begin="BEGIN IMMEDIATE").begin() as connection:
        settings = _settings()
        settings.attributes["connection"] = connection
        step(settings)


def _settings() -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_FOLDER))
    return settings
