"""Reads a topology file into plain records, and says exactly which entry is wrong when one is."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from network import endorsement
from network.entry import Entry
from network.errors import NetworkError
from network.node import Node

TOPOLOGY = Path(__file__).with_name("topology.yaml")
NAMED = {"market": TOPOLOGY} | {name: TOPOLOGY.with_name(f"{name}.yaml") for name in ("consortium", "byzantine")}
LEAST_BYZANTINE = 4  # three cannot tell which of two is the liar


@dataclass(frozen=True)
class Peer(Node):
    """One member's peer: it commits and serves blocks and, where an organisation takes part, endorses."""

    chaincode_listen_port: int
    operations_port: int


@dataclass(frozen=True)
class Chaincode(Node):
    """One organisation's own chaincode process, which its peer connects to.

    During an upgrade the next one runs beside it at the other port, and stays there.
    """

    upgrade_port: int = field(repr=False)  # what made a ledger is known by its repr

    @property
    def ports(self) -> tuple[int, int]:
        return self.port, self.upgrade_port


@dataclass(frozen=True)
class Member:
    """An organisation with a peer on the channel. A witness is no more: it keeps the blocks and takes no part."""

    id: str
    msp_id: str
    peer: Peer


@dataclass(frozen=True)
class Organisation(Member):
    """A member whose endorsement the ledger asks for."""

    chaincode: Chaincode


@dataclass(frozen=True)
class Orderer(Node):
    """A node that puts transactions in order and cuts blocks."""

    admin_port: int
    operations_port: int


@dataclass(frozen=True)
class Blocks:
    """When a block is cut: whichever bound is reached first."""

    batch_timeout_ms: int
    max_message_count: int
    preferred_max_bytes: int
    absolute_max_bytes: int


@dataclass(frozen=True)
class Raft:
    """How orderers that may fail, but do not lie, agree on a leader."""

    tick_ms: int
    election_tick: int
    heartbeat_tick: int


@dataclass(frozen=True)
class Byzantine:
    """How orderers of which some may lie agree: how long they bear with a leader before they take another."""

    forward_timeout_ms: int
    complain_timeout_ms: int
    heartbeat_timeout_ms: int
    view_change_timeout_ms: int


@dataclass(frozen=True)
class Ordering:
    """The organisation that orders, and how it does: by `raft`, or `byzantine`."""

    id: str
    msp_id: str
    orderers: tuple[Orderer, ...]
    blocks: Blocks
    raft: Raft | None
    byzantine: Byzantine | None = field(default=None, repr=False)  # as with a node's host

    @property
    def spare(self) -> int:
        """How many orderers may be away, or lie where that is allowed for, while the others go on."""
        return (len(self.orderers) - 1) // (3 if self.byzantine else 2)

    @property
    def confirmations(self) -> int:
        """How many orderers must say that they have a transaction: among so many one tells the truth."""
        return self.spare + 1 if self.byzantine else 1


@dataclass(frozen=True)
class Definition:
    """What the organisations approve first: a chaincode's name and who must endorse what it writes."""

    name: str
    version: str
    sequence: int
    endorsement: str


@dataclass(frozen=True)
class Policies:
    """The channel's rules, in Fabric's own words."""

    readers: str
    writers: str
    admins: str
    lifecycle: str
    endorsement: str


@dataclass(frozen=True)
class Topology:
    """The whole network; ports are already shifted."""

    channel: str
    chaincode: Definition
    organisations: tuple[Organisation, ...]
    ordering: Ordering
    policies: Policies
    witnesses: tuple[Member, ...] = ()

    def members(self) -> tuple[Member, ...]:
        """Everyone whose peer is on the channel."""
        return self.organisations + self.witnesses

    @property
    def endorsements(self) -> int:
        """How many organisations must endorse what is to be written."""
        return endorsement.needed(self.chaincode.endorsement, [each.msp_id for each in self.organisations])

    @property
    def approvals(self) -> int:
        """How many organisations must approve a definition of the chaincode. A majority is one of witnesses too."""
        majority = self.policies.lifecycle.startswith("MAJORITY")
        return len(self.members()) // 2 + 1 if majority else len(self.organisations)

    def ports(self) -> dict[str, int]:
        """Every port the network listens on, by a name that a person understands."""
        return dict(self._ports())

    def _ports(self) -> Iterator[tuple[str, int]]:
        for orderer in self.ordering.orderers:
            yield orderer.name, orderer.port
            yield f"{orderer.name} admin", orderer.admin_port
            yield f"{orderer.name} operations", orderer.operations_port
        for peer in (member.peer for member in self.members()):
            yield peer.name, peer.port
            yield f"{peer.name} chaincode listener", peer.chaincode_listen_port
            yield f"{peer.name} operations", peer.operations_port
        for organisation in self.organisations:
            yield organisation.chaincode.name, organisation.chaincode.port
            yield f"{organisation.chaincode.name} upgrade", organisation.chaincode.upgrade_port


def load(path: Path = TOPOLOGY, shift: int = 0) -> Topology:
    """The topology with `shift` added to every port; raises NetworkError naming the entry that is wrong."""
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise NetworkError(f"{path} cannot be read: {error}") from error
    topology = _topology(Entry(path.name, document, shift))
    _refuse_doubles(path, topology)
    try:
        _ = topology.endorsements
    except NetworkError as error:
        raise NetworkError(f"{path.name}: chaincode: endorsement {error}") from None
    return topology


def _topology(entry: Entry) -> Topology:
    with entry:
        return Topology(
            channel=entry.text("channel"),
            chaincode=_definition(entry.entry("chaincode")),
            organisations=tuple(_organisation(item) for item in entry.entries("organisations")),
            ordering=_ordering(entry.entry("ordering")),
            policies=_policies(entry.entry("policies")),
            witnesses=tuple(_witness(item) for item in entry.entries("witnesses", optional=True)),
        )


def _definition(entry: Entry) -> Definition:
    with entry:
        return Definition(
            entry.text("name"), entry.text("version"), entry.number("sequence"), entry.text("endorsement")
        )


def _organisation(entry: Entry) -> Organisation:
    with entry, entry.entry("chaincode") as chaincode:
        return Organisation(
            id=entry.text("id"),
            msp_id=entry.text("msp_id"),
            peer=_peer(entry.entry("peer")),
            chaincode=Chaincode(chaincode.text("name"), chaincode.port("port"), chaincode.port("upgrade_port")),
        )


def _witness(entry: Entry) -> Member:
    with entry:
        return Member(entry.text("id"), entry.text("msp_id"), _peer(entry.entry("peer")))


def _peer(entry: Entry) -> Peer:
    with entry:
        return Peer(
            name=entry.text("name"),
            port=entry.port("port"),
            chaincode_listen_port=entry.port("chaincode_listen_port"),
            operations_port=entry.port("operations_port"),
        )


def _ordering(entry: Entry) -> Ordering:
    with entry:
        orderers = tuple(_orderer(item) for item in entry.entries("orderers"))
        byzantine = _byzantine(entry.entry("byzantine")) if entry.has("byzantine") else None
        if byzantine and len(orderers) < LEAST_BYZANTINE:
            raise NetworkError(f"{entry.where}: byzantine needs {LEAST_BYZANTINE} orderers or more")
        return Ordering(
            id=entry.text("id"),
            msp_id=entry.text("msp_id"),
            orderers=orderers,
            blocks=_blocks(entry.entry("blocks")),
            raft=None if byzantine else _raft(entry.entry("raft")),
            byzantine=byzantine,
        )


def _orderer(entry: Entry) -> Orderer:
    with entry:
        return Orderer(entry.text("name"), entry.port("port"), entry.port("admin_port"), entry.port("operations_port"))


def _blocks(entry: Entry) -> Blocks:
    with entry:
        return Blocks(
            batch_timeout_ms=entry.number("batch_timeout_ms"),
            max_message_count=entry.number("max_message_count"),
            preferred_max_bytes=entry.number("preferred_max_bytes"),
            absolute_max_bytes=entry.number("absolute_max_bytes"),
        )


def _raft(entry: Entry) -> Raft:
    with entry:
        return Raft(entry.number("tick_ms"), entry.number("election_tick"), entry.number("heartbeat_tick"))


def _byzantine(entry: Entry) -> Byzantine:
    with entry:
        return Byzantine(*(entry.number(each.name) for each in fields(Byzantine)))


def _policies(entry: Entry) -> Policies:
    with entry:
        return Policies(
            readers=entry.text("readers"),
            writers=entry.text("writers"),
            admins=entry.text("admins"),
            lifecycle=entry.text("lifecycle"),
            endorsement=entry.text("endorsement"),
        )


def _refuse_doubles(path: Path, topology: Topology) -> None:
    members, ordering = topology.members(), topology.ordering
    _refuse_double(path, "id", [ordering.id, *(item.id for item in members)])
    _refuse_double(path, "msp_id", [ordering.msp_id, *(item.msp_id for item in members)])
    _refuse_double(path, "port", list(topology.ports().values()))
    names = [item.name for item in ordering.orderers] + [item.peer.name for item in members]
    _refuse_double(path, "name", names + [item.chaincode.name for item in topology.organisations])


def _refuse_double(path: Path, what: str, values: list[Any]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise NetworkError(f"{path.name} uses the {what} {value} twice")
