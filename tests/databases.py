"""Which database the tests work on: SQLite, or with LONJA_TEST_DATABASE=postgresql a PostgreSQL.

There every installation has a database of its own on one server: the one that LONJA_TEST_POSTGRES names, else one that
is started when the first test asks for it.
"""

import itertools
import os
import sqlite3
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from middleware.config import Config
from middleware.database import Database
from middleware.models.base import Mirror, Registry
from tests import postgres

WANTED = "LONJA_TEST_DATABASE"
_count = itertools.count(1)
_templates: list[str] = []


def is_postgres() -> bool:
    """Whether this run is about PostgreSQL."""
    return os.environ.get(WANTED) == "postgresql"


def leave_open() -> None:
    """The driver warns of each connection that nobody has closed, which fails whatever test runs at the moment."""
    from psycopg._connection_base import BaseConnection

    BaseConnection.__del__ = lambda _self: None  # type: ignore[method-assign]


def settings() -> dict[str, str]:
    """What a new installation is told of its database: nothing on SQLite, which then is in its folder."""
    return {"LONJA_DATABASE_URL": fresh()} if is_postgres() else {}


def fresh() -> str:
    """An empty PostgreSQL database; a test is skipped, loudly, where there is none."""
    name = f"lonja_test_{os.getpid()}_{next(_count)}"
    _do(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    return _url(name)


def with_tables(config: Config) -> Database:
    """Every table of the models, empty. On PostgreSQL by copying a database that has them: ten times as fast."""
    if not is_postgres():
        return _made(config)
    if not _has_tables(config):
        name = make_url(config.database_url).database
        _do(f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {_template(config)}")
    return Database(config)


def forget(config: Config) -> None:
    """A test's own database goes when the test is over."""
    if is_postgres():
        drop(config.database_url)


def drop(url: str) -> None:
    """End a PostgreSQL database, whoever still uses it."""
    _do(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


def cut(database: Database) -> None:
    """End every connection to a PostgreSQL database, as a restart of the server does."""
    with _administrator().connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(others), {"name": database.engine.url.database})


class Kept:
    """What a database held at one moment, to be put back again and again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._copy = sqlite3.connect(":memory:")
        self._name = make_url(database.config.database_url).database or ""

    def keep(self) -> None:
        """This is how it is."""
        if is_postgres():
            self._database.close()
            cut(self._database)  # nobody may look while it is copied, and those who have gone may have left lines open
            _do(f"CREATE DATABASE {self._name}_kept TEMPLATE {self._name}")
            return
        with sqlite3.connect(self._name) as now:
            now.backup(self._copy)

    def again(self) -> None:
        """Everything as it was."""
        if is_postgres():
            self._database.close()
            _do(f"DROP DATABASE {self._name} WITH (FORCE)", f"CREATE DATABASE {self._name} TEMPLATE {self._name}_kept")
            return
        with sqlite3.connect(self._name) as now:
            self._copy.backup(now)


def _has_tables(config: Config) -> bool:
    database = Database(config)
    try:
        return inspect(database.engine).has_table("submissions")
    finally:
        database.close()


def _template(config: Config) -> str:
    if not _templates:
        url = fresh()
        _made(replace(config, database_url=url)).close()
        _templates.append(str(make_url(url).database))
    return _templates[0]


def _made(config: Config) -> Database:
    database = Database(config)
    Registry.metadata.create_all(database.engine)
    Mirror.metadata.create_all(database.engine)
    return database


@cache
def _server() -> Any:
    """The administrator's engine, and what it is an engine of."""
    try:
        url = os.environ.get(postgres.VARIABLE) or postgres.Server().start().url
    except postgres.NotThere as missing:
        return str(missing)
    address = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def _administrator() -> Engine:
    found = _server()
    if not isinstance(found, Engine):
        pytest.skip(f"PostgreSQL: {found}")
    return found


def _do(*statements: str) -> None:
    with _administrator().connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _url(name: str) -> str:
    return _administrator().url.set(database=name).render_as_string(hide_password=False)
