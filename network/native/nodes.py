"""The programs of the network, described for whoever runs them."""

from collections.abc import Mapping
from pathlib import Path

from network.native import settings
from network.native.identities import CHAINCODE_CLIENT
from network.native.layout import Layout
from network.native.probe import serves
from network.native.programs import PATH, Fabric
from network.process import Process
from network.topology import Chaincode, Member, Orderer, Ordering, Organisation, Topology


def write(fabric: Fabric, topology: Topology, layout: Layout, seen: Layout) -> None:
    """Every node's folder with its configuration, anew at each start: the programs may have moved.

    `seen` is where the nodes find what lies in `layout`.
    """
    for orderer in topology.ordering.orderers:
        settings.write_orderer(fabric, _folder(layout, orderer.name))
    for member in topology.members():
        settings.write_peer(fabric, seen, member, _folder(layout, member.peer.name))


def orderer(fabric: Fabric, layout: Layout, ordering: Ordering, node: Orderer) -> Process:
    """An orderer; serves from the moment its listener does, also without a channel."""
    return Process(
        name=node.name,
        argv=(fabric.program("orderer"),),
        env=settings.orderer_environment(fabric, layout, ordering, node),
        cwd=layout.node(node.name),
        log=layout.log(node.name),
        ready=serves(node.port, node.name, layout.identities(ordering.id).tls(node.name).authority, host=node.host),
    )


def peer(fabric: Fabric, layout: Layout, member: Member) -> Process:
    """A peer; serves once the ledgers it has are open."""
    node = member.peer
    return Process(
        name=node.name,
        argv=(fabric.program("peer"), "node", "start"),
        env=settings.peer_environment(layout, member),
        cwd=layout.node(node.name),
        log=layout.log(node.name),
        ready=serves(node.port, node.name, layout.identities(member.id).tls(node.name).authority, host=node.host),
    )


def chaincode(
    layout: Layout, organisation: Organisation, program: Path, told: Mapping[str, str], number: int = 1, slot: int = 0
) -> Process:
    """One organisation's own chaincode process: it admits only its own peer, and only the genesis it was given.

    `told` is its package's id and the genesis hash, or the files that hold them; `number` is that of its package,
    `slot` which of the two ports it listens on.
    """
    node, identities = organisation.chaincode, layout.identities(organisation.id)
    tls, port = identities.tls(node.name), node.ports[slot]
    name = chaincode_name(node, number)
    return Process(
        name=name,
        argv=(str(program),),
        env={
            "PATH": PATH,
            "CHAINCODE_SERVER_ADDRESS": f"{node.listen}:{port}",
            "CHAINCODE_TLS_CERT": str(tls.certificate),
            "CHAINCODE_TLS_KEY": str(tls.key),
            "CHAINCODE_TLS_CLIENT_CA": str(tls.authority),
            **told,
        },
        cwd=layout.folder,
        log=layout.log(name),
        ready=serves(port, node.name, tls.authority, client=identities.tls(CHAINCODE_CLIENT), host=node.host),
    )


def chaincode_name(node: Chaincode, number: int) -> str:
    """What the process is called; each upgrade's has a number, since it runs beside the one before."""
    return node.name if number == 1 else f"{node.name}-{number}"


def _folder(layout: Layout, name: str) -> Path:
    folder = layout.node(name)
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    return folder
