"""The database: what is committed stays, who writes is alone, who reads is not disturbed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from middleware import database as module
from middleware.database import Database
from middleware.models.lease import Lease
from middleware.models.position import Position


def lease(name: str, at: datetime) -> dict[str, object]:
    return {"name": name, "owner": "", "fencing": 1, "wanted_by": "", "renewed_at": at}


NOW = datetime(2026, 11, 22, 12, 0, 0, 5, tzinfo=UTC)


def test_one_writer_at_a_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    impatient = Database(database.config)
    with database.writing() as first:
        first.execute(insert(Lease), lease("a", NOW))
        with impatient.writing() as second, pytest.raises(OperationalError, match="lock"):
            second.scalar(select(Lease.name))
        first.commit()
    with impatient.writing() as second:
        assert second.scalar(select(Lease.name)) == "a"
    impatient.close()


def test_a_reader_keeps_its_picture_while_another_writes(database: Database) -> None:
    with database.reading() as reader:
        assert reader.scalar(select(Lease.name)) is None
        with database.writing() as writer:
            writer.execute(insert(Lease), lease("a", NOW))
            writer.commit()
        assert reader.scalar(select(Lease.name)) is None
    with database.reading() as reader:
        assert reader.scalar(select(Lease.name)) == "a"


def test_nothing_is_committed_by_itself(database: Database) -> None:
    with database.writing() as session:
        session.execute(insert(Lease), lease("a", NOW))
    with database.reading() as session:
        assert session.scalar(select(Lease.name)) is None


@pytest.mark.parametrize("microseconds", [0, 5, 999_999])
def test_an_instant_comes_back_as_it_was_and_sorts_as_text(database: Database, microseconds: int) -> None:
    at = NOW.replace(microsecond=microseconds)
    there = at.astimezone(timezone(timedelta(hours=-6)))
    with database.writing() as session:
        session.execute(insert(Lease), [lease("a", there), lease("b", at + timedelta(microseconds=1))])
        assert session.scalars(select(Lease.renewed_at).order_by(Lease.renewed_at)).first() == at
        raw = session.scalars(text("select renewed_at from leases order by name")).first()
        assert raw == f"2026-11-22T12:00:00.{microseconds:06d}Z"


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with database.writing() as session, pytest.raises(StatementError, match="no time zone"):
        session.execute(insert(Lease), lease("a", NOW.replace(tzinfo=None)))


def test_a_row_without_a_value_is_refused(database: Database) -> None:
    with database.writing() as session, pytest.raises(IntegrityError):
        session.execute(insert(Position), {"name": "mirror", "number": 1})
