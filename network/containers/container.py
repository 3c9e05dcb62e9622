"""What each program of the network is as a container, said once: compose and Kubernetes render the same records.

A container is told what the native program is told, by the same functions; only the names of folders and hosts differ.
Nothing here depends on a network that was made: what is known later is in files that the containers mount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from network.containers import images
from network.containers.images import Image
from network.native import nodes, package
from network.native.layout import ROOT_IN_CONTAINERS, Layout
from network.native.programs import Fabric
from network.node import Node
from network.process import Process
from network.topology import Member, Orderer, Organisation, Topology

LAYOUT = Layout(ROOT_IN_CONTAINERS / "network")


@dataclass(frozen=True)
class Mount:
    """A folder of the state folder, which has the same path below the root in the container."""

    path: PurePosixPath
    writable: bool = False

    @property
    def target(self) -> str:
        return str(ROOT_IN_CONTAINERS / self.path)


@dataclass(frozen=True)
class Container:
    """One program of the network. It runs as a user without rights, and sees what it mounts and nothing else.

    It listens on `ports`; the first answers once the program serves. `organisation` is whose it is.
    """

    name: str
    host: str
    organisation: str
    image: Image
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    mounts: tuple[Mount, ...]
    ports: tuple[int, ...]


def describe(fabric: Fabric, topology: Topology) -> list[Container]:
    """Every container of the network: orderers, peers, chaincodes. `topology` is as they see it, see `hosts.inside`."""
    orderers = [_orderer(fabric, topology, each) for each in topology.ordering.orderers]
    peers = [_peer(fabric, each) for each in topology.members()]
    return orderers + peers + [_chaincode(each) for each in topology.organisations]


def _orderer(fabric: Fabric, topology: Topology, node: Orderer) -> Container:
    process = nodes.orderer(fabric, LAYOUT, topology.ordering, node)
    own = _own(topology.ordering.id, node)
    if fabric.has_system_channel:
        own = (*own, _mount(LAYOUT.channel))
    return _container(process, node, topology.ordering.id, images.ORDERER, own, node.admin_port, node.operations_port)


def _peer(fabric: Fabric, member: Member) -> Container:
    process, node = nodes.peer(fabric, LAYOUT, member), member.peer
    own = (*_own(member.id, node), _mount(LAYOUT.builder))
    return _container(process, node, member.id, images.PEER, own, node.operations_port)


def _chaincode(organisation: Organisation) -> Container:
    node, identities = organisation.chaincode, LAYOUT.identities(organisation.id)
    told = package.told_by_files(LAYOUT.node(node.name))
    process = nodes.chaincode(LAYOUT, organisation, Path("chaincode"), told)
    own = (_mount(identities.tls(node.name).folder), _mount(LAYOUT.node(node.name)))
    return _container(process, node, organisation.id, images.CHAINCODE, own)


def _own(organisation_id: str, node: Node) -> tuple[Mount, ...]:
    """A node's own identity, its own TLS certificate, and the folder that it writes to."""
    identities = LAYOUT.identities(organisation_id)
    secret = (identities.member(node.name).folder, identities.tls(node.name).folder)
    return *map(_mount, secret), _mount(LAYOUT.node(node.name), writable=True)


def _mount(folder: Path, *, writable: bool = False) -> Mount:
    return Mount(PurePosixPath(folder.relative_to(ROOT_IN_CONTAINERS)), writable)


def _container(
    process: Process, node: Node, organisation_id: str, image: Image, mounts: tuple[Mount, ...], *more: int
) -> Container:
    program, *words = process.argv
    return Container(
        name=node.name,
        host=node.host,
        organisation=organisation_id,
        image=image,
        command=(Path(program).name, *words),
        environment=process.env,
        folder=process.cwd,
        mounts=mounts,
        ports=(node.port, *more),
    )
