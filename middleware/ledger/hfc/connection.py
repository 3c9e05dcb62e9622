"""The network through the SDK's own objects: our user, the channel, a node for each peer and orderer."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from middleware.ledger import Unavailable
from middleware.ledger.hfc import sdk
from middleware.ledger.hfc.nodes import Orderer, Peer
from middleware.ledger.reaching import OPTIONS


@dataclass(frozen=True, slots=True)
class Connection:
    """The network as our organisation's client sees it. `endorsements`: how many organisations must agree."""

    organisation: str
    channel_name: str
    chaincode: str
    endorsements: int
    user: Any
    channel: Any
    peers: dict[str, Any]
    orderers: list[Any]

    @property
    def peer(self) -> Any:
        """Our own organisation's peer."""
        return self.peers[self.organisation]

    def context(self) -> Any:
        """What one request is signed with: our user and a new nonce."""
        return sdk.Context(self.user, self.user.cryptoSuite, None)


def refuse_byzantine(said: dict[str, Any]) -> None:
    """Refuse to send anything where orderers may lie: the SDK asks one of them and believes it."""
    if int(said.get("confirmations", 1)) > 1:
        raise Unavailable("the hfc driver believes a single orderer, and these may lie: use LONJA_LEDGER_DRIVER=fabric")


async def connect(said: dict[str, Any]) -> Connection:
    """The SDK's objects for a network. To be awaited in the loop that will use them."""
    organisations = {one["id"]: one for one in said["organisations"]}
    return Connection(
        organisation=said["organisation"],
        channel_name=said["channel"],
        chaincode=said["chaincode"],
        endorsements=said.get("endorsements", len(organisations)),
        user=_user(organisations[said["organisation"]]),
        channel=sdk.Channel(said["channel"], None),
        peers={id: _node(Peer, one["peer"]) for id, one in organisations.items()},
        orderers=[_node(Orderer, one) for one in said["orderers"]],
    )


def _node(kind: Any, said: dict[str, str]) -> Any:
    return kind(name=said["name"], endpoint=said["address"], tls_ca_cert_file=said["tls_ca"], opts=OPTIONS)


def _user(said: dict[str, Any]) -> Any:
    crypto = sdk.ecies()
    crypto.curve = ec.SECP256R1()  # of the class alone newer libraries make nothing
    client = said["client"]
    return sdk.create_user(
        name="client",
        org=said["id"],
        state_store=_Nowhere(),
        msp_id=said["msp_id"],
        key_path=client["key"],
        cert_path=client["certificate"],
        crypto_suite=crypto,
    )


class _Nowhere:
    """Where the SDK keeps users between runs. Ours are in files already, and its way of keeping them is pickle."""

    def get_value(self, _key: str) -> None:
        return None

    def set_value(self, _key: str, _value: str) -> None:
        return None
