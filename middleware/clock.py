"""Time. The only module of the middleware that asks the machine for it; everything is UTC."""

import re
import time
from datetime import UTC, datetime, timedelta

from middleware.errors import Error

_SECONDS = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only ever grow: for measuring how long something took."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Do nothing for that long."""
    time.sleep(seconds)


def after(seconds: float) -> datetime:
    """The instant that many seconds from now."""
    return now() + timedelta(seconds=seconds)


def text(instant: datetime) -> str:
    """An instant as the ledger writes it: RFC 3339, UTC, whole seconds, Z."""
    return instant.astimezone(UTC).isoformat()[:19] + "Z"


def parse(value: str, *, field: str = "") -> datetime:
    """An instant that the ledger, or a caller, wrote as RFC 3339 in UTC with whole seconds and Z."""
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    message = f"{value!r} is not an instant such as 2026-11-22T18:00:00Z"
    raise Error("invalid", message, reason=field, field=field)
