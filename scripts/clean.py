"""Forget what the product, the tests and the bench have written: network, ledger, database, keys. Not the environment.

Standard library only. What is running is left alone and named.
"""

import fcntl
import shutil
import sys
from pathlib import Path

from scripts.progress import ROOT, say

STATES = ROOT / ".state"


def clean() -> int:
    """Remove every state folder below .state that nobody uses. Returns the exit code."""
    used = [folder for folder in _folders() if is_used(folder)]
    for path in [] if not STATES.is_dir() else list(STATES.iterdir()):
        if path not in used:
            say(f"forgetting {path.relative_to(ROOT)}")
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in used:
        pid = (folder / "starter").read_text().strip()
        say(f"{folder.relative_to(ROOT)} is in use by process {pid}: stop it first (Ctrl-C there, or kill {pid})")
    return 1 if used else 0


def is_used(state: Path) -> bool:
    """Whether a starter holds its claim on the state folder."""
    try:
        with (state / "starter").open() as claim:
            fcntl.flock(claim, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _folders() -> list[Path]:
    return [path for path in STATES.glob("*") if path.is_dir()]


if __name__ == "__main__":
    sys.exit(clean())
