"""One kept stream to an orderer, and the next orderer when it fails."""

import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import grpc

from middleware.ledger import Refused, Unavailable
from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.protos import broadcast_stub, common

ANSWER_WITHIN_SECONDS = 10
_FINAL = (common.BAD_REQUEST, common.FORBIDDEN, common.REQUEST_ENTITY_TOO_LARGE)


class Orderers:
    """Hands envelopes to the ordering service. Thread-safe."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = list(nodes)
        self._lock = threading.Lock()
        self._stream: _Stream | None = None

    def send(self, content: bytes) -> None:
        """Returns when an orderer has accepted the envelope, which is not yet a commit.

        Unavailable means that nobody knows; Refused that no orderer will ever take it.
        """
        problem = "there is no orderer"
        for _ in self._nodes:
            stream = self._open()
            try:
                answer = stream.send(content).result(ANSWER_WITHIN_SECONDS)
            except (Unavailable, FutureTimeout) as error:
                problem = str(error) or f"no answer within {ANSWER_WITHIN_SECONDS} s"
            else:
                if answer.status == common.SUCCESS:
                    return
                problem = f"{common.Status.Name(answer.status)} {answer.info}".strip()
                if answer.status in _FINAL:
                    raise Refused("internal", "orderer", f"{stream.name} refused the envelope: {problem}")
            self._next(stream)
            problem = f"{stream.name}: {problem}"
        raise Unavailable(f"no orderer confirmed the envelope ({problem})", organisations=["orderer"])

    def close(self) -> None:
        with self._lock:
            if self._stream is not None:
                self._stream.close()

    def _open(self) -> "_Stream":
        with self._lock:
            if self._stream is None or self._stream.ended:
                self._stream = _Stream(self._nodes[0])
            return self._stream

    def _next(self, failed: "_Stream") -> None:
        """Try another orderer from now on, unless somebody else has already moved on."""
        with self._lock:
            if self._stream is failed:
                failed.close()
                self._stream = None
                self._nodes.append(self._nodes.pop(0))


class _Stream:
    """A Broadcast call: answers come in the order of sending."""

    def __init__(self, node: Node) -> None:
        self.name = node.name
        self.ended = False
        self._lock = threading.Lock()
        self._asked: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting: deque[Future[Any]] = deque()
        self._call = broadcast_stub(node.channel).Broadcast(self._requests())
        threading.Thread(target=self._read, name=f"orderer {node.name}", daemon=True).start()

    def send(self, content: bytes) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self.ended:
                raise Unavailable("the stream has ended")
            self._waiting.append(future)
            self._asked.put(common.Envelope.FromString(content))
        return future

    def close(self) -> None:
        self._asked.put(None)
        self._call.cancel()

    def _requests(self) -> Iterator[Any]:
        while (envelope := self._asked.get()) is not None:
            yield envelope

    def _read(self) -> None:
        problem = "the stream has ended"
        try:
            for answer in self._call:
                self._waiting.popleft().set_result(answer)
        except grpc.RpcError as error:
            problem = f"{error.code().name} {error.details()}"
        with self._lock:
            self.ended = True
            for future in self._waiting:
                future.set_exception(Unavailable(problem))
        self._asked.put(None)
