"""What a program that must keep running looks like to whoever starts it.

`network.native` describes its nodes with this; `scripts.supervisor` runs what is described. Neither knows the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One program to start, watch and stop.

    `env` is the whole environment the program gets: nothing is inherited beside it.
    `log` receives standard output and standard error, appended.
    `ready` answers quickly (well under a second) whether the program serves yet; None means ready once started.
    `restart` False: its end is reported and it stays down.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    ready: Callable[[], bool] | None = None
    restart: bool = True
