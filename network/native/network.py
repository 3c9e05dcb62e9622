"""The native network as a whole: made once, described for a supervisor, deployed to, asked whether it is ready."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from network import hosts
from network.errors import NetworkError
from network.kind import Kind
from network.native import (
    channel,
    connection,
    health,
    identities,
    lifecycle,
    made,
    nodes,
    package,
    profile,
    programs,
    recovery,
)
from network.native.command import Administrator, together
from network.native.health import Health
from network.native.identities import Issuer
from network.native.layout import ROOT_IN_CONTAINERS, Layout
from network.native.made import Made
from network.native.programs import Fabric
from network.process import Process
from network.topology import TOPOLOGY, Organisation, Topology, load

_READY_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
Progress = Callable[[str], None]


def prepare(
    state: Path,
    fabric_bin: Path,
    chaincode: Path,
    genesis_hash: str,
    shift: int,
    topology_file: Path = TOPOLOGY,
    issuers: Callable[[str], Issuer] | None = None,
    kind: Kind = Kind.NATIVE,
) -> "Network":
    """Make all a network needs below `state`/network, or find it there from an earlier start.

    `fabric_bin` is the folder with peer, orderer and configtxgen; `chaincode` our chaincode's program; `genesis_hash`
    the SHA-256 of the genesis file it shall accept, in hex; `shift` is added to every port of the topology. `issuers`
    names who certifies an organisation's nodes, where they are not to be self-made. Starts nothing; call it while the
    network does not run. Raises NetworkError when what is there does not fit.
    """
    network = find(state, fabric_bin, chaincode, genesis_hash, shift, topology_file, kind)
    fabric, topology, layout = network.fabric, network.inside, network.layout
    if kind is Kind.NATIVE and not os.access(chaincode, os.X_OK):
        raise NetworkError(f"there is no chaincode program at {chaincode}; `make setup` builds it")
    network.check()
    if not layout.made.exists():
        made.clear_unfinished(layout)
        layout.folder.mkdir(parents=True, exist_ok=True)
        identities.make(topology, layout, issuers)
        for organisation in topology.organisations:
            package.write(topology, layout, organisation)
        profile.write(fabric, topology, layout)
        made.write(layout, network.as_made())
    recovery.recover(fabric, network.topology, layout)
    package.write_builder(layout.builder)
    nodes.write(fabric, topology, layout, network.seen)
    if kind is not Kind.NATIVE:
        for organisation in topology.organisations:
            package.write_told(layout.node(organisation.chaincode.name), network.told(organisation))
    return network


def find(
    state: Path,
    fabric_bin: Path,
    chaincode: Path,
    genesis_hash: str,
    shift: int,
    topology_file: Path = TOPOLOGY,
    kind: Kind = Kind.NATIVE,
) -> "Network":
    """The network as it is, running or not: makes and mends nothing. The arguments are those of `prepare`."""
    fabric, topology = programs.look_at(fabric_bin), load(topology_file, shift)
    _refuse_too_old(fabric, topology)
    layout = Layout(state.resolve() / "network")
    if kind is Kind.CONTAINERS:
        topology = hosts.inside(topology, shift)
    return Network(fabric, topology, layout, chaincode.resolve(), genesis_hash, shift, kind)


@dataclass(frozen=True)
class Network:
    """A prepared network, whether its processes run or not. Nodes and chaincodes may be started in any order.

    `topology` is the network as whoever speaks to it reaches it, `inside` as its own nodes do; natively that is one.
    """

    fabric: Fabric
    topology: Topology
    layout: Layout
    chaincode: Path
    genesis_hash: str
    shift: int
    kind: Kind = Kind.NATIVE

    @property
    def inside(self) -> Topology:
        """The network as its own nodes see it: what stands in its blocks."""
        return hosts.inside(self.topology, self.shift) if self.kind is Kind.DOCKER else self.topology

    @property
    def seen(self) -> Layout:
        """Where its own nodes find what lies in `layout`."""
        return self.layout if self.kind is Kind.NATIVE else Layout(ROOT_IN_CONTAINERS / "network")

    @property
    def fabric_version(self) -> str:
        """As the programs tell it, such as 3.1.5."""
        return self.fabric.version

    def ports(self) -> dict[str, int]:
        """Every port the network listens on, by a name for people."""
        return self.topology.ports()

    def nodes(self) -> list[Process]:
        """Orderers, then peers."""
        ordering = self.topology.ordering
        first = [nodes.orderer(self.fabric, self.layout, ordering, each) for each in ordering.orderers]
        return first + [nodes.peer(self.fabric, self.layout, each) for each in self.topology.members()]

    def chaincodes(self) -> list[Process]:
        """One chaincode process for each organisation that endorses."""
        return [
            nodes.chaincode(self.layout, each, self.chaincode, self.told(each)) for each in self.topology.organisations
        ]

    def told(self, organisation: Organisation) -> dict[str, str]:
        """What an organisation's chaincode process is told of its package and its ledger."""
        return package.told(self.topology, self.layout.package(organisation), self.genesis_hash)

    def deploy(self, progress: Progress) -> None:
        """Create the channel and put the chaincode on it, doing only what is not done yet.

        Call it when all processes are ready. Returns once every organisation endorses; raises NetworkError otherwise.
        """
        organisations, witnesses = self._administrators()
        if not self._deployed():
            progress(f"creating the channel {self.topology.channel}")
            channel.create(organisations[0])
            progress("joining the peers and installing the chaincode")
            together(partial(channel.join, each) for each in witnesses)
            together(partial(_enter, each) for each in organisations)
            progress("committing the chaincode's definition")
            lifecycle.commit(organisations[0])
        progress("waiting for every organisation to endorse")
        self._wait_ready()

    def check(self) -> None:
        """Return when the network could be started as it is; raises NetworkError saying why not."""
        made.check(self.layout, self.as_made())
        if self.layout.made.exists():
            recovery.refuse_loss(self.topology, self.layout)

    def as_made(self) -> Made:
        """What its ledger fixes for ever. Containers keep their own ports, wherever those are published."""
        shift = self.shift if self.kind is Kind.NATIVE else 0
        return made.record(self.fabric, self.inside, shift, self.genesis_hash, self.kind.made_for)

    def health(self) -> Health:
        """Which organisations' peers endorse now, with the same answer, and whether the orderers have a leader."""
        everyone, _witnesses = self._administrators()
        return health.look(everyone, _version)

    def write_connection(self) -> None:
        """Write connection.json and each organisation's own, from which clients learn where to endorse and to order."""
        connection.write(self.fabric, self.topology, self.layout)

    def _administrators(self) -> tuple[list[Administrator], list[Administrator]]:
        """Those of the organisations that take part, those of the witnesses."""
        topology = self.topology
        everyone = [Administrator(self.fabric, self.layout, topology, each) for each in topology.members()]
        return everyone[: len(topology.organisations)], everyone[len(topology.organisations) :]

    def _deployed(self) -> bool:
        organisations, witnesses = self._administrators()
        joined = (partial(channel.joined, each) for each in witnesses)
        try:
            return all(together([*(partial(lifecycle.committed, each) for each in organisations), *joined]))
        except NetworkError:
            return False  # no channel yet, or not on this peer

    def _wait_ready(self) -> None:
        deadline = monotonic() + _READY_SECONDS
        while not (found := self.health()).is_whole:
            if monotonic() > deadline:
                raise NetworkError(str(found))
            sleep(_PAUSE_SECONDS)


def _refuse_too_old(fabric: Fabric, topology: Topology) -> None:
    if topology.ordering.byzantine and not fabric.has_byzantine:
        raise NetworkError(
            f"Byzantine ordering came with Fabric 3.0, the programs in {fabric.folder} are {fabric.version}:"
            " set FABRIC_BIN to a folder with 3.x, or take LONJA_TOPOLOGY=consortium"
        )


def _enter(administrator: Administrator) -> None:
    channel.join(administrator)
    lifecycle.install(administrator)
    lifecycle.approve(administrator)


def _version(administrator: Administrator) -> str:
    topology = administrator.topology
    call = json.dumps({"Args": ["version"]})
    return administrator.peer("chaincode", "query", "-C", topology.channel, "-n", topology.chaincode.name, "-c", call)
