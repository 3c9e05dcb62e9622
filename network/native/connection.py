"""connection.json: all that a client of the ledger needs to know of the network, and nothing about how it is run."""

import json
import os
from typing import Any

from network.native.identities import CLIENT
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import HOST, Topology


def write(fabric: Fabric, topology: Topology, layout: Layout) -> None:
    """Write it in one step, so that no reader sees half of it."""
    coming = layout.connection.with_suffix(".coming")
    coming.write_text(json.dumps(_document(fabric, topology, layout), indent=1) + "\n")
    os.replace(coming, layout.connection)


def _document(fabric: Fabric, topology: Topology, layout: Layout) -> dict[str, Any]:
    ordering = topology.ordering
    organisations = []
    for each in topology.organisations:
        client = layout.identities(each.id).member(CLIENT)
        organisations.append(
            {
                "id": each.id,
                "msp_id": each.msp_id,
                "peer": _node(layout, each.id, each.peer.name, each.peer.port),
                "client": {"certificate": str(client.certificate), "key": str(client.key)},
            }
        )
    return {
        "channel": topology.channel,
        "chaincode": topology.chaincode.name,
        "fabric_version": fabric.version,
        "organisation": topology.organisations[0].id,
        "organisations": organisations,
        "orderers": [_node(layout, ordering.id, node.name, node.port) for node in ordering.orderers],
    }


def _node(layout: Layout, organisation_id: str, name: str, port: int) -> dict[str, str]:
    authority = layout.identities(organisation_id).tls(name).authority
    return {"address": f"{HOST}:{port}", "tls_ca": str(authority), "name": name}
