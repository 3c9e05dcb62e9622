"""A sandbox process of a test's own, and an installation whose worker the test runs by itself."""

import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from middleware import genesis, vault
from middleware.config import Config, load
from middleware.database import Database
from middleware.ledger import Ledger, connect
from middleware.worker import Worker
from scripts.progress import TOOLS
from tests import databases


def installed(folder: Path) -> Config:
    """The settings of an empty installation."""
    config = load({"LONJA_STATE": str(folder), "LONJA_LEDGER_DRIVER": "sandbox", **databases.settings()})
    vault.setup(config)
    return config


@contextmanager
def tables(config: Config) -> Iterator[Database]:
    """Its database, with every table."""
    database = databases.with_tables(config)
    yield database
    database.close()


@contextmanager
def sandbox(config: Config, database: Database) -> Iterator[Config]:
    """Run a sandbox with a genesis file of this database's keys; gives the settings that reach it."""
    config.genesis_file.unlink(missing_ok=True)
    genesis.write(database)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = TOOLS / "bin" / "sandbox"
    argv = [str(program), "-listen", f"127.0.0.1:{port}", "-genesis", str(config.genesis_file)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield replace(config, sandbox_url=url)
        finally:
            process.kill()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                return
        except OSError:
            assert time.monotonic() < deadline, "the sandbox does not start"
            time.sleep(0.02)


class Running:
    """A worker in a thread. What it ended with is kept."""

    def __init__(self, database: Database, ledger: Ledger | None = None) -> None:
        self.worker = Worker(database, ledger or connect(database.config))
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.worker.run()
        except BaseException as error:
            self.error = error

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def join(self, seconds: float = 20) -> None:
        self._thread.join(seconds)
        assert self.ended, "the worker does not end"

    def stop(self) -> None:
        self.worker.stop()
        self.join()
        if self.error:
            raise self.error
