"""Run the product until it is told to stop: `python -m scripts.run [sandbox]`. `make run` and `make sandbox` come here.

Ctrl-C, SIGTERM and a lost terminal stop everything this started, and nothing else.
"""

import contextlib
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from middleware.config import Config, load
from network import claim, room
from network.errors import NetworkError
from network.supervisor import NotStarted, Stopped, Supervisor, die_with_parent, raise_on_signals
from scripts import databases, start
from scripts.cast import CAST, PASSWORD
from scripts.ports import PortsTaken
from scripts.progress import ROOT, Failed, say

ANSWERS = (NetworkError, NotStarted, PortsTaken, Failed)


def main() -> int:
    is_sandbox = sys.argv[1:2] == ["sandbox"]
    if is_sandbox:
        os.environ["LONJA_STATE"] = os.environ.get("LONJA_STATE") or str(ROOT / ".state" / "sandbox")
        os.environ["LONJA_LEDGER_DRIVER"] = "sandbox"
    end_with_make()
    try:
        config = load()
        with claimed(config.state):
            if is_sandbox:
                databases.empty(config)
                _forget(config.state)
            return _run(config)
    except (*ANSWERS, ValueError) as error:
        say(f"\nNot started. {error}")
        return 1


def _run(config: Config) -> int:
    began = time.monotonic()
    is_sandbox = config.ledger_driver == "sandbox"

    def begin(supervisor: Supervisor) -> str:
        ledger = start.product(config, supervisor)
        return banner(config, ledger, time.monotonic() - began)

    supervised(begin)
    say("Stopped." if is_sandbox else "Stopped. `make run` goes on where this ended; `make clean` forgets it.")
    return 0


def supervised(begin: Callable[[Supervisor], str]) -> None:
    """Start what `begin` starts, say what it answers, and look after it until we are told to stop."""
    supervisor = Supervisor(lambda text: say(f"{time.strftime('%H:%M:%S')} {text}"), _terminal())
    raise_on_signals()
    try:
        say(begin(supervisor))
        supervisor.watch()
    except Stopped as stopped:
        say(f"\nStopping ({stopped}) …")
    finally:
        supervisor.stop()


def banner(config: Config, ledger: str, seconds: float) -> str:
    """What a person needs to begin."""
    logins = "\n".join(f"    {m.username:<10} {', '.join(m.roles):<10} {m.name}" for m in CAST)
    return f"""
Lonja is up after {seconds:.1f} s, on {ledger}.

  Console   http://127.0.0.1:{config.web_port}/
  API       http://127.0.0.1:{config.api_port}/v1/openapi.json   ready: http://127.0.0.1:{config.api_port}/readyz
  State     {config.state}   logs: {config.state / "logs"}

  Sign in with the password {PASSWORD} as
{logins}

Ctrl-C stops it."""


@contextlib.contextmanager
def claimed(state: Path) -> Iterator[None]:
    """One starter per state folder, on a disk that is not full. The claim ends with this process, however it ends."""
    room.refuse_full(state)
    state.mkdir(parents=True, exist_ok=True)
    with claim.held(state / "starter", lambda pid: Failed(f"Lonja already runs on {state} (process {pid}).")):
        yield


def _forget(state: Path) -> None:
    """The sandbox's ledger ended with it, so what was derived from it goes too."""
    for part in state.iterdir():
        if part.is_dir():
            shutil.rmtree(part)
        elif part.name != "starter":
            part.unlink()


def _terminal() -> Callable[[], None]:
    """A check that raises Stopped once the terminal we were started at is lost.

    The kernel tells only the leader of the session. That may be make, which then waits for us instead of ending.
    """
    lost = select.poll()
    for stream in (sys.__stdin__, sys.__stdout__):
        if stream is not None and stream.isatty():
            lost.register(stream, select.POLLHUP)

    def check() -> None:
        if lost.poll(0):
            raise Stopped("lost terminal")

    return check


def end_with_make() -> None:
    """Where make started us, its end is ours: kill -9 of make would otherwise leave us running unseen."""
    parent = os.getppid()
    with contextlib.suppress(OSError):
        if Path(f"/proc/{parent}/comm").read_text().strip() in ("make", "gmake"):
            die_with_parent(parent, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
