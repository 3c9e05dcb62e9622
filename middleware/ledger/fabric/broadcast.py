"""One kept stream of envelopes to one orderer."""

import queue
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import grpc

from middleware.ledger import Unavailable
from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.protos import broadcast_stub, common

MOST_WAITING = 64  # an orderer that hangs takes envelopes and answers none


class Broadcast:
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
            if len(self._waiting) >= MOST_WAITING:
                raise Unavailable("it does not keep up")
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
