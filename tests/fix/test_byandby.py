"""What the FIX process does once a second: what is due and nothing else, and one failure holds nothing else up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.database import Session
from middleware.errors import Error
from middleware.fix import byandby
from middleware.fix.byandby import _Task
from middleware.installation import Installation
from tests import databases
from tests.middleware.sandboxes import installed


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    config = installed(tmp_path)
    databases.with_tables(config).close()
    made = Installation(config)
    yield made
    made.close()


def test_nothing_is_written_while_nothing_is_due(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("nobody needs to write")

    monkeypatch.setattr(installation, "writing", refuse)
    byandby.work(installation)


def test_a_task_is_done_until_nothing_is_due_and_a_failure_holds_up_nobody(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [3]

    def fail(_session: Session) -> int:
        raise Error("unavailable", "the database is away", reason="database")

    def count_down(_session: Session) -> int:
        left[0] -= 1
        return 1

    tasks = (_Task("fail", lambda _: True, fail), _Task("count", lambda _: left[0] > 0, count_down))
    monkeypatch.setattr(byandby, "TASKS", tasks)
    byandby.work(installation)
    assert left == [0]
