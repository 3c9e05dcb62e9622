"""Who may talk to a node of the network, and whom it may call. Beside them, see base/policies.yaml, nobody.

An orderer's administration port is for nobody in the cluster: who may forward ports reaches it.
"""

from typing import Any

from network.containers.container import Container
from network.kubernetes.nodes import NAME, ORGANISATION, role

Rule = dict[str, Any]


def policy(container: Container) -> Rule:
    """The policy of one node."""
    ingress, egress = _RULES[role(container)](container)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": container.host},
        "spec": {
            "podSelector": {"matchLabels": {"lonja/node": container.name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            **({"egress": egress} if egress else {}),
        },
    }


def _orderer(container: Container) -> tuple[list[Rule], list[Rule]]:
    """Its fellows, the peers that fetch blocks and the worker that hands transactions in."""
    return [_from(_named("orderer", "peer", "worker"), "orderer")], [_to(_named("orderer"), "orderer")]


def _peer(container: Container) -> tuple[list[Rule], list[Rule]]:
    """Other peers' gossip and the clients that ask for endorsement; it calls its own chaincode and no other's."""
    own = {NAME: "chaincode", ORGANISATION: container.organisation}
    egress = [_to(_named("peer"), "peer"), _to(_named("orderer"), "orderer"), _to({"matchLabels": own}, "chaincode")]
    return [_from(_named("peer", "api", "worker"), "peer")], egress


def _chaincode(container: Container) -> tuple[list[Rule], list[Rule]]:
    """Its own peer. It calls nobody."""
    own = {NAME: "peer", ORGANISATION: container.organisation}
    return [_from({"matchLabels": own}, "chaincode")], []


_RULES = {"orderer": _orderer, "peer": _peer, "chaincode": _chaincode}


def _named(*names: str) -> Rule:
    return {"matchExpressions": [{"key": NAME, "operator": "In", "values": list(names)}]}


def _from(selector: Rule, port: str) -> Rule:
    return {"from": [{"podSelector": selector}], "ports": [{"protocol": "TCP", "port": port}]}


def _to(selector: Rule, port: str) -> Rule:
    return {"to": [{"podSelector": selector}], "ports": [{"protocol": "TCP", "port": port}]}
