"""Logs: one JSON object a line, from the request's id over the command's to the transaction's."""

import logging
import sys
from contextlib import AbstractContextManager, suppress
from typing import TextIO

import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict

from middleware import measures
from middleware.config import Config

# Where a failure was and what it says, without the values that stood there: passwords and people's papers among them.
FAILURES = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


class Lenient:
    """Where lines go. One that finds no room on the disk is lost: what it tells of goes on."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()


def setup(config: Config, process: str) -> None:
    """Write this process's log to its standard error. `process` names it in every line."""
    level = logging.getLevelNamesMapping().get(config.log_level.upper(), logging.INFO)

    def named(_logger: object, _method: str, line: EventDict) -> EventDict:
        line.setdefault("process", process)
        return line

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            named,
            count_alarms,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            FAILURES,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(Lenient(sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )


def begin(**names: str) -> None:
    """From now on every line of this thread carries these names, and no earlier ones."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**names)


def within(**names: object) -> AbstractContextManager[None]:
    """As begin, over what is there already, for as long as the block lasts."""
    return structlog.contextvars.bound_contextvars(**names)


def count_alarms(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Whatever the log calls an alarm is one for monitoring too."""
    if str(line.get("event", "")).startswith("alarm:"):
        measures.ALARMS.inc()
    return line
