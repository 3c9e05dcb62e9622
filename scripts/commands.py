"""Run one of our own commands beside the starting programs, passing on what it says."""

import os
import subprocess
import sys
import time
from typing import BinaryIO

from middleware.config import Config
from network.supervisor import LOOK_SECONDS, Supervisor, die_with_parent
from scripts import services
from scripts.progress import ROOT, Failed, say


class Command:
    """A command that has begun. `finish` waits for its end; both belong to the thread of the supervisor."""

    def __init__(self, name: str, config: Config, module: str, *arguments: str) -> None:
        """Begin `python -m module arguments…`; `name` is what people call it."""
        self._name, parent = name, os.getpid()
        self._log = config.state / "logs" / f"{name.replace(' ', '-')}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            self._child = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=services.environment(config),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: die_with_parent(parent),
            )

    def finish(self, supervisor: Supervisor) -> None:
        """Pass on its words until it ends, looking after the programs meanwhile. Raises Failed when it failed."""
        if self._child.returncode == 0:
            return
        try:
            with self._log.open("rb") as told:
                while self._child.poll() is None:
                    supervisor.look()
                    time.sleep(LOOK_SECONDS / 2)
                    _pass_on(told)
                _pass_on(told)
        finally:
            self._child.kill()
            self._child.wait()
        if self._child.returncode:
            raise Failed(f"{self._name} failed ({self._child.returncode}); its words are above and in {self._log}")


def _pass_on(told: BinaryIO) -> None:
    """Say the lines that are complete by now."""
    while (line := told.readline()).endswith(b"\n"):
        say(f"      {line.decode(errors='replace').rstrip()}")
    told.seek(-len(line), os.SEEK_CUR)
