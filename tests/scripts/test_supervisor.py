"""The supervisor starts, restarts and stops programs: all of its own, and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from network import room
from network.process import Process
from network.supervisor import NotStarted, Supervisor

SLEEP = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "pathlib.Path('deaf').touch(); time.sleep(60)"
)
WITH_GRANDCHILD = (
    "import subprocess, sys, time, pathlib;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "pathlib.Path('part').write_text(str(child.pid)); pathlib.Path('part').rename('grandchild'); time.sleep(60)"
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(said.append)
    yield supervisor
    supervisor.stop(grace_seconds=0.2)


def program(folder: Path, code: str, name: str = "program", **more: object) -> Process:
    return Process(name, (sys.executable, "-c", code), {}, folder, folder / f"{name}.log", **more)  # type: ignore[arg-type]


def soon(true: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_program_that_is_killed_is_started_again_and_this_is_said(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path, SLEEP, "worker"))
    first = supervisor.pid("worker")
    assert first
    os.kill(first, signal.SIGKILL)
    supervisor.watch(until=lambda: supervisor.pid("worker") not in (None, first))
    assert said[0] == "worker ended (killed by SIGKILL); starting it again in 0.2 s"
    assert said[1].startswith("worker is started again")


def test_a_program_that_ends_again_and_again_is_started_ever_more_slowly(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path, "raise SystemExit(3)"))
    supervisor.watch(until=lambda: supervisor.ends("program") == 3)
    assert [line for line in said if "exit code 3" in line] == [
        "program ended (exit code 3); starting it again in 0.2 s",
        "program ended (exit code 3); starting it again in 1 s",
        "program ended (exit code 3); starting it again in 2 s",
    ]


def test_a_program_that_ends_on_a_full_disk_is_said_to(
    supervisor: Supervisor, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own last words may have found no room."""
    monkeypatch.setattr(room, "left_mb", lambda _folder: 0)
    supervisor.start(program(tmp_path, "raise SystemExit(2)", ready=lambda: False, restart=False))
    with pytest.raises(NotStarted, match=f"there is no room on the disk of {tmp_path}"):
        supervisor.wait_ready(10)
    assert said == [f"program ended (exit code 2: there is no room on the disk of {tmp_path}); it stays down"]


def test_a_program_that_may_not_restart_stays_down(supervisor: Supervisor, said: list[str], tmp_path: Path) -> None:
    supervisor.start(program(tmp_path, "pass", restart=False))
    supervisor.watch(until=lambda: bool(said))
    supervisor.look()
    assert said == ["program ended (exit code 0); it stays down"]
    assert supervisor.pid("program") is None


def test_waiting_ends_when_every_program_serves(supervisor: Supervisor, tmp_path: Path) -> None:
    open_door = tmp_path / "open"
    code = f"import pathlib, time; pathlib.Path({str(open_door)!r}).touch(); time.sleep(60)"
    supervisor.start(program(tmp_path, code, ready=open_door.exists), program(tmp_path, SLEEP, "other"))
    supervisor.wait_ready(10)
    assert open_door.exists()


def test_a_program_that_does_not_come_up_is_named_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(program(tmp_path, "print('no such key'); raise SystemExit(1)", "orderer", ready=lambda: False))
    with pytest.raises(NotStarted, match=r"(?s)orderer ended \(exit code 1\).*no such key"):
        supervisor.wait_ready(20)


def test_a_program_that_never_serves_is_named_after_the_time_given(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(program(tmp_path, SLEEP, "peer", ready=lambda: False))
    with pytest.raises(NotStarted, match="peer does not serve after 0.3 s"):
        supervisor.wait_ready(0.3)


def test_a_missing_program_is_named(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="peer cannot be started: /nowhere/peer"):
        supervisor.start(Process("peer", ("/nowhere/peer",), {}, tmp_path, tmp_path / "log"))


def test_stopping_ends_deaf_programs_and_grandchildren_and_no_other(supervisor: Supervisor, tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        supervisor.start(program(tmp_path, STUBBORN, "deaf"), program(tmp_path, WITH_GRANDCHILD, "parent"))
        assert soon((tmp_path / "deaf").exists)
        assert soon((tmp_path / "grandchild").exists)
        pids = [supervisor.pid("deaf"), supervisor.pid("parent"), int((tmp_path / "grandchild").read_text())]
        supervisor.stop(grace_seconds=0.2)
        assert all(pid and soon(lambda pid=pid: not alive(pid)) for pid in pids)  # type: ignore[misc]
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_the_last_stage_is_stopped_first(supervisor: Supervisor, tmp_path: Path) -> None:
    code = "import signal, sys, time; signal.signal(15, lambda *_: (print({0!r}, flush=True), sys.exit()));"
    code += "import pathlib; pathlib.Path({0!r}).touch(); time.sleep(60)"
    log = tmp_path / "log"
    for name in ("peer", "worker"):
        supervisor.start(Process(name, (sys.executable, "-c", code.format(name)), {}, tmp_path, log))
        assert soon((tmp_path / name).exists)
    supervisor.stop()
    assert log.read_text().split() == ["worker", "peer"]


STARTER = """
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
from pathlib import Path
from network.process import Process
from network.supervisor import Supervisor, Stopped, raise_on_signals
folder = Path(sys.argv[1])
raise_on_signals()
supervisor = Supervisor(print)
try:
    argv = (sys.executable, "-c", "import time; time.sleep(60)")
    supervisor.start(Process("child", argv, {}, folder, folder / "log"))
    (folder / "part").write_text(str(supervisor.pid("child")))
    (folder / "part").rename(folder / "pid")
    supervisor.watch()
except Stopped as stopped:
    print("stopped by", stopped, flush=True)
finally:
    supervisor.stop()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_nothing_is_left_when_the_starter_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert soon((tmp_path / "pid").exists)
    child = int((tmp_path / "pid").read_text())
    assert alive(child)
    starter.send_signal(number)
    output, _ = starter.communicate(timeout=20)
    assert soon(lambda: not alive(child))
    if number != signal.SIGKILL:
        assert output.decode().split() == ["stopped", "by", number.name]
        assert starter.returncode == 0


def test_a_stage_is_adjusted_while_it_runs_and_the_others_stay(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path, SLEEP, "peer"))
    old, new = program(tmp_path, SLEEP, "old"), program(tmp_path, SLEEP, "new")
    stage = supervisor.start(old)
    peer, first = supervisor.pid("peer"), supervisor.pid("old")
    supervisor.adjust(stage, [program(tmp_path, SLEEP, "old"), new])
    assert supervisor.pid("old") == first, "described anew, it is the same"
    second = supervisor.pid("new")
    assert second
    supervisor.adjust(stage, [new])
    assert (supervisor.pid("old"), supervisor.pid("new"), supervisor.pid("peer")) == (None, second, peer)
    assert first
    assert not alive(first)
    assert said == [f"new is started (process {second})"]


def test_what_was_added_is_not_waited_for(supervisor: Supervisor, tmp_path: Path) -> None:
    stage = supervisor.start(program(tmp_path, SLEEP, "old"))
    never = program(tmp_path, SLEEP, "new", ready=lambda: False)
    supervisor.adjust(stage, [program(tmp_path, SLEEP, "old"), never])
    supervisor.wait_ready(5)


def test_whoever_asked_for_it_is_called_at_each_look(supervisor: Supervisor) -> None:
    looks: list[int] = []
    supervisor.at_each_look(lambda: looks.append(1))
    supervisor.look()
    supervisor.look()
    assert looks == [1, 1]
