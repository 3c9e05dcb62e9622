"""A full disk: a clear refusal, an alarm, nothing half-written; and all is well once there is room again."""

import errno
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs

from middleware import clock, room, storage
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.installation import Installation
from middleware.lane import Lane
from middleware.lease import Lease
from middleware.models.lease import Lease as LeaseRow
from middleware.models.position import Position
from middleware.services import ledgers
from middleware.sweep import Sweep
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
        session.execute(insert(LeaseRow).values(**row))
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
        session.execute(insert(LeaseRow).values(**lease("webhooks")))
        session.commit()
    with database.reading() as session:
        assert ledgers.freshness(session) == "No worker has run yet."
    with database.writing() as session:
        session.execute(insert(LeaseRow).values(**lease("worker/operator")))
        session.commit()
    with database.reading() as session:
        assert ledgers.freshness(session) == "ok"


def test_the_room_that_is_left_is_told(config: Config, database: Database, tmp_path: Path) -> None:
    told = {number.name: dict(number.values) for number in ledgers.numbers(database.reading)}
    assert told["disk_free_bytes"][""] > 0


def test_a_full_disk_makes_an_installation_not_ready_and_says_which(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledgers.checks(database.reading)["disk"] == "ok"
    full(monkeypatch, config.state)
    assert ledgers.checks(database.reading)["disk"] == f"There is no room on the disk of {config.state}."


def test_a_nodes_own_disk_that_is_full_raises_an_alarm_for_as_long_as_it_is(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = config.state / "network" / "nodes" / "peer0.operator.lonja"
    node.mkdir(parents=True)
    sweep = Sweep(database, Lease(database, "worker/operator"), Lane("operator"))
    with capture_logs() as said:
        sweep.disks()
        full(monkeypatch, node)
        sweep.disks()
    assert said == [{"event": "alarm: there is no room on the disk", "what": str(node), "log_level": "error"}]
    assert ledgers.checks(database.reading)["disk"] == "ok"


def full(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Whatever is measured of this folder: nothing is left."""
    monkeypatch.setattr(room, "left", lambda asked: 0 if asked == folder else 10**12)
