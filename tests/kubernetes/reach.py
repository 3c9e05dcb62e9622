"""Who may talk to whom, as NetworkPolicies say it: both ends must allow it, and whom no policy means is free."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from tests.kubernetes.rendered import Document, Documents, labels, of_kind, ports, selects, workloads


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod of ours, or somebody elsewhere. `address` is set where no pod is known."""

    name: str
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    ports: dict[str, int] = field(default_factory=dict, hash=False)
    namespace: str = ""  # "" is the overlay's own
    address: str = ""


def pods(documents: Documents) -> list[End]:
    """One for each workload."""
    return [End(one["metadata"]["name"], labels(one), ports(one)) for one in workloads(documents)]


def allowed(documents: Documents, source: End, target: End, port: int) -> bool:
    """Whether a TCP connection from one end to the other's port comes about."""
    policies = of_kind(documents, "NetworkPolicy")
    leaves = _lets(policies, "egress", source, target, port, target)
    return leaves and _lets(policies, "ingress", target, source, port, target)


def _lets(policies: Iterable[Document], way: str, mine: End, other: End, port: int, listener: End) -> bool:
    """What my own policies say; nobody has any for whoever is elsewhere."""
    if mine.namespace or mine.address:
        return True
    concerned = [one["spec"] for one in policies if _concerns(one["spec"], way, mine)]
    rules = [rule for spec in concerned for rule in spec.get(way, ())]
    return not concerned or any(_rule(rule, way, other, port, listener) for rule in rules)


def _concerns(spec: Document, way: str, mine: End) -> bool:
    return way.capitalize() in spec["policyTypes"] and selects(spec["podSelector"], mine.labels)


def _rule(rule: Document, way: str, other: End, port: int, listener: End) -> bool:
    peers = rule.get("from" if way == "ingress" else "to")
    to_port = "ports" not in rule or any(_port(one, port, listener) for one in rule["ports"])
    return to_port and (peers is None or any(_peer(one, other) for one in peers))


def _port(one: Document, port: int, listener: End) -> bool:
    if one.get("protocol", "TCP") != "TCP":
        return False
    wanted = one.get("port")
    return wanted is None or port == (listener.ports.get(wanted) if isinstance(wanted, str) else wanted)


def _peer(one: Document, other: End) -> bool:
    if "ipBlock" in one:
        return bool(other.address) and _block(one["ipBlock"], other.address)
    if other.address:
        return False
    if "namespaceSelector" in one:
        there = {"kubernetes.io/metadata.name": other.namespace or "ours"}
        return selects(one["namespaceSelector"], there) and selects(one.get("podSelector", {}), other.labels)
    return not other.namespace and selects(one["podSelector"], other.labels)


def _block(block: Document, address: str) -> bool:
    found = ip_address(address)
    return found in ip_network(block["cidr"]) and not any(found in ip_network(each) for each in block.get("except", ()))


def connections(documents: Documents, ports: Iterable[int]) -> Iterator[tuple[str, str, int]]:
    """Every connection between two pods of ours that comes about, asked one by one."""
    ends, asked = pods(documents), list(ports)
    for source in ends:
        for target in ends:
            if source is target:
                continue
            for port in {*asked, *target.ports.values()}:
                if allowed(documents, source, target, port):
                    yield source.name, target.name, port
