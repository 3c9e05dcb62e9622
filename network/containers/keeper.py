"""`python -m network.containers.keeper FILE`: containers are up for as long as this process is, however it ends.

An engine keeps containers when whoever started them is gone. So a guard, in a session of its own, waits for the end of
this process and takes them down then: after Ctrl-C as after kill -9.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from network.containers.engine import Composed
from network.errors import NetworkError
from network.supervisor import STOP_SIGNALS, Stopped, die_with_parent, raise_on_signals

_GONE_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_LATE_SECONDS = 0.5  # how far apart it is looked for what comes late, and how often in vain before it is believed
_LATE_LOOKS = 4


def main(file: str) -> int:
    composed = Composed(Path(file))
    raise_on_signals()
    with _claimed(composed.file):
        tell, guard = _guard(composed)
        begin = partial(_begin, os.getpid(), tell)
        try:
            up = composed.command("up", "--no-color", "--force-recreate")
            return subprocess.Popen(up, preexec_fn=begin, process_group=0).wait()
        except Stopped:
            return 0
        finally:
            os.close(tell)
            os.waitpid(guard, 0)


def sweep(file: Path) -> None:
    """Leave nothing of an earlier start: wait for a guard at its work, and take down what had none."""
    if not file.exists():
        return
    deadline = time.monotonic() + _GONE_SECONDS
    while True:
        with contextlib.suppress(BlockingIOError), _claimed(file, fcntl.LOCK_NB):
            Composed(file).down()
            return
        if time.monotonic() > deadline:
            raise NetworkError(f"the containers of {file} are not gone after {_GONE_SECONDS:g} s; see: docker ps")
        time.sleep(_LOOK_SECONDS)


@contextlib.contextmanager
def _claimed(file: Path, how: int = 0) -> Iterator[None]:
    """Held by a keeper and by its guard."""
    with file.with_suffix(".claim").open("a") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX | how)
        yield


def _begin(parent: int, tell: int) -> None:
    """In the child, before it becomes compose: the guard is told which process group to end."""
    die_with_parent(parent)
    os.write(tell, str(os.getpid()).encode())


def _guard(composed: Composed) -> tuple[int, int]:
    """Begin to wait for our end. Answers what is closed to bring it about for the guard, and the guard's process id."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        return writing, pid
    os.setsid()
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    os.close(writing)
    try:
        with open(reading) as told:
            _end(told.read())
        _leave_nothing(composed)
    except NetworkError as error:
        print(error, flush=True)
    finally:
        os._exit(0)


def _end(group: str) -> None:
    """End compose: `docker compose` is two processes, and the one that creates containers may outlive the other."""
    with contextlib.suppress(ProcessLookupError):
        if group:
            os.killpg(int(group), signal.SIGKILL)


def _leave_nothing(composed: Composed) -> None:
    """Take all down; also what the engine was still asked for when compose was ended, and makes only after that."""
    deadline, looks = time.monotonic() + _GONE_SECONDS, 0
    while looks < _LATE_LOOKS and time.monotonic() < deadline:
        if looks == 0:
            _take_down(composed)
        time.sleep(_LATE_SECONDS)
        looks = 0 if composed.is_left() else looks + 1


def _take_down(composed: Composed) -> None:
    try:
        composed.down()
    except NetworkError as error:  # something else came just then; it is seen at the next look
        print(error, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
