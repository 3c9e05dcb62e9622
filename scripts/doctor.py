"""What is wrong on this machine, and the next command to type: `make doctor`.

First what can be said with the system's Python alone; then, where the environment is there, `lonja doctor` on the
installation: network, certificates, clock, keys, database, worker.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts import bootstrap, environment, programs, toolchain
from scripts.progress import ROOT, Failed, say

DISK_NEEDED_MB = 2_000
MEMORY_NEEDED_MB = 1_000


def findings() -> Iterator[tuple[str, str]]:
    """Each thing wrong with the machine or the set-up, and what to do about it."""
    try:
        environment.check_python()
        due = [step for step in bootstrap.steps("product") if step.due()]
    except Failed as error:
        what, _, following = str(error).partition("\n")
        yield what, following
        return
    if any(step.name == "fabric" for step in due):
        yield from _compiler()
    for step in due:
        yield f"not set up, or no longer up to date: {step.title}", "make setup"
    yield from _room()


def _compiler() -> Iterator[tuple[str, str]]:
    try:
        toolchain.check_compiler()
    except Failed as error:
        yield str(error), "apt-get install gcc libc6-dev"


def _room() -> Iterator[tuple[str, str]]:
    free = shutil.disk_usage(ROOT).free // 1_000_000
    if free < DISK_NEEDED_MB:
        yield f"only {free} MB of disk are free below {ROOT}; peers and orderers stop when it is full", "df -h ."
    memory = _available_mb()
    if memory is not None and memory < MEMORY_NEEDED_MB:
        yield f"only {memory} MB of memory are available", "free -m"


def _available_mb() -> int | None:
    try:
        with open("/proc/meminfo") as file:
            return next(int(line.split()[1]) // 1000 for line in file if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None


def main() -> int:
    found = list(findings())
    for what, following in found:
        say(what + (f"\n    {following}" if following else ""))
    if not found:
        say(f"machine and set-up: nothing wrong; make run would use Fabric {_fabric()}")
    state = Path(os.environ.get("LONJA_STATE") or ROOT / ".state" / "run")
    if not environment.PYTHON.exists() or not (state / "genesis.json").exists():
        say(f"nothing has been started on {state} yet\n    make run")
        return 1 if found else 0
    installed = subprocess.run([str(environment.PYTHON), "-m", "middleware.cli", "doctor"], cwd=ROOT, check=False)
    return 1 if found or installed.returncode else 0


def _fabric() -> str:
    fabric = programs.fabric()
    return f"{fabric.version}, {fabric.found}"


if __name__ == "__main__":
    sys.exit(main())
