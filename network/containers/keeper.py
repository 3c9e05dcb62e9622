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
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from network.containers.engine import Composed
from network.errors import NetworkError
from network.supervisor import STOP_SIGNALS, Stopped, die_with_parent, raise_on_signals

_GONE_SECONDS = 60.0
_LOOK_SECONDS = 0.05


def main(file: str) -> int:
    composed = Composed(Path(file))
    raise_on_signals()
    with _claimed(composed.file):
        let_go = _guard(composed)
        parent, child = os.getpid(), None
        try:
            child = subprocess.Popen(
                composed.command("up", "--no-color", "--force-recreate"), preexec_fn=lambda: die_with_parent(parent)
            )
            return child.wait()
        except Stopped:
            return 0
        finally:
            if child:
                child.kill()
            let_go()


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


def _guard(composed: Composed) -> Callable[[], None]:
    """Begin to wait for our end; what is returned brings it about for the guard, and returns when all are down."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        return partial(_let_go, writing, pid)
    os.setsid()
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    os.close(writing)
    os.read(reading, 1)
    try:
        composed.down()
    except NetworkError as error:
        print(error, flush=True)
    finally:
        os._exit(0)


def _let_go(writing: int, guard: int) -> None:
    os.close(writing)
    os.waitpid(guard, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
