"""Room on the disk: how it is noticed that there is none, or hardly any, and what is said then."""

import errno
import shutil
import sqlite3
from pathlib import Path

import structlog

from middleware.errors import Error

log = structlog.get_logger(__name__)
RETRY_AFTER_SECONDS = 60
FULL_BYTES = 10_000_000  # whoever needs more than a few bytes at once finds no room from here on
_DISK_FULL = "53100"  # PostgreSQL's word for it


def is_missing(error: BaseException | None) -> bool:
    """Whether this is how the system or a database says that the disk is full."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "errno", None) == errno.ENOSPC or getattr(error, "sqlstate", None) == _DISK_FULL


def refusal(what: str) -> Error:
    """What whoever wanted to keep something is told; the operator hears an alarm. `what` names it for him."""
    alarm(what=what)
    message = "There is no room on the disk; nothing was changed. The operator has to make some; try again after that."
    return Error("unavailable", message, reason="disk", details={"retry_after": RETRY_AFTER_SECONDS})


def alarm(**named: object) -> None:
    """Have the operator hear of it."""
    log.error("alarm: there is no room on the disk", **named)


def left(folder: Path) -> int:
    """Bytes that can still be written there."""
    return shutil.disk_usage(folder).free


def least(state: Path) -> tuple[int, Path]:
    """What is left where it is least, and where: a node that keeps its ledger here may have a disk of its own."""
    return min((left(folder), folder) for folder in (state, *(state / "network" / "nodes").glob("*/")))


def check(folder: Path) -> str:
    """ "ok", or one sentence about a disk that is full."""
    return "ok" if left(folder) >= FULL_BYTES else f"There is no room on the disk of {folder}."
