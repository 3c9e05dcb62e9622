"""The ledger on a real Fabric network: endorse at enough organisations, compare, order, and believe blocks only.

One road for every version from 2.1 on: no Gateway, no discovery. The Python client's whole cost is about a tenth of a
millisecond for each transaction; the network does the rest.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import structlog

from middleware import clock, ids
from middleware.ledger import Block, Envelope, Refused, Tip, Unavailable
from middleware.ledger.fabric import decoding, endorsing, messages
from middleware.ledger.fabric.connection import Connection, Node
from middleware.ledger.fabric.delivery import Heights, Stream, pause
from middleware.ledger.fabric.ordering import Orderers
from middleware.ledger.fabric.panel import Panel
from middleware.ledger.fabric.protos import ledger
from middleware.ledger.fabric.quorum import Quorum
from middleware.ledger.reaching import (
    ENDORSE_AGAIN_AFTER_SECONDS,
    ENDORSE_WITHIN_SECONDS,
    LEVEL_WITHIN_SECONDS,
    LOOK_WITHIN_SECONDS,
    QUERY_WITHIN_SECONDS,
    Differing,
)

log = structlog.get_logger(__name__)


class Fabric:
    """The `fabric` driver of the port. Makes its connections at first use, so make it after a fork."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._made: Connection | None = None
        self._sending: Orderers | Quorum | None = None
        self._panel: Panel | None = None
        self._streams: list[Stream] = []
        self._heights = Heights()

    @property
    def organisation(self) -> str:
        return self._connection().organisation

    def submit(self, batch: int, commands: Sequence[str]) -> Envelope:
        return self._transact([b"submit", str(batch).encode(), *(jws.encode() for jws in commands)])

    def genesis(self, file: bytes) -> Envelope:
        return self._transact([b"genesis", file])

    def resend(self, envelope: Envelope) -> None:
        self._orderers().send(envelope.content)

    def query(self, function: str, *args: str) -> Any:
        connection = self._connection()
        asked = [function.encode(), *(arg.encode() for arg in args)]
        answer = self._ask([connection.peer], connection.chaincode, asked, QUERY_WITHIN_SECONDS)
        return json.loads(answer[connection.organisation].response.payload)

    def blocks(self, start: int) -> Iterator[Block]:
        connection = self._connection()
        stream = self._stream(connection.peer)
        self._follow_others(start)
        for raw in stream.read(start):
            self._heights.tell(connection.organisation, raw.header.number + 1)
            yield decoding.block(raw, connection.chaincode)

    def heights(self) -> dict[str, int]:
        return {organisation: tip.height for organisation, tip in self.tips().items()}

    def tips(self) -> dict[str, Tip]:
        connection = self._connection()
        asked = [b"GetChainInfo", connection.channel.encode()]
        found: dict[str, Tip] = {}
        for organisation, peer in connection.peers.items():
            try:
                answer = self._ask([peer], "qscc", asked, LOOK_WITHIN_SECONDS)[organisation]
            except (Unavailable, Refused) as error:
                log.warning("no height", organisation=organisation, problem=str(error))
                continue
            said = ledger.BlockchainInfo.FromString(answer.response.payload)
            found[organisation] = Tip(said.height, said.currentBlockHash.hex())
        return found

    def close(self) -> None:
        self._heights.close()
        for stream in self._streams:
            stream.close()
        if self._sending is not None:
            self._sending.close()
        if self._made is not None:
            self._made.close()

    def _transact(self, args: Sequence[bytes]) -> Envelope:
        connection = self._connection()
        orderers = self._orderers()
        proposal, answers = self._endorse(connection, args)
        endorsements = [answer.endorsement for answer in answers.values()]
        payload = next(iter(answers.values())).payload
        content = messages.envelope(connection.identity, proposal, payload, endorsements)
        try:
            orderers.send(content)
        except Unavailable as error:
            log.warning("unknown whether an orderer has it", transaction=proposal.transaction_id, problem=str(error))
            return Envelope(proposal.transaction_id, content, accepted=False)
        return Envelope(proposal.transaction_id, content)

    def _endorse(self, connection: Connection, args: Sequence[bytes]) -> tuple[messages.Proposal, Any]:
        """Ask as many organisations as must agree; again, anew, while one of them has not yet seen the last block."""
        panel = self._asked(connection)
        self._heights.wait_level(LEVEL_WITHIN_SECONDS, connection.endorsements)
        for seconds in (*ENDORSE_AGAIN_AFTER_SECONDS, 0.0):
            proposal = self._propose(connection, connection.chaincode, args)
            try:
                return proposal, panel.ask(proposal.signed, ENDORSE_WITHIN_SECONDS, self._heights.behind())
            except Differing as difference:
                log.info("endorsing again", transaction=proposal.transaction_id, why=str(difference))
                last = difference
                pause(seconds)
        raise Unavailable(f"the organisations do not agree: {last}", organisations=list(connection.peers)) from last

    def _ask(self, peers: Sequence[Node], name: str, args: Sequence[bytes], seconds: float) -> Any:
        proposal = self._propose(self._connection(), name, args)
        return endorsing.ask(peers, proposal.signed, seconds)

    def _propose(self, connection: Connection, name: str, args: Sequence[bytes]) -> messages.Proposal:
        nonce, at = ids.token(24), clock.now()
        return messages.propose(connection.identity, connection.channel, name, args, nonce=nonce, at=at)

    def _connection(self) -> Connection:
        with self._lock:
            if self._made is None:
                self._made = Connection(self._file)
            return self._made

    def _asked(self, connection: Connection) -> Panel:
        with self._lock:
            if self._panel is None:
                self._panel = Panel(connection.peers, connection.endorsements)
            return self._panel

    def _orderers(self) -> Orderers | Quorum:
        """Where one orderer may lie, more than one must say that it has an envelope."""
        connection = self._connection()
        with self._lock:
            if self._sending is None:
                nodes, confirmations = connection.orderers, connection.confirmations
                self._sending = Quorum(nodes, confirmations) if confirmations > 1 else Orderers(nodes)
            return self._sending

    def _stream(self, peer: Node, *, filtered: bool = False) -> Stream:
        connection = self._connection()

        def seek(start: int) -> Any:
            nonce, at = ids.token(24), clock.now()
            return messages.seek(connection.identity, connection.channel, start, nonce=nonce, at=at)

        stream = Stream(peer, seek, filtered=filtered)
        with self._lock:
            self._streams.append(stream)
        return stream

    def _follow_others(self, start: int) -> None:
        connection = self._connection()
        for organisation, peer in connection.peers.items():
            if organisation != connection.organisation:
                self._heights.follow(organisation, self._stream(peer, filtered=True), start)
