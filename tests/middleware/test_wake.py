"""Calls between processes: they come at once, and losing one loses nothing."""

import threading
import time
from pathlib import Path

import pytest

from middleware import wake
from middleware.config import Config
from middleware.database import Database
from middleware.ledger import wallet


def commit(config: Config, n: int) -> None:
    """As another process does: over connections of its own."""
    other = Database(config)
    with other.writing() as session:
        wallet.create(session, "ALICE", n, ["*"])
        session.commit()
    other.close()


def test_whoever_waits_is_told_when_somebody_else_commits(config: Config, database: Database) -> None:
    changes = wake.Changes(database)
    seen = changes.wait(0, 0.5)
    found: list[float] = []

    def look() -> None:
        number = seen
        for _ in range(3):
            number = changes.wait(number, 20)
            found.append(time.monotonic())

    waiting = threading.Thread(target=look)
    waiting.start()
    told: list[float] = []
    for n in (1, 2, 3):
        told.append(time.monotonic())
        commit(config, n)
        while len(found) < n and time.monotonic() - told[-1] < 5:
            time.sleep(0.001)
    waiting.join(20)
    assert len(found) == 3
    assert max(after - before for before, after in zip(told, found, strict=True)) < 1


def test_a_commit_between_looking_and_waiting_is_not_missed(config: Config, database: Database) -> None:
    changes = wake.Changes(database)
    seen = changes.number
    commit(config, 1)
    started = time.monotonic()
    assert changes.wait(seen, 10) > seen
    assert time.monotonic() - started < 5


def test_waiting_ends_when_nothing_happens(database: Database) -> None:
    changes = wake.Changes(database)
    seen = changes.wait(0, 0.2)
    seen = changes.wait(seen, 0.2)
    started = time.monotonic()
    assert changes.wait(seen, 0.1) == seen
    assert time.monotonic() - started < 2


def test_whoever_waits_in_a_loop_is_left_alone_while_nothing_happens(database: Database) -> None:
    changes = wake.Changes(database)
    seen = changes.wait(changes.number, 0.2)
    assert [changes.wait(seen, 0.1) for _ in range(5)] == [seen] * 5


def test_a_commit_while_nobody_looks_is_not_missed(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "STAY_SECONDS", 0.0)
    changes = wake.Changes(database)
    seen = changes.wait(changes.number, 0.1)
    time.sleep(0.2)
    commit(config, 1)
    assert changes.wait(seen, 10) > seen


def test_a_call_wakes_the_worker_once(tmp_path: Path) -> None:
    bell = wake.Bell(tmp_path / "worker.sock")
    for _ in range(50):
        wake.call(tmp_path / "worker.sock")
    assert bell.wait(1)
    assert not bell.wait(0.01)
    bell.close()


def test_a_path_too_long_for_an_address_still_works(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120) / "worker.sock"
    path.parent.mkdir()
    bell = wake.Bell(path)
    wake.call(path)
    assert bell.wait(1)
    bell.close()


def test_calling_nobody_is_harmless(tmp_path: Path) -> None:
    wake.call(tmp_path / "worker.sock")
    (tmp_path / "worker.sock").touch()
    wake.call(tmp_path / "worker.sock")
