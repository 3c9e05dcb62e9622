"""Whom we ask to endorse: enough organisations and no more, first those who agreed last."""

import threading
from collections.abc import Collection, Mapping
from typing import Any

import structlog

from middleware.ledger.fabric import endorsing
from middleware.ledger.fabric.connection import Node

log = structlog.get_logger(__name__)


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

    def ask(self, signed: Any, seconds: float, behind: Collection[str] = ()) -> Mapping[str, Any]:
        """As endorsing.ask; those `behind` the others, who cannot agree yet, are asked last."""
        with self._lock:
            order = sorted(self._order, key=lambda organisation: organisation in behind)
        answers = endorsing.ask([self._peers[one] for one in order], signed, seconds, self._enough)
        self._learn(order, answers)
        return answers

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
