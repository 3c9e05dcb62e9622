"""Where the network's peers and orderers are, and one gRPC channel to each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from middleware.ledger import reaching
from middleware.ledger.fabric.identity import Identity

_OPTIONS = [*reaching.OPTIONS, ("grpc.keepalive_time_ms", 120_000)]


@dataclass(frozen=True, slots=True)
class Node:
    """A peer or an orderer: the organisation it belongs to ("" for an orderer), its name, a channel to it."""

    organisation: str
    name: str
    channel: grpc.Channel


class Connection:
    """The network as our organisation's client sees it. To be made after a fork: gRPC does not survive one."""

    def __init__(self, file: Path) -> None:
        said = reaching.network(file)
        self.channel: str = said["channel"]
        self.chaincode: str = said["chaincode"]
        self.fabric_version: str = said["fabric_version"]
        self.organisation: str = said["organisation"]
        organisations = {one["id"]: one for one in said["organisations"]}
        ours = organisations[self.organisation]
        client = ours["client"]
        self.identity = Identity(ours["msp_id"], Path(client["certificate"]), Path(client["key"]))
        self.peers = {id: _node(id, one["peer"]) for id, one in organisations.items()}
        self.orderers = [_node("", one) for one in said["orderers"]]
        self.endorsements = int(said.get("endorsements", len(self.peers)))
        self.confirmations = int(said.get("confirmations", 1))

    @property
    def peer(self) -> Node:
        """Our own organisation's peer: whose blocks we read and whom we query."""
        return self.peers[self.organisation]

    def close(self) -> None:
        """Close every channel."""
        for node in [*self.peers.values(), *self.orderers]:
            node.channel.close()


def _node(organisation: str, said: dict[str, Any]) -> Node:
    credentials = grpc.ssl_channel_credentials(root_certificates=Path(said["tls_ca"]).read_bytes())
    return Node(organisation, said["name"], grpc.secure_channel(said["address"], credentials, options=_OPTIONS))
