"""Run a command that takes a while and say what it does, how far it is and how long it has taken.

Standard library only: it runs before there is an environment.
"""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from network.supervisor import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
LOGS = TOOLS / "logs"
LINE_EVERY_SECONDS = 10.0
LAST_LINES = 15


class Failed(Exception):
    """A step could not be done. The message is for the person at the terminal: what, why, what to do."""


def say(text: str) -> None:
    """One line, at once. A lost terminal or a full disk is no reason to fail: what runs must still be looked after."""
    try:
        print(text, flush=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 for the rest of our life


class Reporter:
    """Rewrites one line on a terminal; elsewhere prints a line now and then."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._next_line = LINE_EVERY_SECONDS

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    def show(self, far: str) -> None:
        text = f"      {self._title}: {far + ', ' if far else ''}{self.elapsed:.0f} s"
        if self._terminal:
            print(f"\r{text}\x1b[K", end="", flush=True)
        elif self.elapsed >= self._next_line:
            self._next_line += LINE_EVERY_SECONDS
            say(text)

    def done(self, far: str) -> None:
        text = f"      {self._title}: {far + ', ' if far else ''}done in {self.elapsed:.1f} s"
        say(f"\r{text}\x1b[K" if self._terminal else text)


def run(
    title: str,
    argv: Sequence[str],
    *,
    far: Callable[[str], str] = lambda _output: "",
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    look_seconds: float = 0.5,
) -> str:
    """Run a command and return what it printed; `far` turns what it printed so far into words like "3 of 9 files".

    The output goes to a log as well. A failure raises Failed with the log's last lines.
    """
    log = LOGS / (title.split(":")[0].lower().replace(" ", "-") + ".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    reporter, parent = Reporter(title), os.getpid()
    with log.open("wb") as output:
        try:
            child = subprocess.Popen(
                argv,
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: die_with_parent(parent),
            )
        except OSError as error:
            raise Failed(f"{title}: {argv[0]} cannot be started: {error.strerror}") from error
        try:
            while child.poll() is None:
                reporter.show(far(log.read_text(errors="replace")))
                _wait(child, look_seconds)
        except BaseException:
            child.kill()
            child.wait()
            raise
    text = log.read_text(errors="replace")
    if child.returncode:
        last = "\n".join("    " + line for line in text.splitlines()[-LAST_LINES:])
        raise Failed(f"{title} failed ({' '.join(argv[:3])} …, exit code {child.returncode}); all of it: {log}\n{last}")
    reporter.done(far(text))
    return text


def _wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return
