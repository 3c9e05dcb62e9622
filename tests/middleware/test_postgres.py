"""PostgreSQL, whatever the other tests run on: who is trusted, who has a turn, who is told, and what is not."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, InternalError

from middleware import clock, digests, mirror, postgres, wake
from middleware import database as module
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.migrations import run
from middleware.models.base import Mirror
from middleware.models.lease import Lease
from middleware.models.order import Order
from middleware.models.party import Party
from middleware.models.user import User
from tests import databases

pytestmark = pytest.mark.product  # starts a server of its own
NOW = "2026-11-26T12:00:00.000000Z"


@pytest.fixture
def config(config: Config) -> Iterator[Config]:
    made = replace(config, database_url=databases.fresh())
    yield made
    databases.drop(made.database_url)


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    run.upgrade(config)
    made = Database(config)
    yield made
    made.close()


def lease(name: str) -> dict[str, object]:
    return {"name": name, "owner": "", "fencing": 1, "wanted_by": "", "renewed_at": clock.now()}


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
def test_a_database_that_could_lose_a_commit_is_refused(setting: str) -> None:
    values = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    said = postgres._problem(150000, *{**values, setting: "off"}.values(), "UTF8", True)
    assert f"{setting} is off" in said
    assert postgres._problem(150000, *values.values(), "UTF8", True) == ""


def test_synchronous_commit_switched_off_for_the_database_is_noticed_at_the_next_connection(database: Database) -> None:
    name = database.engine.url.database
    with database.writing() as session:
        session.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
        session.commit()
    database.close()
    with pytest.raises(Error, match="synchronous_commit is off"), database.reading() as session:
        session.scalar(select(Lease.name))


OTHERS = [(130000, "UTF8", True), (150000, "LATIN1", True), (150000, "UTF8", False)]


@pytest.mark.parametrize(("version", "encoding", "sorts"), OTHERS)
def test_a_database_of_another_kind_is_refused_with_what_to_do(version: int, encoding: str, sorts: bool) -> None:
    said = postgres._problem(version, "on", "on", "on", encoding, sorts)
    assert "older than 14" in said or "createdb" in said


def test_a_reader_cannot_write(database: Database) -> None:
    with database.reading() as session, pytest.raises(InternalError, match="read-only"):
        session.execute(insert(Lease), lease("a"))


def test_writers_take_turns_and_see_what_the_one_before_them_left(database: Database) -> None:
    """Each reads, waits and writes one more: nothing is lost, and nothing has to be tried again."""
    with database.writing() as session:
        session.execute(insert(Lease), lease("counted"))
        session.commit()

    def count() -> None:
        for _ in range(10):
            with database.writing() as session:
                row = session.scalars(select(Lease)).one()
                time.sleep(0.001)
                row.fencing += 1
                session.commit()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.reading() as session:
        assert session.scalars(select(Lease.fencing)).one() == 41


def test_a_writer_that_waits_too_long_is_told_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    impatient = Database(database.config)
    with database.writing() as session:
        session.execute(insert(Lease), lease("a"))
        with impatient.writing() as other, pytest.raises(Exception, match="lock timeout"):
            other.scalar(select(Lease.name))
    impatient.close()


def test_what_stood_in_the_way_is_not_told(database: Database) -> None:
    at = {"created_at": NOW, "password_changed_at": NOW}
    values = {"username": "a secret name", "party": "ALICE", "password_hash": "a secret hash", "language": "en", **at}
    insertion = text(
        "insert into users (username, party, password_hash, language, created_at, password_changed_at)"
        " values (:username, :party, :password_hash, :language, :created_at, :password_changed_at)"
    )
    for changes in ({}, {"language": "a\nsecret"}):
        with database.writing() as session, pytest.raises(IntegrityError) as caught:
            session.execute(insertion, [values, {**values, **changes}])
        assert "violates" in str(caught.value)
        assert "secret" not in f"{caught.value} {caught.value.orig}"
    with database.reading() as session:
        assert session.scalars(select(User)).all() == []


def test_a_commit_wakes_the_worker_when_there_is_a_command(database: Database) -> None:
    bell = wake.bell(database)
    try:
        with database.writing() as session:
            session.execute(insert(Lease), lease("a"))
            session.commit()
        assert not bell.wait(0.1)
        with database.writing() as session:
            wake.promise(session.connection())
            assert not bell.wait(0.1), "not before the commit"
            session.commit()
        assert bell.wait(10)
        assert not bell.wait(0.1)
    finally:
        bell.close()


def test_whoever_waits_is_told_to_look_when_the_line_is_cut(database: Database) -> None:
    changes = wake.Changes(database)
    seen = changes.wait(changes.number, 5)
    databases.cut(database)
    assert changes.wait(seen, 10) > seen
    seen = changes.wait(changes.number, 1)
    with database.writing() as session:
        session.execute(insert(Lease), lease("a"))
        session.commit()
    assert changes.wait(seen, 10) > seen, "somebody looks again"


ODD = (
    "plain",
    "",
    "it's",
    'say "so"',
    "back\\slash",
    "línea\tñ\n\r\b\v\f\x01",
    "\\N",
    "\x7f\u200b\U0001f40d",
    "None",
    "(1, 'a')",
    "[1]",
)


def test_it_copies_rows_out_for_a_digest_as_python_spells_them(database: Database) -> None:
    mirror.load_handlers()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE orders (LIKE orders)")
        connection.exec_driver_sql("CREATE TEMPORARY TABLE parties (LIKE parties)")
        for n, odd in enumerate(ODD):
            named = {"organisation": odd, "roles": [odd], "institution": n % 2 == 0, "reason": odd, "status": "active"}
            connection.execute(insert(Party).values(party=f"{n}", **named, block=n, admitted_at=clock.now()))
            empty = {one.name: None if one.nullable else odd for one in Order.__table__.columns}
            numbers = dict.fromkeys(("ordinal", "block", "filled", "spent_minor", "fees_minor", "reserved"), -n)
            connection.execute(insert(Order).values({**empty, **numbers, "id": f"{n}", "at": clock.now()}))
        for table in map(Mirror.metadata.tables.__getitem__, ("orders", "parties")):
            assert b"".join(digests.copied(connection, table)) == b"".join(digests.spelled(connection, table)) != b""
