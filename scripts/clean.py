"""Forget what the product, the tests and the bench have written: network, ledger, database, keys. Not the environment.

Standard library only. What is running is left alone and named.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from network.containers.engine import FILES, Composed
from network.errors import NetworkError
from scripts.progress import ROOT, say

STATES = ROOT / ".state"
CONTAINED = "compose"  # of compose.yaml, whose containers hold no claim on it and write as another user


def clean() -> int:
    """Remove every folder below .state that nobody uses. Returns the exit code."""
    contained = STATES / CONTAINED
    if contained.exists():
        say(f"{contained.relative_to(ROOT)} is kept: docker compose down, docker compose run --rm prepare clean")
    used = {_top(claim): claim for claim in STATES.rglob("starter") if is_used(claim)}
    for path in list(STATES.iterdir()) if STATES.is_dir() else []:
        if path not in used and path != contained:
            say(f"forgetting {path.relative_to(ROOT)}")
            _empty_databases(path)
            _remove_containers(path)
            _forget(path)
    for folder, claim in used.items():
        pid = claim.read_text().strip()
        say(f"{folder.relative_to(ROOT)} is in use by process {pid}: stop it first (Ctrl-C there, or kill {pid})")
    return 1 if used else 0


def _forget(path: Path) -> None:
    """Remove it. A folder that is a disk of its own stays, empty."""
    if not path.is_dir():
        path.unlink()
        return
    try:
        shutil.rmtree(path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        for each in sorted(path.rglob("*"), reverse=True):
            with contextlib.suppress(OSError):
                each.rmdir() if each.is_dir() and not each.is_symlink() else each.unlink()
        say(f"what of {path.relative_to(ROOT)} is a disk of its own is emptied, and kept")


def _empty_databases(folder: Path) -> None:
    """What a database outside the folder holds is worth nothing without its ledger: emptied if the settings name it."""
    for claim in folder.rglob("starter"):
        mark = claim.with_name("database")
        if not mark.exists():
            continue
        name, state = mark.read_text(), {**os.environ, "LONJA_STATE": str(mark.parent)}
        argv = [str(ROOT / ".venv" / "bin" / "python"), "-m", "middleware.cli", "forget", name]
        try:
            told = subprocess.run(argv, cwd=ROOT, env=state, capture_output=True, text=True, check=False, timeout=60)
            said, failed = told.stdout + told.stderr, bool(told.returncode)
        except (OSError, subprocess.TimeoutExpired) as error:
            said, failed = str(error), True
        if failed:
            said += f"\n{name} keeps its tables. To drop them: LONJA_DATABASE_URL=… .venv/bin/lonja forget {name}"
        say(said.strip())


def _remove_containers(folder: Path) -> None:
    """What an engine still keeps of a network whose starter did not end as it should have."""
    for file in (found for name in FILES for found in folder.rglob(name)):
        try:
            Composed(file).down()
        except NetworkError as error:
            say(f"the containers of {file.parent} could not be removed: {error}")


def is_used(claim: Path) -> bool:
    """Whether a starter holds its claim on a state folder."""
    try:
        with claim.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _top(claim: Path) -> Path:
    return STATES / claim.relative_to(STATES).parts[0]


if __name__ == "__main__":
    sys.exit(clean())
