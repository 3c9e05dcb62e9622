"""Orderers of which some may lie: all of them have the envelope, and enough must say so that one of those is honest."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import structlog

from middleware import clock
from middleware.ledger import Refused, Unavailable
from middleware.ledger.fabric.broadcast import Broadcast
from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.ordering import FINAL
from middleware.ledger.fabric.protos import common
from middleware.ledger.reaching import ORDERED_WITHIN_SECONDS

log = structlog.get_logger(__name__)
# A slower orderer has heard of it from the others: it is as good as a yes, though it comes as a failure.
_KNOWN = ("request already exists", "request already processed")


class Quorum:
    """Hands envelopes to all orderers at once. Thread-safe."""

    def __init__(self, nodes: Sequence[Node], confirmations: int) -> None:
        self._nodes = list(nodes)
        self._confirmations = confirmations
        self._lock = threading.Lock()
        self._streams: dict[str, Broadcast] = {}
        self._failing: set[str] = set()

    def send(self, content: bytes) -> None:
        """Returns when enough orderers have accepted the envelope, which is not yet a commit.

        Unavailable means that nobody knows; Refused that so many will never take it.
        """
        said: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        for node in self._nodes:
            self._send(node, content, said)
        deadline = clock.monotonic() + ORDERED_WITHIN_SECONDS
        answers: dict[str, str] = {}
        while len(answers) < len(self._nodes):
            try:
                name, problem = said.get(timeout=max(0.0, deadline - clock.monotonic()))
            except queue.Empty:
                break
            answers[name] = problem
            if list(answers.values()).count("") >= self._confirmations:
                return
        self._fail(answers)

    def close(self) -> None:
        with self._lock:
            for stream in self._streams.values():
                stream.close()

    def _send(self, node: Node, content: bytes, said: "queue.SimpleQueue[tuple[str, str]]") -> None:
        """Have this orderer's answer put into `said`: its name, and what it has against the envelope."""

        def hear(future: Future[Any]) -> None:
            problem = _problem(future)
            self._note(node.name, problem)
            said.put((node.name, problem))

        try:
            future = self._open(node).send(content)
        except Unavailable as error:
            future = Future()
            future.set_exception(error)
        future.add_done_callback(hear)

    def _open(self, node: Node) -> Broadcast:
        with self._lock:
            stream = self._streams.get(node.name)
            if stream is None or stream.ended:
                stream = self._streams[node.name] = Broadcast(node)
            return stream

    def _note(self, name: str, problem: str) -> None:
        """Say who begins to fail, and who is back: once, not at every envelope."""
        with self._lock:
            was = name in self._failing
            (self._failing.add if problem else self._failing.discard)(name)
        if problem and not was:
            log.warning("an orderer fails, the others go on", orderer=name, problem=problem)
        elif was and not problem:
            log.info("an orderer is back", orderer=name)

    def _fail(self, answers: dict[str, str]) -> None:
        silent = {node.name: "no answer" for node in self._nodes if node.name not in answers}
        told = "; ".join(f"{name}: {problem}" for name, problem in {**answers, **silent}.items() if problem)
        final = [problem for problem in answers.values() if problem.startswith(_FINAL_NAMES)]
        if len(final) >= self._confirmations:
            raise Refused("internal", "orderer", f"the orderers refused the envelope: {told}")
        raise Unavailable(f"too few orderers confirmed the envelope ({told})", organisations=["orderer"])


_FINAL_NAMES = tuple(common.Status.Name(status) for status in FINAL)


def _problem(future: Future[Any]) -> str:
    """What an orderer has against an envelope; "" when it has it."""
    try:
        answer = future.result()
    except Unavailable as error:
        return str(error)
    if answer.status == common.SUCCESS or answer.info.endswith(_KNOWN):
        return ""
    return f"{common.Status.Name(answer.status)} {answer.info}".strip()
