"""Whom we ask to endorse: enough organisations and no more, first those who agreed last."""

import threading
from collections.abc import Mapping
from typing import Any

import structlog

from middleware.ledger.fabric import endorsing
from middleware.ledger.fabric.connection import Node

log = structlog.get_logger(__name__)
LAGGING_BLOCKS = 20  # a block or two behind is nothing: it is being committed


class Panel:
    """The organisations in the order in which they are asked. Thread-safe.

    Asking more than must agree would cost each of them the work and change nothing. One that is missing or differs is
    named in the log and is from then on asked last.
    """

    def __init__(self, peers: Mapping[str, Node], enough: int) -> None:
        self._peers = peers
        self._enough = enough
        self._lock = threading.Lock()
        self._order = list(peers)
        self._without: frozenset[str] = frozenset()
        self._lagging: frozenset[str] = frozenset()

    def ask(self, signed: Any, seconds: float, behind: Mapping[str, int] | None = None) -> Mapping[str, Any]:
        """As endorsing.ask; those so many blocks `behind` the others, who cannot agree yet, are asked last."""
        behind = behind or {}
        with self._lock:
            order = sorted(self._order, key=lambda organisation: organisation in behind)
        self._note(behind)
        answers = endorsing.ask([self._peers[one] for one in order], signed, seconds, self._enough)
        self._learn(order, answers)
        return answers

    def _note(self, behind: Mapping[str, int]) -> None:
        """Say who begins to lag, and who has caught up: once, not at every batch."""
        with self._lock:
            before = self._lagging
            far = {organisation for organisation, blocks in behind.items() if blocks >= LAGGING_BLOCKS}
            self._lagging = now = frozenset(far | (before & behind.keys()))
        for organisation in sorted(now - before):
            log.warning("an organisation lags", organisation=organisation, blocks=behind[organisation])
        for organisation in sorted(before - now):
            log.info("an organisation has caught up", organisation=organisation)

    def _learn(self, order: list[str], answers: Mapping[str, Any]) -> None:
        """Those who agreed first; whoever was to agree and did not is one that we go on without."""
        without = frozenset(order[: self._enough]) - answers.keys()
        with self._lock:
            self._order = sorted(order, key=lambda organisation: organisation not in answers)
            back = self._without & answers.keys()
            new = without - self._without
            self._without = (self._without | without) - answers.keys()
        for organisation in sorted(new):
            log.warning("endorsed without an organisation", organisation=organisation)
        for organisation in sorted(back):
            log.info("an organisation endorses again", organisation=organisation)
