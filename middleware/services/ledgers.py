"""The ledger itself: which one it is, how far it is, and how far our mirror has followed."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from middleware import clock, room
from middleware.config import Config
from middleware.errors import Error
from middleware.ledger import Ledger, Refused, Unavailable, connect, wallet
from middleware.measures import Number
from middleware.migrations.run import current, head
from middleware.models.lease import Lease
from middleware.models.position import Position
from middleware.models.submission import Submission
from middleware.services.pages import Row

FRESH_SECONDS = 15
Reading = Callable[[], AbstractContextManager[Session]]


class Observer:
    """Asks the ledger on behalf of the pages: one connection a process, an answer at most once a second."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._ledger: Ledger | None = None
        self._asked_at = 0.0
        self._heights: dict[str, int] = {}

    def heights(self) -> dict[str, int]:
        """organisation → height; one that does not answer is missing."""
        with self._lock:
            if clock.monotonic() - self._asked_at >= 1:
                self._heights = self._ask()
                self._asked_at = clock.monotonic()
            return dict(self._heights)

    def _ask(self) -> dict[str, int]:
        try:
            if self._ledger is None:
                self._ledger = connect(self._config)
            return self._ledger.heights()
        except (Unavailable, Refused, OSError):
            return {}


def status(session: Session, heights: dict[str, int]) -> Row:
    """What a page says about the ledger under it."""
    config: Config = session.info["config"]
    genesis, network = _genesis(config), _network(config)
    organisations = [{"id": one["id"], "msp_id": one["msp_id"]} for one in network.get("organisations", [])]
    own = network.get("organisation") or genesis["organisations"][0]["id"]
    position = session.get(Position, "mirror")
    return {
        "ledger": wallet.ledger_hash(config),
        "name": genesis["name"],
        "driver": config.ledger_driver,
        "fabric_version": fabric_version(config),
        "sandbox": config.ledger_driver == "sandbox",
        "height": heights.get(own),
        "position": position.number if position else None,
        "heights": heights,
        "organisations": organisations or genesis["organisations"],
        "endorsements": network.get("endorsements") or len(genesis["organisations"]),
        "reachable": own in heights,
    }


def freshness(session: Session) -> str:
    """ "ok", or one sentence about why what we show may be old."""
    position = session.get(Position, "mirror")
    if position is None:
        return "No block has been read yet."
    workers = select(Lease).where(Lease.name.startswith("worker/"))  # the sender of webhooks has one too
    lease = session.scalar(workers.order_by(Lease.renewed_at.desc()).limit(1))
    if lease is None:
        return "No worker has run yet."
    age = (clock.now() - lease.renewed_at).total_seconds()
    return "ok" if age <= FRESH_SECONDS else f"The worker has not been seen for {age:.0f} seconds."


def migrations(session: Session) -> str:
    """ "ok", or one sentence about a database whose shape is not the one this program knows."""
    found = current(session.connection())
    return (
        "ok" if found == head() else f"The database is at revision {found or 'none'}, not {head()}: run lonja migrate."
    )


def checks(reading: Reading) -> dict[str, str]:
    """Whether an installation can serve: each check "ok", or one sentence about why not."""
    try:
        with reading() as session:
            disk = room.check(session.info["config"].state)
            return {"database": "ok", "migrations": migrations(session), "ledger": freshness(session), "disk": disk}
    except Error as error:
        return {"database": error.message}


def numbers(reading: Reading) -> list[Number]:
    """What monitoring is told of an installation, whether its worker runs or not; nothing without the database."""
    try:
        with reading() as session:
            return list(_numbers(session))
    except (Error, SQLAlchemyError):
        return []


def _numbers(session: Session) -> Iterator[Number]:
    open_ones = Submission.status != "done"
    counted = select(Submission.status, func.count()).where(open_ones).group_by(Submission.status)
    waiting = {"waiting": 0, "sent": 0} | {row[0]: row[1] for row in session.execute(counted)}
    yield Number("submissions_open", "Commands without an outcome", waiting, "status")
    oldest = session.scalar(select(func.min(Submission.created_at)).where(open_ones, Submission.status == "waiting"))
    yield Number("submission_waiting_seconds", "Age of the oldest command not sent", {"": _age_seconds(oldest)})
    position = session.get(Position, "mirror")
    place = position.number if position else -1
    yield Number("mirror_position", "The last block that is mirrored", {"": place})
    leases = session.scalars(select(Lease).where(Lease.name.startswith("worker/")))
    silent = {lease.name.removeprefix("worker/"): _age_seconds(lease.renewed_at) for lease in leases}
    yield Number("disk_free_bytes", "Room for the state folder", {"": room.least(session.info["config"].state)[0]})
    yield Number("worker_silent_seconds", "Since a worker last renewed its lease", silent, "organisation")


def _age_seconds(since: datetime | None) -> int:
    return 0 if since is None else max(0, (clock.now() - since) // timedelta(seconds=1))


def fabric_version(config: Config) -> str:
    """The version of Fabric that this installation runs on; "" for the sandbox or while the network is not up."""
    return str(_network(config).get("fabric_version", ""))


def _network(config: Config) -> dict[str, Any]:
    """What we were told of the network; nothing for the sandbox or while the network is not up."""
    if config.ledger_driver == "sandbox":
        return {}
    try:
        connection: dict[str, Any] = json.loads(config.connection_file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return connection


def _genesis(config: Config) -> dict[str, Any]:
    wallet.ledger_hash(config)  # says what to do when there is none
    genesis: dict[str, Any] = json.loads(config.genesis_file.read_text())
    return genesis
