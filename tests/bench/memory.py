"""How much memory the product takes: every process it started, shared pages counted once."""

from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

MEGABYTE = 1_000_000


def by_program(starter: int) -> dict[str, int]:
    """Bytes (PSS) of the starter and all its descendants, by what they are."""
    starting = psutil.Process(starter)
    taken: dict[str, int] = defaultdict(int)
    for process in [starting, *starting.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            taken[_name(process)] += _proportional(process.pid)
    return dict(taken)


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    if "-m" in words:
        said = " ".join(words)
        return next(
            (name for name in ("scripts.run", "middleware.worker", "middleware.wsgi", "web.wsgi") if name in said), said
        )
    return Path(words[0]).name if words else process.name()


def _proportional(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
