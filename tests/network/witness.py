"""The third organisation's view: its peer is on the channel, and all it has is what that peer was given."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from fabric_protos.ledger.rwset import rwset_pb2

from middleware import clock, ids
from middleware.ledger.fabric import messages
from middleware.ledger.fabric.connection import Connection
from middleware.ledger.fabric.delivery import Stream
from middleware.ledger.fabric.protos import common, proposals, responses, transactions
from network import config as settings
from network import topology
from network.native.identities import CLIENT
from network.native.layout import Layout
from scripts.product import Product


class Witness:
    """The third organisation's client, at its own peer."""

    def __init__(self, product: Product, folder: Path) -> None:
        file = settings.topology(product.environment)
        (self.member,) = topology.load(file, product.config.port_shift).witnesses
        said = json.loads(product.config.connection_file.read_text())
        file = folder / "connection.json"
        mine = {"organisation": self.member.id, "organisations": [self._organisation(product)], "orderers": []}
        file.write_text(json.dumps({**said, **mine}))
        self._connection = Connection(file)

    def _organisation(self, product: Product) -> dict[str, Any]:
        layout, member = Layout(product.config.state / "network"), self.member
        identities = layout.identities(member.id)
        client, authority = identities.member(CLIENT), identities.tls(member.peer.name).authority
        peer = {"name": member.peer.name, "address": member.peer.address, "tls_ca": str(authority)}
        keys = {"certificate": str(client.certificate), "key": str(client.key)}
        return {"id": member.id, "msp_id": member.msp_id, "peer": peer, "client": keys}

    def blocks(self, height: int) -> list[Any]:
        """Every block up to a height, as this peer delivers it."""
        connection = self._connection

        def seek(start: int) -> Any:
            nonce, at = ids.token(24), clock.now()
            return messages.seek(connection.identity, connection.channel, start, nonce=nonce, at=at)

        stream = Stream(connection.peer, seek)
        try:
            return list(islice(stream.read(0), height))
        finally:
            stream.close()

    def close(self) -> None:
        self._connection.close()


def collections(block: Any) -> Iterator[str]:
    """Private data that a block's transactions have written, which would be kept beside the blocks."""
    for envelope in block.data.data:
        payload = common.Payload.FromString(common.Envelope.FromString(envelope).payload)
        header = common.ChannelHeader.FromString(payload.header.channel_header)
        if header.type == common.ENDORSER_TRANSACTION:
            yield from _collections(payload.data)


def _collections(data: bytes) -> Iterator[str]:
    for action in transactions.Transaction.FromString(data).actions:
        signed = transactions.ChaincodeActionPayload.FromString(action.payload)
        answer = responses.ProposalResponsePayload.FromString(signed.action.proposal_response_payload)
        results = proposals.ChaincodeAction.FromString(answer.extension).results
        for space in rwset_pb2.TxReadWriteSet.FromString(results).ns_rwset:
            yield from (f"{space.namespace}/{one.collection_name}" for one in space.collection_hashed_rwset)
