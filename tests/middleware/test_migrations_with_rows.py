"""Up, down and up again with a row in every table of the registry: what a revision does not say it drops, stays."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    select,
)

from middleware.config import Config
from middleware.database import WRITING, Database
from middleware.migrations import run
from middleware.models.base import Mirror

REVISIONS = [one.revision for one in reversed(list(ScriptDirectory.from_config(run._settings()).walk_revisions()))]
INSTANT = "2026-11-26T12:00:00.000000Z"


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    made = Database(config)
    yield made
    made.close()


def test_rows_of_every_table_live_through_every_revision_and_back(config: Config, database: Database) -> None:
    known: dict[str, set[str]] = {}
    for revision in REVISIONS:
        run.upgrade(config, to=revision)
        known[revision] = _fill(database)
        assert _counts(database) == dict.fromkeys(known[revision], 1)
    for before, after in reversed(list(pairwise(REVISIONS))):
        run.downgrade(config, to=before)
        assert _counts(database) == dict.fromkeys(known[before], 1), f"from {after} to {before}"
    run.upgrade(config)
    kept = _counts(database)
    assert {table for table, count in kept.items() if count} == known[REVISIONS[0]]
    assert _fill(database) == known[REVISIONS[-1]]


def _tables(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in (*Mirror.metadata.tables, "alembic_version")]


def _fill(database: Database) -> set[str]:
    """A row for every table that has none; the names of all."""
    with database.engine.execution_options(**WRITING).begin() as connection:
        tables = _tables(connection)
        for table in tables:
            if not connection.scalar(select(func.count()).select_from(table)):
                connection.execute(insert(table).values(_row(table)))
    return {table.name for table in tables}


def _counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {one.name: connection.scalar(select(func.count()).select_from(one)) or 0 for one in _tables(connection)}


def _row(table: Table) -> dict[str, Any]:
    """Every column said, as its constraints want it."""
    said = " ".join(str(getattr(one, "sqltext", "")) for one in table.constraints)
    return {column.name: _value(column, said) for column in table.columns}


def _value(column: Any, said: str) -> Any:
    allowed = re.search(rf"\b{column.name}\b\W*(?:::\w+)?\W*(?:in \(|= any \(\W*array\[)'([^']*)'", said, re.IGNORECASE)
    if allowed:
        return allowed[1]
    kinds = {Boolean: False, LargeBinary: b"x", JSON: {}, Integer: 1, BigInteger: 1}
    for kind, value in kinds.items():
        if isinstance(column.type, kind):
            return value
    return INSTANT if getattr(column.type, "length", None) == 27 else "a"
