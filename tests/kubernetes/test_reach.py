"""NetworkPolicies let the connections come about that the topology needs, and no other."""

from collections.abc import Iterator

import pytest

from middleware.config import OPERATIONS
from tests.kubernetes import sources
from tests.kubernetes.reach import End, allowed, connections, pods
from tests.kubernetes.rendered import OVERLAYS, documents

Connection = tuple[str, str, int]
SQL = ("api", "worker", "fix", "webhooks")
COLLECTOR, INGRESS, STRANGER = (
    End("collector", namespace="monitoring"),
    End("ingress", namespace="ingress-nginx"),
    End("stranger", namespace="default"),
)
INTERNET, PRIVATE = End("internet", address="203.0.113.7"), End("neighbour", address="10.1.2.3")
DATABASES = {"qa": "192.0.2.20", "prod": "192.0.2.40"}


def needed(overlay: str) -> Iterator[Connection]:
    """Who has to reach whom, by the topology and by what the product's processes do."""
    known = sources.topology()
    peers = [each.peer for each in known.members()]
    for each in known.organisations:
        yield each.peer.host, each.chaincode.host, each.chaincode.port
    for one in peers:
        yield from ((one.host, other.host, other.port) for other in peers if other is not one)
        yield from ((client, one.host, one.port) for client in ("api", "worker"))
    for one in known.ordering.orderers:
        fellows = [each.host for each in known.ordering.orderers if each is not one]
        yield from ((caller, one.host, one.port) for caller in (*fellows, *(each.host for each in peers), "worker"))
    yield "console", "api", 8000
    if overlay == "dev":
        yield from ((process, "postgresql", 5432) for process in SQL)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_needed_comes_about_and_nothing_else(overlay: str) -> None:
    found = set(connections(documents(overlay), sources.topology().ports().values()))
    wanted = set(needed(overlay))
    assert wanted - found == set(), "forbidden, though needed"
    assert found - wanted == set(), "allowed, though nobody needs it"


def reached(overlay: str, source: End) -> set[tuple[str, int]]:
    """Which ports of which pods somebody elsewhere reaches."""
    told = documents(overlay)
    ours = sources.topology().ports().values()
    return {
        (target.name, port)
        for target in pods(told)
        for port in {*ours, *target.ports.values()}
        if allowed(told, source, target, port)
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_measures_are_for_the_collector(overlay: str) -> None:
    known = sources.topology()
    nodes = [*(each.peer for each in known.members()), *known.ordering.orderers]
    measured = {(node.host, node.operations_port) for node in nodes}
    measured |= {(process, 9700 + more) for process, more in OPERATIONS.items()}
    assert reached(overlay, COLLECTOR) == measured


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_outside_reaches_the_doors_and_nothing_behind_them(overlay: str) -> None:
    is_open = overlay != "dev"
    assert reached(overlay, INGRESS) == ({("console", 8080), ("api", 8000)} if is_open else set())
    assert reached(overlay, INTERNET) == ({("fix", 9880)} if is_open else set())
    assert reached(overlay, STRANGER) == set()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_webhooks_leave_and_not_for_private_networks(overlay: str) -> None:
    told = documents(overlay)
    assert {each.name for each in pods(told) if allowed(told, each, INTERNET, 443)} == {"webhooks"}
    assert [each.name for each in pods(told) if allowed(told, each, PRIVATE, 443)] == []


@pytest.mark.parametrize("overlay", DATABASES)
def test_a_database_outside_is_reached_by_whoever_keeps_something_in_it(overlay: str) -> None:
    told, database = documents(overlay), End("database", address=DATABASES[overlay])
    assert {each.name for each in pods(told) if allowed(told, each, database, 5432)} == set(SQL)


def test_a_console_does_not_reach_a_peer_nor_a_peer_anothers_chaincode() -> None:
    told, known = documents("prod"), sources.topology()
    ends = {each.name: each for each in pods(told)}
    first, second = known.organisations[0], known.organisations[1]
    assert not allowed(told, ends["console"], ends[first.peer.host], first.peer.port)
    assert not allowed(told, ends[second.peer.host], ends[first.chaincode.host], first.chaincode.port)
    assert allowed(told, ends[first.peer.host], ends[first.chaincode.host], first.chaincode.port)
