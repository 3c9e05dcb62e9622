"""An empty mirror is filled many rows at a time; it comes out as if every block had been written by itself."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, MetaData, select
from sqlalchemy.orm import Mapped, mapped_column

from middleware import filling
from middleware.database import Database
from middleware.filling import Filling
from middleware.models.base import Mirror
from middleware.rows import Rows


class Private(Mirror):
    """Tables of this test only."""

    __abstract__ = True
    metadata = MetaData()


class Count(Private):
    """How often a thing was counted: a row that changes."""

    __tablename__ = "filling_counts"

    thing: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class First(Private):
    """When a thing was counted first: a row that stands."""

    __tablename__ = "filling_firsts"

    thing: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int]


class Line(Private):
    """A line for each time, with what had been known before."""

    __tablename__ = "filling_lines"

    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    thing: Mapped[str]
    before: Mapped[int]
    first: Mapped[int | None]


Blocks = Sequence[Sequence[str]]
BLOCKS = st.lists(st.lists(st.sampled_from([f"thing {n}" for n in range(12)]), max_size=6), max_size=20)


@pytest.fixture
def tables(database: Database) -> Iterator[Database]:
    Private.metadata.create_all(database.engine)
    yield database
    Private.metadata.drop_all(database.engine)


def folded(rows: Rows, blocks: Blocks) -> None:
    count = itertools.count()
    for things in blocks:
        for thing in things:
            step = next(count)
            known, first = rows.get(Count, thing), rows.get(First, thing)
            before = known["count"] if known else 0
            rows.put(Count, {"thing": thing, "count": before + 1})
            rows.once(First, {"thing": thing, "step": step})
            rows.add(Line, {"step": step, "thing": thing, "before": before, "first": first and first["step"]})
        rows.flush()
        rows.next_block(rows.connection)


def made(database: Database, fill: Callable[[Connection], None]) -> list[list[Any]]:
    """What the tables hold when they have been filled so; afterwards they are empty again."""
    with database.engine.connect() as connection:
        connection.begin()
        fill(connection)
        return [sorted(map(tuple, connection.execute(select(table)))) for table in Private.metadata.sorted_tables]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=BLOCKS, at_once=st.sampled_from([1, 2, 5, 20_000]), remembered=st.sampled_from([0, 3, 8_000]))
def test_it_holds_what_blocks_one_by_one_would_have_made(
    tables: Database, blocks: Blocks, at_once: int, remembered: int
) -> None:
    def by_block(connection: Connection) -> None:
        folded(Rows(connection), blocks)

    def at_once_(connection: Connection) -> None:
        with ThreadPoolExecutor(1) as aside:
            rows = Filling(connection, aside)
            folded(rows, blocks)
            rows.finish()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "_AT_ONCE", at_once)
        patch.setattr("middleware.rows._REMEMBERED", remembered)
        assert made(tables, at_once_) == made(tables, by_block)


def test_what_cannot_be_written_ends_the_filling(tables: Database) -> None:
    with tables.engine.connect() as connection, ThreadPoolExecutor(1) as aside:
        rows = Filling(connection, aside)
        for _ in range(2):
            rows.add(Line, {"step": 1, "thing": "a", "before": 0, "first": None})
        with pytest.raises(Exception, match="filling_lines"):
            rows.finish()
