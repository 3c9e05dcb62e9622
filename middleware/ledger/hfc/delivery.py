"""Blocks as peers commit them, over streams that are taken up again where they broke.

The SDK's own way (`wait_for_event`, its event hub) listens from the newest block on, after the orderer has answered,
and so misses what it waits for; here every block is read from a number on, and nothing waits for one transaction.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog

from middleware.ledger.hfc import sdk
from middleware.ledger.hfc.connection import Connection
from middleware.ledger.hfc.endorsing import problem
from middleware.ledger.reaching import STREAM_AGAIN_AFTER_SECONDS

log = structlog.get_logger(__name__)
_END = 2**64 - 1


async def blocks(connection: Connection, peer: Any, start: int, *, filtered: bool = False) -> AsyncIterator[Any]:
    """Every block of one peer from `start` on, for ever. `filtered` brings only ids and verdicts."""
    failures = 0
    while True:
        stream = peer.delivery(_seek(connection, start), filtered=filtered)
        try:
            async for answer in stream:
                raw = _block(answer, peer)
                if raw is not None and _number(raw) == start:
                    yield raw
                    start, failures = start + 1, 0
        except sdk.RpcError as error:
            log.warning("stream of blocks broke", peer=peer.name, problem=problem(error))
        finally:
            stream.cancel()
        await asyncio.sleep(STREAM_AGAIN_AFTER_SECONDS[min(failures, len(STREAM_AGAIN_AFTER_SECONDS) - 1)])
        failures += 1


def _block(answer: Any, peer: Any) -> Any:
    kind = answer.WhichOneof("Type")
    if kind == "status":
        name = sdk.common.Status.Name(answer.status)
        log.warning("peer ended the stream of blocks", peer=peer.name, status=name)
        return None
    return getattr(answer, kind)


def _number(raw: Any) -> int:
    number: int = raw.number if hasattr(raw, "number") else raw.header.number
    return number


def _seek(connection: Connection, start: int) -> Any:
    """A signed request for every block from `start` on, waiting for those that do not exist yet."""
    context = connection.context()
    kind, at = sdk.common.DELIVER_SEEK_INFO, sdk.building.current_timestamp()
    channel_header = sdk.building.build_channel_header(kind, context.tx_id, connection.channel_name, at)
    header = sdk.building.build_header(context.identity, channel_header, context.nonce)
    payload = sdk.seeking.create_seek_payload(header, sdk.seeking.create_seek_info(start, _END))
    return sdk.seeking.create_envelope(context.sign(payload), payload)


class Heights:
    """How many blocks each peer has committed, as it tells of each one."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._heights: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def follow(self, connection: Connection, start: int) -> None:
        """Count the other organisations' blocks from `start` on."""
        for organisation, peer in connection.peers.items():
            if organisation != connection.organisation:
                self._tasks.add(asyncio.create_task(self._count(connection, organisation, peer, start)))

    async def _count(self, connection: Connection, organisation: str, peer: Any, start: int) -> None:
        async for raw in blocks(connection, peer, start, filtered=True):
            await self.tell(organisation, raw.number + 1)

    async def tell(self, organisation: str, height: int) -> None:
        async with self._changed:
            self._heights[organisation] = height
            self._changed.notify_all()

    async def wait_level(self, enough: int, seconds: float) -> None:
        """Wait until enough peers are as far as the farthest: then they endorse on the same state."""
        async with self._changed:
            level = self._changed.wait_for(lambda: self._level() >= min(enough, len(self._heights)))
            try:
                await asyncio.wait_for(level, seconds)
            except TimeoutError:
                return

    def _level(self) -> int:
        farthest = max(self._heights.values(), default=0)
        return sum(height == farthest for height in self._heights.values())
