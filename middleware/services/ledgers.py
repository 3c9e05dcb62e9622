"""The ledger itself: which one it is, how far it is, and how far our mirror has followed."""

import json
import threading
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import clock
from middleware.config import Config
from middleware.ledger import Ledger, Refused, Unavailable, connect, wallet
from middleware.migrations.run import current, head
from middleware.models.lease import Lease
from middleware.models.position import Position
from middleware.models.submission import Submission
from middleware.services.pages import Row

FRESH_SECONDS = 15


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
    genesis = _genesis(config)
    own = genesis["organisations"][0]["id"]
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
        "organisations": genesis["organisations"],
        "reachable": own in heights,
    }


def freshness(session: Session) -> str:
    """ "ok", or one sentence about why what we show may be old."""
    position = session.get(Position, "mirror")
    if position is None:
        return "No block has been read yet."
    lease = session.scalar(select(Lease).order_by(Lease.renewed_at.desc()).limit(1))
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


def numbers(session: Session) -> dict[str, tuple[str, int]]:
    """What monitoring counts: name → (what it is, how much)."""
    position = session.get(Position, "mirror")
    unfinished = select(Submission.status, func.count()).where(Submission.status != "done").group_by(Submission.status)
    open_ones = {row.status: row[1] for row in session.execute(unfinished)}
    return {
        "mirror_position": ("The last block that is mirrored", position.number if position else -1),
        "submissions_waiting": ("Commands not sent yet", open_ones.get("waiting", 0)),
        "submissions_sent": ("Commands sent, without an outcome yet", open_ones.get("sent", 0)),
    }


def fabric_version(config: Config) -> str:
    """The version of Fabric that this installation runs on; "" for the sandbox or while the network is not up."""
    try:
        connection: dict[str, Any] = json.loads(config.connection_file.read_text())
    except (FileNotFoundError, ValueError):
        return ""
    return str(connection.get("fabric_version", "")) if config.ledger_driver == "fabric" else ""


def _genesis(config: Config) -> dict[str, Any]:
    wallet.ledger_hash(config)  # says what to do when there is none
    genesis: dict[str, Any] = json.loads(config.genesis_file.read_text())
    return genesis
