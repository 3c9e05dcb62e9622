"""Start programs, keep them running, stop them: every one of them and nothing else.

Each program leads a session of its own, so that a Ctrl-C in the terminal reaches only the starter, which then stops the
programs in good order. Should the starter itself be killed, the kernel kills them (PR_SET_PDEATHSIG): nothing is left.
All methods are for one thread, one that lives as long as the starter: that signal follows the thread, not the process.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType

from network import room
from network.process import Process

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.1
GRACE_SECONDS = 10.0
BACK_OFF_SECONDS = (0.2, 1.0, 2.0, 4.0, 8.0, 15.0)
STEADY_SECONDS = 60.0  # what ran this long starts its back-off anew
ENDS_BEFORE_READY = 3
LOG_LIMIT_BYTES = 20_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_libc = ctypes.CDLL(None, use_errno=True)


class NotStarted(Exception):
    """A program did not come up; the message has its name, its last words and where its log is."""


class Stopped(BaseException):
    """Somebody asked the starter to stop: Ctrl-C, SIGTERM or a lost terminal."""


@dataclass
class Running:
    """A program under watch. `child` is None between its end and its next start.

    `needed` False: others can do without it, so `wait_ready` does.
    """

    process: Process
    needed: bool = True
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    ends: int = 0
    served: bool = False
    code: int | None = field(default=None)


def raise_on_signals() -> None:
    """From now on a stop signal raises Stopped in the main thread; a second one while stopping is ignored.

    A hang-up that we were started to ignore (nohup) stays ignored.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    for each in STOP_SIGNALS:
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, stop)


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Hold stop signals back, so that none arrives between a program's start and its being on the list."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process `number` when the thread that started it ends; end now if it already has."""
    _libc.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


class Supervisor:
    """Runs programs in stages; a later stage may lean on the earlier ones, so it is stopped first."""

    def __init__(self, say: Callable[[str], None], first: Callable[[], None] = lambda: None) -> None:
        """`say` is told who ended and who is started again; `first` is called at every look and may raise Stopped."""
        self._say = say
        self._first = first
        self._stages: list[list[Running]] = []
        self._hooks: list[Callable[[], None]] = []

    def start(self, *processes: Process) -> int:
        """Start a stage. Returns its number at once; see `wait_ready`."""
        stage = [Running(process) for process in processes]
        self._stages.append(stage)
        for running in stage:
            self._start(running)
        return len(self._stages) - 1

    def adjust(self, stage: int, wanted: Sequence[Process]) -> None:
        """Have a stage run these and no others, while it runs: stop what is not wanted, then start what is new."""
        had = self._stages[stage]
        self._stages[stage] = [running for running in had if any(_is_same(running.process, each) for each in wanted)]
        kept = [running.process for running in self._stages[stage]]
        self._stop([running for running in had if running.process not in kept], GRACE_SECONDS)
        for process in wanted:
            if not any(_is_same(process, each) for each in kept):
                self._stages[stage].append(Running(process, needed=False))
                self._start_again(self._stages[stage][-1])

    def at_each_look(self, hook: Callable[[], None]) -> None:
        """Have this called whenever the programs are looked after."""
        self._hooks.append(hook)

    def wait_ready(self, timeout_seconds: float = 60.0) -> None:
        """Return once every program has served at least once, or raise NotStarted for the first that cannot."""
        deadline = time.monotonic() + timeout_seconds
        while waiting := [running for running in self._all() if running.needed and not self._serves(running)]:
            self.look()
            for running in waiting:
                hopeless = running.ends >= ENDS_BEFORE_READY or (running.ends and not running.process.restart)
                if hopeless or time.monotonic() > deadline:
                    raise NotStarted(self._complaint(running, timeout_seconds))
            time.sleep(LOOK_SECONDS / 2)

    def look(self) -> None:
        """See who ended, say so, and start again what is due."""
        self._first()
        for hook in self._hooks:
            hook()
        for running in self._all():
            if running.child is not None and self._reap(running):
                self._ended(running)
            elif running.child is None and running.process.restart and time.monotonic() >= running.due_at:
                self._start_again(running)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the programs until `until` says so, or for ever (a signal ends it, see `raise_on_signals`)."""
        while not until():
            self.look()
            time.sleep(LOOK_SECONDS)

    def pid(self, name: str) -> int | None:
        """The process id of the program now, None while it is down."""
        found = next((running.child for running in self._all() if running.process.name == name), None)
        return found.pid if found else None

    def ends(self, name: str) -> int:
        """How often the program has ended since it last ran steadily."""
        return next(running.ends for running in self._all() if running.process.name == name)

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Stop everything, last stage first: SIGTERM, and SIGKILL for what has not ended within the grace."""
        while self._stages:
            self._stop(self._stages.pop(), grace_seconds)

    def _stop(self, stage: list[Running], grace_seconds: float) -> None:
        for running in stage:
            if running.child is not None:
                with contextlib.suppress(ProcessLookupError):
                    running.child.terminate()
        deadline = time.monotonic() + grace_seconds
        while any(running.child and not self._reap(running) for running in stage):
            if time.monotonic() > deadline:
                self._kill(stage)
            time.sleep(LOOK_SECONDS / 5)

    def _all(self) -> list[Running]:
        return [running for stage in self._stages for running in stage]

    def _start(self, running: Running) -> None:
        process, parent = running.process, os.getpid()

        def in_child() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            die_with_parent(parent)

        running.started_at = time.monotonic()
        try:
            process.log.parent.mkdir(parents=True, exist_ok=True)
            if process.log.exists() and process.log.stat().st_size > LOG_LIMIT_BYTES:
                process.log.rename(process.log.with_suffix(".log.1"))
            with signals_held(), process.log.open("ab") as log:
                running.child = subprocess.Popen(
                    process.argv,
                    env=dict(process.env),
                    cwd=process.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=in_child,
                )
        except OSError as error:
            raise NotStarted(f"{process.name} cannot be started: {process.argv[0]}: {error.strerror}") from error

    def _start_again(self, running: Running) -> None:
        try:
            self._start(running)
        except NotStarted as error:  # the program may be being rebuilt just now
            self._say(str(error))
            self._ended(running)
        else:
            again = "started again" if running.ends else "started"
            self._say(f"{running.process.name} is {again} (process {self.pid(running.process.name)})")

    def _reap(self, running: Running) -> bool:
        """Whether the program has ended. What it left in its session is killed while its number is still taken."""
        child = running.child
        if child is None:
            return True
        if child.returncode is None and os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        running.code, running.child = child.wait(), None
        return True

    def _ended(self, running: Running) -> None:
        steady = time.monotonic() - running.started_at > STEADY_SECONDS
        running.ends = 1 if steady else running.ends + 1
        delay = BACK_OFF_SECONDS[min(running.ends, len(BACK_OFF_SECONDS)) - 1]
        running.due_at = time.monotonic() + delay
        then = f"starting it again in {delay:g} s" if running.process.restart else "it stays down"
        self._say(f"{running.process.name} ended ({ending(running.code)}{_no_room(running.process)}); {then}")

    def _serves(self, running: Running) -> bool:
        if not running.served and running.child is not None:
            running.served = running.process.ready is None or running.process.ready()
        return running.served

    def _kill(self, stage: list[Running]) -> None:
        for running in stage:
            if running.child is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(running.child.pid, signal.SIGKILL)

    def _complaint(self, running: Running, timeout_seconds: float) -> str:
        process = running.process
        why = f"ended ({ending(running.code)})" if running.ends else f"does not serve after {timeout_seconds:g} s"
        return f"{process.name} {why}{_no_room(process)}. Its last words ({process.log}):\n{last_words(process)}"


def _is_same(one: Process, other: Process) -> bool:
    return (one.name, one.argv, dict(one.env)) == (other.name, other.argv, dict(other.env))


def ending(code: int | None) -> str:
    """A return code in words."""
    if code is None or code >= 0:
        return f"exit code {code}"
    return f"killed by {signal.Signals(-code).name}"


def _no_room(process: Process) -> str:
    """What a program often has no room to say itself."""
    folder = room.full(process.cwd, process.log.parent)
    return f": there is no room on the disk of {folder}" if folder else ""


def last_words(process: Process, lines: int = 12) -> str:
    """The end of the program's log."""
    try:
        text = process.log.read_bytes()[-8000:].decode(errors="replace")
    except FileNotFoundError:
        text = ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])
