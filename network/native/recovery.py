"""Makes good what a kill at a bad moment left behind, and refuses what cannot be made good.

Fabric's nodes survive a kill once they have a ledger. Before that they do not: a node killed while it makes its
databases never starts again, and a peer killed while it builds a package believes the half. Until the network has been
complete once, whatever holds no ledger is therefore thrown away and made anew.
"""

import json
import shutil

from network.errors import NetworkError
from network.native import channel, package, probe
from network.native.layout import Layout
from network.native.made import AGAIN
from network.native.programs import Fabric
from network.topology import Topology


def recover(fabric: Fabric, topology: Topology, layout: Layout) -> None:
    """Leave the nodes' folders so that all of them start; raises NetworkError when a ledger is gone."""
    refuse_loss(topology, layout)
    if not layout.connection.exists():
        _begin_again(fabric, topology, layout)
    _forget_half_builds(topology, layout)


def refuse_loss(topology: Topology, layout: Layout) -> None:
    """Refuse to start with a ledger gone.

    An orderer that lost its own would order a second history. A peer that lost its own could copy the blocks,
    but not its organisation's approval of the chaincode, which only it had.
    """
    joined = _joined(topology, layout)
    orderers = [each.name for each in topology.ordering.orderers]
    gone = [name for name in orderers if not layout.orderer_ledger(name, topology.channel).exists()]
    if layout.connection.exists():
        gone += [each.peer.name for each in topology.members() if each.peer.name not in joined]
    if gone and (joined or layout.connection.exists()):
        folder = layout.node(gone[0])
        raise NetworkError(f"the ledger of {gone[0]} is gone: put {folder} back from a copy. Or: {AGAIN}")


def _begin_again(fabric: Fabric, topology: Topology, layout: Layout) -> None:
    probe.refuse_taken(topology.ports())
    joined = _joined(topology, layout)
    for member in topology.members():
        if member.peer.name not in joined:
            shutil.rmtree(layout.node(member.peer.name), ignore_errors=True)
    if joined:
        return
    for orderer in topology.ordering.orderers:
        shutil.rmtree(layout.node(orderer.name), ignore_errors=True)
    if fabric.has_system_channel:  # where the first block is the orderer's work, it goes with the orderer's ledger
        channel.first_block(layout, topology.channel).unlink(missing_ok=True)


def _forget_half_builds(topology: Topology, layout: Layout) -> None:
    for organisation in topology.organisations:
        for build in layout.builds(organisation.peer.name).glob("*"):
            try:
                json.loads((build / "build-info.json").read_text())
                json.loads((build / "release" / package.SERVICE / "connection.json").read_text())
            except (OSError, ValueError):
                shutil.rmtree(build)


def _joined(topology: Topology, layout: Layout) -> list[str]:
    """The peers that have the channel's ledger."""
    peers = [each.peer.name for each in topology.members()]
    return [name for name in peers if layout.peer_ledger(name, topology.channel).exists()]
