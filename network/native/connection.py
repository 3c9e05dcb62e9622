"""connection.json: all that a client of the ledger needs to know of the network, and nothing about how it is run.

Each organisation has one, in which it comes first; connection.json itself is the first organisation's.
"""

import json
import os
from pathlib import Path
from typing import Any

from network.native.identities import CLIENT
from network.native.layout import Layout
from network.native.programs import Fabric
from network.node import Node
from network.topology import Organisation, Topology


def write(fabric: Fabric, topology: Topology, layout: Layout) -> None:
    """Write each in one step, so that no reader sees half of one; connection.json last."""
    for each in topology.organisations:
        _write(layout.connection_of(each.id), document(fabric, topology, layout, each))
    _write(layout.connection, document(fabric, topology, layout, topology.organisations[0]))


def _write(path: Path, document: dict[str, Any]) -> None:
    coming = path.with_suffix(".coming")
    coming.write_text(json.dumps(document, indent=1) + "\n")
    os.replace(coming, path)


def document(fabric: Fabric, topology: Topology, layout: Layout, own: Organisation) -> dict[str, Any]:
    """`endorsements`: so many organisations suffice; `confirmations`: so many orderers must say that they have it."""
    ordering = topology.ordering
    organisations = []
    for each in sorted(topology.organisations, key=lambda one: one is not own):
        client = layout.identities(each.id).member(CLIENT)
        organisations.append(
            {
                "id": each.id,
                "msp_id": each.msp_id,
                "peer": _node(layout, each.id, each.peer),
                "client": {"certificate": str(client.certificate), "key": str(client.key)},
            }
        )
    return {
        "channel": topology.channel,
        "chaincode": topology.chaincode.name,
        "fabric_version": fabric.version,
        "organisation": own.id,
        "endorsements": topology.endorsements,
        "confirmations": ordering.confirmations,
        "organisations": organisations,
        "orderers": [_node(layout, ordering.id, node) for node in ordering.orderers],
    }


def _node(layout: Layout, organisation_id: str, node: Node) -> dict[str, str]:
    authority = layout.identities(organisation_id).tls(node.name).authority
    return {"address": node.address, "tls_ca": str(authority), "name": node.name}
