"""The channel is made from outside, through ports that kubectl forwards; no administrator's key goes inside."""

from pathlib import Path

import pytest

from network.config import Config
from network.errors import NetworkError
from network.kind import Kind
from network.kubernetes import __main__ as program
from network.kubernetes import base, deploying
from network.native.layout import Layout
from network.native.network import Network
from network.topology import load
from tests.kubernetes.rendered import documents, of_kind

SHIFT = 300


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(Network, "told", lambda *_: {})  # what is known once packages are made
    topology = load(base.TOPOLOGY, SHIFT)
    return Network(base.fabric(), topology, Layout(tmp_path), Path(__file__), "", SHIFT, Kind.DOCKER)


def test_every_port_of_a_node_is_forwarded_from_its_service(network: Network) -> None:
    services = {one["metadata"]["name"]: one["spec"]["ports"] for one in of_kind(documents("prod"), "Service")}
    found = list(deploying.forwards(network, "lonja-prod"))
    assert len(found) == 3 + 3 + 3
    for process in found:
        assert process.argv[:4] == ("kubectl", "--namespace", "lonja-prod", "port-forward")
        kind, _, name = process.argv[4].partition("/")
        assert kind == "service"
        assert list(process.argv[5:]) == [f"{each['port'] + SHIFT}:{each['port']}" for each in services[name]]
        assert process.ready is not None


def test_where_ports_are_forwarded_nodes_are_sought(network: Network) -> None:
    told = " ".join(word for process in deploying.forwards(network, "lonja-prod") for word in process.argv[5:])
    for node in (*network.topology.ordering.orderers, *(each.peer for each in network.topology.members())):
        assert node.host == "127.0.0.1"
        assert f"{node.port}:{node.port - SHIFT}" in told


def test_a_kubectl_that_is_not_there_is_named(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploying, "find", lambda *_, **__: network)
    monkeypatch.setattr(Network, "check", lambda _: None)
    settings = Config(tmp_path, SHIFT, tmp_path, tmp_path)
    (tmp_path / "genesis.json").write_text("{}")
    with pytest.raises(NetworkError, match="no network has been made"):
        deploying.deploy(settings, "lonja-dev", print)
    network.layout.made.write_text("{}")
    with pytest.raises(NetworkError, match="port-forward to orderer0.lonja cannot be started: nowhere/kubectl"):
        deploying.deploy(settings, "lonja-dev", print, kubectl="nowhere/kubectl")


@pytest.mark.parametrize("words", [["deploy", "state"], ["else"], []])
def test_whoever_asks_for_nothing_known_is_told_how(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(words) == 2
    assert "python -m network.kubernetes secrets STATE" in capsys.readouterr().out
