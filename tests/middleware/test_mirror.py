"""The fold: one block, one commit; the next block or none; the same facts give the same rows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, select
from sqlalchemy.orm import Mapped, mapped_column

from middleware import mirror
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import Block
from middleware.mirror import Fact, Fold, Rows, on
from middleware.models.base import Instant, Mirror
from middleware.models.event import Event
from tests.middleware.ledgers import Chain, outcome


class Private(Mirror):
    """Tables of this test only: `Mirror.metadata` is what migrations are compared with."""

    __abstract__ = True
    metadata = MetaData()


class Tally(Private):
    """How often a thing was counted."""

    __tablename__ = "test_tallies"

    thing: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class Line(Private):
    """One line for each fact."""

    __tablename__ = "test_lines"

    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    thing: Mapped[str]


@pytest.fixture(autouse=True)
def handlers(database: Database) -> Iterator[None]:
    Private.metadata.create_all(database.engine)

    @on("TestCounted")
    def counted(fact: Fact, rows: Rows) -> None:
        row = rows.get(Tally, fact["thing"]) or {"thing": fact["thing"], "count": 0}
        rows.put(Tally, {**row, "count": row["count"] + 1})
        rows.add(Line, {"block": fact.block, "index": fact.index, "thing": fact["thing"]})
        rows.event(fact, "tally", fact["thing"], fact.get("parties", ()))
        if fact["thing"] == "bomb":
            raise RuntimeError("bomb")

    yield
    mirror._handlers.pop("TestCounted")


def counted(thing: str, **more: Any) -> dict[str, Any]:
    return {"fact": "TestCounted", "thing": thing, **more}


def block_of(chain: Chain, *things: str) -> Block:
    return chain.submit(["a.e30.b"], [outcome("ALICE", "1", "test:count", *(counted(thing) for thing in things))])


def tallies(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {row.thing: row.count for row in session.scalars(select(Tally))}


def test_facts_of_one_block_see_each_other_and_stand_after_it(database: Database) -> None:
    chain, fold = Chain(), Fold(database.engine)
    for block in (chain.blocks[0], block_of(chain, "a", "b", "a"), block_of(chain, "a")):
        fold.apply(block)
    assert tallies(database) == {"a": 3, "b": 1}
    with database.reading() as session:
        lines = [(line.block, line.thing) for line in session.scalars(select(Line).order_by(Line.block, Line.index))]
        assert lines == [(1, "a"), (1, "b"), (1, "a"), (2, "a")]
        assert mirror.place(session.connection()) == fold.place


def test_a_block_that_fails_leaves_nothing_behind(database: Database) -> None:
    chain, fold = Chain(), Fold(database.engine)
    fold.apply(chain.blocks[0])
    bad = block_of(chain, "a", "bomb")
    with pytest.raises(RuntimeError, match="bomb"):
        fold.apply(bad)
    assert tallies(database) == {}
    assert fold.place.number == 0
    with pytest.raises(RuntimeError):
        fold.apply(bad)
    assert tallies(database) == {}


def test_another_worker_goes_on_where_the_last_one_stopped(database: Database) -> None:
    chain = Chain()
    Fold(database.engine).apply(chain.blocks[0])
    Fold(database.engine).apply(block_of(chain, "a"))
    Fold(database.engine).apply(block_of(chain, "a"))
    assert tallies(database) == {"a": 2}


@pytest.mark.parametrize("wrong", ["again", "gap", "other"])
def test_a_block_that_does_not_follow_is_refused(database: Database, wrong: str) -> None:
    chain, other, fold = Chain(), Chain(), Fold(database.engine)
    fold.apply(chain.blocks[0])
    fold.apply(block_of(chain, "a"))
    block_of(other, "b")
    blocks = {"again": chain.blocks[1], "gap": [block_of(chain, "c"), block_of(chain, "d")][1]}
    with pytest.raises(Error) as caught:
        fold.apply(blocks.get(wrong) or block_of(other, "c"))
    assert caught.value.reason == ("history" if wrong == "other" else "position")
    assert tallies(database) == {"a": 1}


def test_who_may_not_write_any_more_writes_nothing(database: Database) -> None:
    def lost(_connection: Connection) -> None:
        raise PermissionError

    chain, fold = Chain(), Fold(database.engine, guard=lost)
    with pytest.raises(PermissionError):
        fold.apply(chain.blocks[0])
    assert fold.place.number == -1


def test_invalid_transactions_tell_nothing(database: Database) -> None:
    chain, fold = Chain(), Fold(database.engine)
    fold.apply(chain.blocks[0])
    said = {"lane": "operator", "batch": "1", "commands": [outcome("ALICE", "1", "f", counted("a"))]}
    made = chain.transaction("submit", (b"1", b"a.e30.b"), None, code="MVCC_READ_CONFLICT")
    foreign = chain.transaction("put", (b"x",), said)
    fold.apply(chain.add(made, foreign))
    assert tallies(database) == {}
    assert fold.place.number == 1


def test_a_thing_is_told_of_once_a_block_to_those_whom_it_concerns(database: Database) -> None:
    chain, fold = Chain(), Fold(database.engine)
    fold.apply(chain.blocks[0])
    facts = [counted("a", parties=["BRUNO"]), counted("a", parties=["ALICE"]), counted("b")]
    fold.apply(chain.submit(["a.e30.b"], [outcome("ALICE", "1", "f", *facts, counted("b", parties=["ALICE"]))]))
    with database.reading() as session:
        told = [(e.block, e.index, e.id, e.parties) for e in session.scalars(select(Event).order_by(Event.index))]
    assert told == [(1, 0, "a", ["ALICE", "BRUNO"]), (1, 1, "b", [])]


def test_every_column_must_be_named(database: Database) -> None:
    with database.engine.connect() as connection:
        rows = Rows(connection)
        with pytest.raises(ValueError, match="count"):
            rows.put(Tally, {"thing": "a"})
        with pytest.raises(ValueError, match="more"):
            rows.put(Tally, {"thing": "a", "count": 1, "more": 2})


def test_once_keeps_the_first_and_get_sees_it_in_the_next_block(database: Database) -> None:
    with database.engine.begin() as connection:
        rows = Rows(connection)
        assert rows.get(Tally, "a") is None
        rows.once(Tally, {"thing": "a", "count": 1})
        rows.once(Tally, {"thing": "a", "count": 2})
        rows.flush()
        rows.once(Tally, {"thing": "a", "count": 3})
        rows.flush()
        assert rows.get(Tally, "a") == {"thing": "a", "count": 1}


def _tables() -> list[type[Mirror]]:
    mirror.load_handlers()
    mapped = (mapper.class_ for mapper in Mirror.registry.mappers)
    return sorted((one for one in mapped if one.metadata is Mirror.metadata), key=lambda one: one.__name__)


def _sample(type_: Any) -> Any:
    if isinstance(type_, Instant):
        return datetime(2026, 11, 26, tzinfo=UTC)
    return {str: "a", int: 7, bool: True}.get(type_.python_type, {"a": ["b"]})


def _take_anything(connection: Connection, model: type[Mirror]) -> None:
    """What is put need not make sense here."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        return
    name = model.__tablename__
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} (LIKE {name} INCLUDING INDEXES)")


@pytest.mark.parametrize("is_empty", [False, True])
@pytest.mark.parametrize("model", _tables(), ids=lambda model: model.__name__)
def test_a_row_reads_back_as_it_was_put(database: Database, model: type[Mirror], is_empty: bool) -> None:
    """Reading goes past the ORM; every type of every table comes out of it as it does otherwise."""
    columns = model.__table__.columns
    row = {one.name: None if is_empty and one.nullable else _sample(one.type) for one in columns}
    with database.engine.connect() as connection:
        _take_anything(connection, model)
        writing = Rows(connection)
        writing.put(model, row)
        writing.flush()
        key = tuple(row[one.name] for one in model.__table__.primary_key)
        assert Rows(connection).get(model, key) == row
        (read,) = connection.execute(select(model.__table__)).mappings()
        assert dict(read) == row


def test_what_was_put_is_a_copy_that_stands_until_another_is_put(database: Database) -> None:
    with database.engine.begin() as connection:
        rows, row = Rows(connection), {"thing": "a", "count": 1}
        rows.put(Tally, row)
        row["count"] = 7
        found = rows.get(Tally, "a")
        rows.put(Tally, row)
        assert (found, rows.get(Tally, "a")) == ({"thing": "a", "count": 1}, {"thing": "a", "count": 7})


def test_outcomes_come_after_a_commands_facts() -> None:
    chain = Chain()
    payload = "eyJhcmdzIjp7Im9yZGVyIjoiQUxJQ0U6MSJ9fQ"  # {"args":{"order":"ALICE:1"}}
    said = [
        outcome("ALICE", "1", "f", counted("a")),
        outcome("ALICE", "2", "order:cancel", code="not_found", reason="order", message="No."),
        outcome("ALICE", "3", "f", code="duplicate", reason="id", message="No."),
        {"jws_hash": "x", "code": "unauthenticated", "reason": "signature", "message": "No."},
    ]
    block = chain.submit([f"a.{payload}.b"] * 5, said)
    told = mirror.facts.of(block)
    assert [(fact.name, fact.command_index, fact.index) for fact in told] == [
        ("TestCounted", 0, 0),
        ("CommandDone", 0, 1),
        ("CommandRefused", 1, 2),
    ]
    refused = told[2]
    assert refused["args"] == refused.command.args == {"order": "ALICE:1"}
    assert (refused["code"], refused["reason"], refused["function"]) == ("not_found", "order", "order:cancel")
