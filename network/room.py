"""Room on the disks that the network's programs write to: each may have one of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from network.errors import NetworkError

FULL_MB = 10  # a node that cannot write a block has a little left, and does nothing with it
START_MB = 50
ORDERER_MB = {True: 250, False: 125}  # what Raft reserves ahead, with and without a system channel


def disks(state: Path) -> Iterator[tuple[Path, int]]:
    """A folder of every disk that the state folder, or a node's, lies on; and how many MB are left there."""
    existing = next(path for path in (state, *state.parents) if path.is_dir())
    network = state / "network"
    found: dict[int, Path] = {}
    for folder in (existing, network / "nodes", *(network / "nodes").glob("*"), network / "logs"):
        if folder.is_dir():
            found.setdefault(folder.stat().st_dev, folder)
    for folder in found.values():
        yield folder, left_mb(folder)


def left_mb(folder: Path) -> int:
    """How much can still be written there."""
    return shutil.disk_usage(folder).free // 1_000_000


def full(*folders: Path) -> Path | None:
    """The first of them that lies on a full disk."""
    return next((folder for folder in folders if folder.is_dir() and left_mb(folder) < FULL_MB), None)


def refuse_full(state: Path, needed_mb: int = START_MB) -> None:
    """Start nothing where a disk is full: the programs would end one after the other, and not all of them say why."""
    for folder, left in disks(state):
        if left < needed_mb:
            raise NetworkError(
                f"there is no room on the disk of {folder}: {left} MB are left, {needed_mb} are needed. "
                "What is stored there is unharmed; make room and start again"
            )
