"""Room on the disk: how it is noticed that there is none, and what is said then."""

import errno
import shutil
import sqlite3
from pathlib import Path

import structlog

from middleware.errors import Error

log = structlog.get_logger(__name__)
RETRY_AFTER_SECONDS = 60
_DISK_FULL = "53100"  # PostgreSQL's word for it


def is_missing(error: BaseException | None) -> bool:
    """Whether this is how the system or a database says that the disk is full."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "errno", None) == errno.ENOSPC or getattr(error, "sqlstate", None) == _DISK_FULL


def refusal(what: str) -> Error:
    """What whoever wanted to keep something is told; the operator hears an alarm. `what` names it for him."""
    log.error("alarm: there is no room on the disk", what=what)
    message = "There is no room on the disk; nothing was changed. The operator has to make some; try again after that."
    return Error("unavailable", message, reason="disk", details={"retry_after": RETRY_AFTER_SECONDS})


def left(folder: Path) -> int:
    """Bytes that can still be written there."""
    return shutil.disk_usage(folder).free
