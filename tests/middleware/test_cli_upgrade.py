"""`lonja upgrade` refuses in words what it cannot do, before anything changes."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from middleware import cli, cli_upgrade
from middleware.errors import Error
from middleware.ledger import Unavailable
from middleware.ledger.fabric import trial
from network.errors import NetworkError
from network.kind import Kind
from network.native import Network, identities, package, runner, upgrade
from network.native.deployment import Deployed
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import load

TOPOLOGY = load()
GENESIS = "ab" * 32
NEXT = Deployed(2, "1-b", "AND('A.peer')", "b" * 64, package=2, slot=1)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    layout = Layout(tmp_path / "network")
    fabric = Fabric(tmp_path, "3.1.5", (3, 1), tmp_path)
    network = Network(fabric, TOPOLOGY, layout, tmp_path / "chaincode", GENESIS, 0)
    monkeypatch.setattr(runner, "found", lambda _config: network)
    monkeypatch.setattr(Network, "check", lambda _network: None)
    return network


def refused(state: Path, **settings: str) -> str:
    environment = {"LONJA_STATE": str(state), **settings}
    result = CliRunner(env=environment).invoke(cli.cli, ["upgrade"])
    assert isinstance(result.exception, Error), result.output
    return str(result.exception)


def test_the_sandbox_is_started_anew_instead(tmp_path: Path) -> None:
    assert "start it anew" in refused(tmp_path, LONJA_LEDGER_DRIVER="sandbox")


def test_where_nothing_runs_the_next_command_is_told(tmp_path: Path, network: Network) -> None:
    assert f"nothing runs on {tmp_path}; `make run` starts it" in refused(tmp_path)


def test_containers_take_another_image(tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    contained = Network(network.fabric, TOPOLOGY, network.layout, network.chaincode, GENESIS, 0, Kind.DOCKER)
    monkeypatch.setattr(runner, "found", lambda _config: contained)
    assert "in its containers' image" in refused(tmp_path)


def test_a_full_disk_is_said(tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "programs/chaincode.coming")

    monkeypatch.setattr(runner, "holder", lambda _state: 1)
    monkeypatch.setattr(upgrade, "run", full)
    assert "No space left on device: programs/chaincode.coming" in refused(tmp_path)


def test_a_starter_that_has_ended_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config: Any = SimpleNamespace(state=tmp_path)
    with pytest.raises(NetworkError, match="the product has ended"):
        cli_upgrade._wait(config, starter=1)


@pytest.fixture
def packaged(network: Network) -> Network:
    identities.make(TOPOLOGY, network.layout)
    for each in TOPOLOGY.organisations:
        package.write(TOPOLOGY, network.layout, each, NEXT.package, NEXT.slot)
    return network


def test_a_process_is_asked_as_its_peer_will_ask(packaged: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def ask(line: trial.Line, package: str, *_: object) -> dict[str, str]:
        asked.append((line.address, package.partition(":")[0]))
        return {"version": "2", "ledger": GENESIS}

    monkeypatch.setattr(trial, "ask", ask)
    assert cli_upgrade._trial(packaged, TOPOLOGY.organisations[0], NEXT) == "the new program has version 2"
    assert asked == [("127.0.0.1:7054", "lonja_2")]


def test_one_for_another_ledger_or_without_an_answer_is_refused(
    packaged: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "ask", lambda *_: {"version": "2", "ledger": "cd" * 32})
    with pytest.raises(NetworkError, match="it is not for this ledger"):
        cli_upgrade._trial(packaged, TOPOLOGY.organisations[0], NEXT)

    def silent(*_: object) -> None:
        raise Unavailable("nobody answers")

    monkeypatch.setattr(trial, "ask", silent)
    with pytest.raises(NetworkError, match="nobody answers"):
        cli_upgrade._trial(packaged, TOPOLOGY.organisations[0], NEXT)
