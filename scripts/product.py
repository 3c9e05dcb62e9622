"""A running product for a purpose: the one that answers already, or one that is started and stopped again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from middleware.config import Config, load
from network.supervisor import die_with_parent
from scripts.progress import ROOT, say

START_SECONDS = 240.0
STOP_SECONDS = 40.0
LAST_LINES = 25


class NotStarted(Exception):
    """The product did not come up; the message has what it said last."""


class Product:
    """`scripts.run` as a child process. It stops with us, however we end."""

    module, up = "scripts.run", "Lonja is up"

    def __init__(self, environment: Mapping[str, str], *, sandbox: bool = False) -> None:
        """`environment` is laid over ours: state folder, port shift, Fabric's programs."""
        self.environment = {**os.environ, **environment}
        self.config: Config = load(self.environment)
        self.log: Path = self.config.state.with_name(self.config.state.name + ".log")
        self._arguments = ("sandbox",) if sandbox else ()
        self._started_in: Mapping[str, str] = self.environment
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.config.api_url

    @property
    def pid(self) -> int:
        """The starter's process id; the programs are its children."""
        assert self._child is not None, "the product is not running"  # noqa: S101 - a mistake of the caller
        return self._child.pid

    def start(self) -> "Product":
        """Start and wait until it serves, seeded. What its state folder holds is resumed."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        parent = os.getpid()
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", self.module, *self._arguments],
                cwd=ROOT,
                env=self._started_in,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),
            )
        deadline = time.monotonic() + START_SECONDS
        while self.up not in self.said():
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NotStarted(f"the product did not start; the end of {self.log}:\n{self._last_words()}")
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        """As Ctrl-C does; returns when everything has ended."""
        child, self._child = self._child, None
        if child is None:
            return
        child.send_signal(signal.SIGINT)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def lonja(self, *command: str, said: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command of `lonja` on this product; `said` is what it reads."""
        argv = [sys.executable, "-m", "middleware.cli", *command]
        return subprocess.run(
            argv, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, input=said
        )

    def said(self) -> str:
        """What the starter has printed so far."""
        return self.log.read_text(errors="replace")

    def _last_words(self) -> str:
        return "\n".join("    " + line for line in self.said().splitlines()[-LAST_LINES:])


def answers(url: str) -> bool:
    """Whether an API that is ready listens there."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextlib.contextmanager
def running(url: str) -> Iterator[None]:
    """The product that answers at `url`, or one that is started for as long as the block lasts."""
    if answers(url):
        yield
        return
    say(f"Nobody answers at {url}: starting the product …")
    product = Product({})
    if product.url != url:
        raise NotStarted(f"LONJA_API_URL is {url}, where nobody answers; a product started here would be {product.url}")
    product.start()
    try:
        yield
    finally:
        product.stop()
        say("The product that was started for this is stopped.")
