"""Streams of blocks from peers, taken up again where they broke."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import structlog

from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.protos import common, deliver_stub
from middleware.ledger.reaching import STREAM_AGAIN_AFTER_SECONDS

log = structlog.get_logger(__name__)
Seek = Callable[[int], Any]


class Stream:
    """Blocks of one peer from a number on, for ever. `filtered` brings only ids and verdicts."""

    def __init__(self, node: Node, seek: Seek, *, filtered: bool = False) -> None:
        self._node = node
        self._seek = seek
        self._kind = "filtered_block" if filtered else "block"
        stub = deliver_stub(node.channel)
        self._open = stub.DeliverFiltered if filtered else stub.Deliver
        self._call: Any = None
        self._closed = threading.Event()

    def read(self, start: int) -> Iterator[Any]:
        """Every block from `start` on, in order; a broken stream is opened again, a little later each time."""
        failures = 0
        while not self._closed.is_set():
            for raw in self._once(start):
                number = raw.header.number if self._kind == "block" else raw.number
                if number == start:
                    yield raw
                    start, failures = number + 1, 0
            if not self._closed.is_set():
                self._closed.wait(STREAM_AGAIN_AFTER_SECONDS[min(failures, len(STREAM_AGAIN_AFTER_SECONDS) - 1)])
                failures += 1

    def close(self) -> None:
        """End `read`, in whatever thread it waits."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def _once(self, start: int) -> Iterator[Any]:
        try:
            self._call = self._open(iter([self._seek(start)]))
            if self._closed.is_set():
                self._call.cancel()
            for answer in self._call:
                if answer.WhichOneof("Type") == self._kind:
                    yield getattr(answer, self._kind)
                else:
                    log.warning("peer ended the stream of blocks", peer=self._node.name, status=_name(answer.status))
        except grpc.RpcError as error:
            if not self._closed.is_set():
                log.warning("stream of blocks broke", peer=self._node.name, code=error.code().name)


def _name(status: int) -> str:
    name: str = common.Status.Name(status)
    return name


class Heights:
    """How many blocks each peer has committed, as it tells of each one."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._heights: dict[str, int] = {}
        self._streams: list[Stream] = []

    def follow(self, organisation: str, stream: Stream, start: int) -> None:
        """Count a peer's blocks from `start` on, in a thread of its own."""

        def count() -> None:
            for raw in stream.read(start):
                self.tell(organisation, raw.number + 1)

        self._streams.append(stream)
        threading.Thread(target=count, name=f"height of {organisation}", daemon=True).start()

    def tell(self, organisation: str, height: int) -> None:
        with self._condition:
            self._heights[organisation] = height
            self._condition.notify_all()

    def wait_level(self, seconds: float, enough: int) -> bool:
        """Wait until enough peers are as far as the farthest: then those endorse on the same state."""
        with self._condition:
            return self._condition.wait_for(lambda: self._level() >= min(enough, len(self._heights)), seconds)

    def behind(self) -> dict[str, int]:
        """The organisations whose peers are not as far as the farthest, and by how many blocks."""
        with self._condition:
            farthest = max(self._heights.values(), default=0)
            return {id: farthest - height for id, height in self._heights.items() if height < farthest}

    def close(self) -> None:
        for stream in self._streams:
            stream.close()

    def _level(self) -> int:
        heights = list(self._heights.values())
        return heights.count(max(heights, default=0))


def pause(seconds: float) -> None:
    """Let a peer catch up."""
    time.sleep(seconds)
