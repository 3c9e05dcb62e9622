"""The native network as a whole: made once, described for a supervisor, deployed to, asked whether it is ready."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from network import hosts, room
from network.errors import NetworkError
from network.kind import Kind
from network.native import (
    approved,
    connection,
    deploying,
    deployment,
    health,
    identities,
    made,
    nodes,
    package,
    profile,
    programs,
    recovery,
)
from network.native.command import Administrator
from network.native.deployment import Deployed, Deployment
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
    built = network.built()
    network.check()
    if not layout.made.exists():
        room.refuse_full(state, room.ORDERER_MB[fabric.has_system_channel] * len(topology.ordering.orderers))
        made.clear_unfinished(layout)
        layout.folder.mkdir(parents=True, exist_ok=True)
        identities.make(topology, layout, issuers)
        for organisation in topology.organisations:
            package.write(topology, layout, organisation)
        profile.write(fabric, topology, layout)
        deployment.write(layout, (deployment.first(topology, built),))
        made.write(layout, network.as_made())
    network.keep_programs()
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

    def listening(self) -> dict[str, int]:
        """The port of each process, by its name."""
        chaincodes = {
            nodes.chaincode_name(each.chaincode, deployed.package): each.chaincode.ports[deployed.slot]
            for deployed in self.deployment()
            for each in self.topology.organisations
        }
        return self.ports() | chaincodes

    def nodes(self) -> list[Process]:
        """Orderers, then peers. Where they are containers, this is how they are asked, not how they are started."""
        ordering = self.topology.ordering
        first = [nodes.orderer(self.fabric, self.layout, ordering, each) for each in ordering.orderers]
        return first + [nodes.peer(self.fabric, self.layout, each) for each in self.topology.members()]

    def chaincodes(self) -> list[Process]:
        """One chaincode process for each organisation that endorses; during an upgrade the next one's too."""
        every = deployment.processes(self.deployment())
        return [process for deployed in every for process in self.chaincodes_of(deployed)]

    def chaincodes_of(self, deployed: Deployed) -> list[Process]:
        """The processes that serve one definition."""
        program, place = self.layout.program(deployed.program), (deployed.package, deployed.slot)
        return [
            nodes.chaincode(self.layout, each, program, self.told(each, deployed.package), *place)
            for each in self.topology.organisations
        ]

    def told(self, organisation: Organisation, number: int = 1) -> dict[str, str]:
        """What an organisation's chaincode process is told of its package and its ledger."""
        return package.told(self.topology, self.layout.package(organisation, number), self.genesis_hash, number)

    def deployment(self) -> Deployment:
        """What is run for which definition of the chaincode."""
        return deployment.read(self.layout) or (deployment.made_before(self.topology, self.built()),)

    def deploy(self, progress: Progress) -> None:
        """Create the channel and put the chaincode on it, doing only what is not done yet.

        Call it when all processes are ready. Returns once every organisation endorses; raises NetworkError otherwise.
        """
        deployed = deploying.deploy(*self.administrators(), self.deployment(), progress)
        progress("waiting for every organisation to endorse")
        self._wait_ready(deployed, progress)

    def built(self) -> str:
        """The fingerprint of the program that the ledger is to run; in containers that is their image's affair."""
        return approved.fingerprint(self.chaincode) if self.kind is Kind.NATIVE else ""

    def keep_programs(self) -> None:
        """What was approved must be there, and unchanged, before anything is started; what was built may be it."""
        known = self.deployment()
        if not self.layout.deployment.exists():
            deployment.write(self.layout, known)
        for each in known:
            if each.program:
                approved.check(self.layout, each.program, self.chaincode)

    def is_upgrade_due(self) -> bool:
        """Whether the program that was built is not the one that runs, or an upgrade was broken off."""
        in_force, *more = self.deployment()
        return bool(more) or in_force.program != self.built()

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
        everyone, _witnesses = self.administrators()
        return health.look(everyone, _version)

    def write_connection(self) -> None:
        """Write connection.json and each organisation's own, from which clients learn where to endorse and to order."""
        connection.write(self.fabric, self.topology, self.layout)

    def administrators(self) -> tuple[list[Administrator], list[Administrator]]:
        """Those of the organisations that take part, those of the witnesses."""
        topology = self.topology
        everyone = [Administrator(self.fabric, self.layout, topology, each) for each in topology.members()]
        return everyone[: len(topology.organisations)], everyone[len(topology.organisations) :]

    def _wait_ready(self, deployed: Deployed, progress: Progress) -> None:
        deadline, (organisations, _) = monotonic() + _READY_SECONDS, self.administrators()
        while not (found := self.health()).is_whole:
            if monotonic() > deadline:
                raise NetworkError(str(found))
            deploying.admit_late(organisations, found.silent, deployed, progress)
            sleep(_PAUSE_SECONDS)


def _refuse_too_old(fabric: Fabric, topology: Topology) -> None:
    if topology.ordering.byzantine and not fabric.has_byzantine:
        raise NetworkError(
            f"Byzantine ordering came with Fabric 3.0, the programs in {fabric.folder} are {fabric.version}:"
            " set FABRIC_BIN to a folder with 3.x, or take LONJA_TOPOLOGY=consortium"
        )


def _version(administrator: Administrator) -> str:
    topology = administrator.topology
    call = json.dumps({"Args": ["version"]})
    return administrator.peer("chaincode", "query", "-C", topology.channel, "-n", topology.chaincode.name, "-c", call)
