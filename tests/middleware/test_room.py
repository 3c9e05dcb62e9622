"""A full disk: a clear refusal, an alarm, nothing half-written; and all is well once there is room again."""

import errno
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from middleware import clock, room, storage
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.installation import Installation
from middleware.models.lease import Lease
from middleware.models.position import Position
from middleware.services import ledgers
from tests import databases


def test_a_document_that_finds_no_room_leaves_nothing_behind(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(Error, match="no room on the disk; nothing was changed") as refused:
        storage.put(config, b"a prospectus")
    monkeypatch.undo()
    assert (refused.value.code, refused.value.reason) == ("unavailable", "disk")
    assert [path for path in config.documents.rglob("*") if path.is_file()] == []
    assert storage.get(config, storage.put(config, b"a prospectus")) == b"a prospectus"


@pytest.mark.skipif(databases.is_postgres(), reason="SQLite's own way of being full")
def test_a_database_that_finds_no_room_says_so_and_goes_on_when_there_is_some(
    config: Config, database: Database
) -> None:
    installation = Installation(config)
    with installation.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar()
    with pytest.raises(Error, match="no room on the disk; nothing was changed") as refused:
        keep(installation, lease("x" * 1_000_000), f"pragma max_page_count={pages}")
    assert refused.value.reason == "disk"
    installation.close()
    keep(installation, lease("worker/operator"), "select 1")
    installation.close()


def keep(installation: Installation, row: dict[str, object], first: str) -> None:
    with installation.writing() as session:
        session.connection().exec_driver_sql(first)
        session.execute(insert(Lease).values(**row))
        session.commit()


def lease(name: str) -> dict[str, object]:
    return {"name": name, "owner": "o", "fencing": 1, "wanted_by": "", "renewed_at": clock.now()}


def test_every_way_of_saying_it_is_known() -> None:
    assert room.is_missing(OSError(errno.ENOSPC, "No space left on device"))
    assert room.is_missing(SimpleNamespace(sqlstate="53100"))  # type: ignore[arg-type]
    assert not room.is_missing(OSError(errno.EACCES, "Permission denied"))
    assert not room.is_missing(sqlite3.OperationalError("database is locked"))
    assert not room.is_missing(None)


def test_a_sender_of_webhooks_is_no_sign_of_a_worker(config: Config, database: Database) -> None:
    with database.writing() as session:
        session.execute(insert(Position).values(name="mirror", number=1, hash="00", at=None))
        session.execute(insert(Lease).values(**lease("webhooks")))
        session.commit()
    with database.reading() as session:
        assert ledgers.freshness(session) == "No worker has run yet."
    with database.writing() as session:
        session.execute(insert(Lease).values(**lease("worker/operator")))
        session.commit()
    with database.reading() as session:
        assert ledgers.freshness(session) == "ok"


def test_the_room_that_is_left_is_told(config: Config, database: Database, tmp_path: Path) -> None:
    told = {number.name: dict(number.values) for number in ledgers.numbers(database.reading)}
    assert told["disk_free_bytes"][""] > 0
