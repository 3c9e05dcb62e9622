"""Exchanges that tests start and stop: our simulator as its own process, and one on an engine that is not ours."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from scripts.exchange import control
from scripts.progress import ROOT
from tests.fix import quickfixj


@contextmanager
def simulator(port: int, state: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Our small exchange, as its own process."""
    environment = {**os.environ, "LONJA_STATE": str(state), "LONJA_EXCHANGE_PORT": str(port), "LONJA_PORT_SHIFT": "0"}
    process = subprocess.Popen([sys.executable, "-m", "scripts.exchange", *options], cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 20
        while not control.answers(state / "exchange" / "control.sock"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def quickfix_j(port: int, folder: Path) -> AbstractContextManager[object]:
    return quickfixj.running(port, folder=folder)
