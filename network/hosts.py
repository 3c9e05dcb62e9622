"""A network in containers: the same nodes, each on a host of its own, at the topology's own ports."""

from dataclasses import fields, replace
from typing import Any, TypeVar

from network.node import Node, host_of
from network.topology import Member, Topology

AnyNode = TypeVar("AnyNode", bound=Node)
AnyMember = TypeVar("AnyMember", bound=Member)


def inside(topology: Topology, shift: int) -> Topology:
    """The topology, whose ports carry `shift`, as its nodes see it in containers."""

    def moved(node: AnyNode) -> AnyNode:
        ports = {each.name: getattr(node, each.name) - shift for each in fields(node) if each.name.endswith("port")}
        return replace(node, host=host_of(node.name), **ports)

    def member(one: AnyMember) -> AnyMember:
        nodes: dict[str, Any] = {name: moved(node) for name, node in vars(one).items() if isinstance(node, Node)}
        return replace(one, **nodes)

    return replace(
        topology,
        organisations=tuple(map(member, topology.organisations)),
        witnesses=tuple(map(member, topology.witnesses)),
        ordering=replace(topology.ordering, orderers=tuple(map(moved, topology.ordering.orderers))),
    )
