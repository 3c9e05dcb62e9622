"""What the FIX process does once a second, whoever is connected: end, park and confirm what time brings."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from middleware import clock
from middleware.database import Session
from middleware.errors import Error
from middleware.installation import Installation
from middleware.services import affirmations, confirmations, parking

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """`is_due` is asked without the right to write, which others want too; `do` answers how much it did."""

    name: str
    is_due: Callable[[Session], bool]
    do: Callable[[Session], int]


TASKS = (
    _Task(
        "end what nobody affirmed",
        lambda session: affirmations.is_late(session, clock.now()),
        lambda session: affirmations.lapse(session, clock.now()),
    ),
    _Task(
        "park what waits for its other side",
        lambda session: parking.is_overdue(session, clock.now()),
        lambda session: parking.park_overdue(session, clock.now()),
    ),
    _Task("confirm what was traded", confirmations.is_behind, confirmations.follow),
)


def work(installation: Installation) -> None:
    """Do what is due, each in commits of its own. What fails is tried again the next time."""
    for task in TASKS:
        try:
            while _is_due(installation, task):
                with installation.writing() as session:
                    task.do(session)
        except Error as error:
            log.warning("not done now", task=task.name, problem=str(error))


def _is_due(installation: Installation, task: _Task) -> bool:
    with installation.reading() as session:
        return task.is_due(session)
