"""The `hfc` driver of the port."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from middleware.ledger import Block, Envelope, Refused, Tip, Unavailable, decoding, reaching
from middleware.ledger.hfc import delivery, ordering, sdk
from middleware.ledger.hfc.background import Background
from middleware.ledger.hfc.connection import Connection, connect, refuse_byzantine
from middleware.ledger.hfc.endorsing import Asked, agreed, ask
from middleware.ledger.reaching import (
    ENDORSE_AGAIN_AFTER_SECONDS,
    ENDORSE_WITHIN_SECONDS,
    LEVEL_WITHIN_SECONDS,
    LOOK_WITHIN_SECONDS,
    QUERY_WITHIN_SECONDS,
    Differing,
)

log = structlog.get_logger(__name__)


@dataclass
class _Open:
    """What there is once the driver has been used."""

    background: Background
    connection: Connection
    heights: delivery.Heights = field(default_factory=delivery.Heights)


class Hfc:
    """fabric-sdk-py behind the port. Makes its connections at first use, so make it after a fork."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._made: _Open | None = None

    @property
    def organisation(self) -> str:
        return self._open().connection.organisation

    def submit(self, batch: int, commands: Sequence[str]) -> Envelope:
        return self._transact([b"submit", str(batch).encode(), *(jws.encode() for jws in commands)])

    def genesis(self, file: bytes) -> Envelope:
        return self._transact([b"genesis", file])

    def resend(self, envelope: Envelope) -> None:
        made = self._open()
        made.background.run(ordering.send(made.connection, envelope.content))

    def query(self, function: str, *args: str) -> Any:
        made = self._open()
        asked = [function.encode(), *(arg.encode() for arg in args)]
        ours = made.connection.organisation
        return json.loads(made.background.run(_ask(made, ours, made.connection.chaincode, asked, QUERY_WITHIN_SECONDS)))

    def blocks(self, start: int) -> Iterator[Block]:
        made = self._open()
        stream = delivery.blocks(made.connection, made.connection.peer, start)
        with suppress(Unavailable):  # it was closed
            made.background.run(made.heights.follow(made.connection, start))
            while True:
                raw = made.background.run(_next(made, stream))
                yield decoding.block(sdk, raw, made.connection.chaincode)

    def heights(self) -> dict[str, int]:
        return {organisation: tip.height for organisation, tip in self.tips().items()}

    def tips(self) -> dict[str, Tip]:
        made = self._open()
        return made.background.run(_tips(made))

    def close(self) -> None:
        with self._lock:
            if self._made is not None:
                self._made.background.close()

    def _transact(self, args: Sequence[bytes]) -> Envelope:
        made = self._open()
        asked, alike = made.background.run(_endorse(made, args))
        id, content = asked.context.tx_id, ordering.envelope(asked, alike)
        try:
            made.background.run(ordering.send(made.connection, content))
        except Unavailable as error:
            log.warning("unknown whether an orderer has it", transaction=id, problem=str(error))
            return Envelope(id, content, accepted=False)
        return Envelope(id, content)

    def _open(self) -> _Open:
        with self._lock:
            if self._made is None:
                said = reaching.network(self._file)
                refuse_byzantine(said)
                background = Background()
                self._made = _Open(background, background.run(connect(said)))
            return self._made


async def _endorse(made: _Open, args: Sequence[bytes]) -> tuple[Asked, list[Any]]:
    """Ask every organisation; ask again, anew, while one of them has not yet seen the last block."""
    connection = made.connection
    organisations, enough = list(connection.peers), connection.endorsements
    await made.heights.wait_level(enough, LEVEL_WITHIN_SECONDS)
    for seconds in (*ENDORSE_AGAIN_AFTER_SECONDS, 0.0):
        asked = await ask(connection, connection.chaincode, args, organisations, ENDORSE_WITHIN_SECONDS, enough)
        try:
            return asked, agreed(asked.answers, enough)
        except Differing as difference:
            log.info("endorsing again", transaction=asked.context.tx_id, why=str(difference))
            last = difference
            await asyncio.sleep(seconds)
    raise Unavailable(f"the organisations do not agree: {last}", organisations=organisations) from last


async def _ask(made: _Open, organisation: str, chaincode: str, args: Sequence[bytes], within_seconds: float) -> bytes:
    """What one peer answers."""
    asked = await ask(made.connection, chaincode, args, [organisation], within_seconds)
    (answer,) = agreed(asked.answers, 1)
    payload: bytes = answer.response.payload
    return payload


async def _next(made: _Open, stream: AsyncIterator[Any]) -> Any:
    raw = await anext(stream)
    await made.heights.tell(made.connection.organisation, raw.header.number + 1)
    return raw


async def _tips(made: _Open) -> dict[str, Tip]:
    organisations = list(made.connection.peers)
    found = await asyncio.gather(*(_tip(made, organisation) for organisation in organisations))
    return {organisation: tip for organisation, tip in zip(organisations, found, strict=True) if tip is not None}


async def _tip(made: _Open, organisation: str) -> Tip | None:
    asked = [b"GetChainInfo", made.connection.channel_name.encode()]
    try:
        said = sdk.ledger.BlockchainInfo.FromString(await _ask(made, organisation, "qscc", asked, LOOK_WITHIN_SECONDS))
    except (Unavailable, Refused) as error:
        log.warning("no height", organisation=organisation, problem=str(error))
        return None
    return Tip(said.height, said.currentBlockHash.hex())
