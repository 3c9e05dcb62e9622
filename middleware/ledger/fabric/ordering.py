"""Orderers that may fail but do not lie: one of them has the envelope, and the next one when it fails."""

import threading
from collections.abc import Sequence
from concurrent.futures import TimeoutError as FutureTimeout

import structlog

from middleware.ledger import Refused, Unavailable
from middleware.ledger.fabric.broadcast import Broadcast
from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.protos import common
from middleware.ledger.reaching import ORDERED_WITHIN_SECONDS

log = structlog.get_logger(__name__)
FINAL = (common.BAD_REQUEST, common.FORBIDDEN, common.REQUEST_ENTITY_TOO_LARGE)


class Orderers:
    """Hands envelopes to the ordering service. Thread-safe."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = list(nodes)
        self._lock = threading.Lock()
        self._stream: Broadcast | None = None

    def send(self, content: bytes) -> None:
        """Returns when an orderer has accepted the envelope, which is not yet a commit.

        Unavailable means that nobody knows; Refused that no orderer will ever take it.
        """
        problem = "there is no orderer"
        for _ in self._nodes:
            stream = self._open()
            try:
                answer = stream.send(content).result(ORDERED_WITHIN_SECONDS)
            except (Unavailable, FutureTimeout) as error:
                problem = str(error) or f"no answer within {ORDERED_WITHIN_SECONDS} s"
            else:
                if answer.status == common.SUCCESS:
                    return
                problem = f"{common.Status.Name(answer.status)} {answer.info}".strip()
                if answer.status in FINAL:
                    raise Refused("internal", "orderer", f"{stream.name} refused the envelope: {problem}")
            self._next(stream)
            log.warning("an orderer fails, trying the next", orderer=stream.name, problem=problem)
            problem = f"{stream.name}: {problem}"
        raise Unavailable(f"no orderer confirmed the envelope ({problem})", organisations=["orderer"])

    def close(self) -> None:
        with self._lock:
            if self._stream is not None:
                self._stream.close()

    def _open(self) -> Broadcast:
        with self._lock:
            if self._stream is None or self._stream.ended:
                self._stream = Broadcast(self._nodes[0])
            return self._stream

    def _next(self, failed: Broadcast) -> None:
        """Try another orderer from now on, unless somebody else has already moved on."""
        with self._lock:
            if self._stream is failed:
                failed.close()
                self._stream = None
                self._nodes.append(self._nodes.pop(0))
