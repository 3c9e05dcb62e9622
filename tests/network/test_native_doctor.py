"""The doctor names what is wrong and the next command, and touches nothing."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from network import config, doctor, room
from network.config import Config
from network.errors import NetworkError
from network.native import Network, deployment, health, identities, made
from network.native.deployment import Deployed
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import load
from tests.network.test_native_fabric import install

SHIFT = 15_500 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network that was made, with programs that only tell their version."""
    folder, chaincode = install(tmp_path / "fabric"), tmp_path / "chaincode"
    shutil.copy(folder / "peer", chaincode)
    state = tmp_path / "state"
    monkeypatch.setattr(config, "load", lambda: Config(state, SHIFT, folder, chaincode))
    layout = Layout(state / "network")
    identities.make(load(), layout)
    (state / "genesis.json").write_text("{}")
    settings = config.load()
    fabric = Fabric(folder, "3.1.5", (3, 1), folder)
    made.write(layout, made.record(fabric, load(shift=SHIFT), SHIFT, settings.genesis_hash()))
    for organisation in load().organisations:
        layout.package(organisation).parent.mkdir(exist_ok=True)
        layout.package(organisation).touch()
    return state


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", load(shift=SHIFT).organisations[0].peer.port)) as server:
        yield server.getsockname()[1]


def _what(state: Path) -> str:
    return "\n".join(one.what for one in doctor.findings(state))


def test_a_network_that_is_down_is_one_finding(state: Path) -> None:
    assert doctor.findings(state) == [doctor.Finding("the network is not running", "make run")]


def test_where_nothing_was_started_nothing_is_wrong(state: Path) -> None:
    shutil.rmtree(state)
    assert doctor.findings(state) == []


def test_a_network_that_was_never_finished_or_has_lost_a_part_is_told_in_words(state: Path) -> None:
    package = next((state / "network" / "packages").iterdir())
    package.unlink()
    assert f"a part of the network is gone: {package}" in _what(state)
    (state / "network" / "made.json").unlink()
    assert "the network was never finished" in _what(state)


def test_a_foreign_program_on_a_port_is_named_with_its_port(state: Path, listener: int) -> None:
    found = doctor.findings(state)
    assert f"something else than peer0.operator.lonja listens on its port {listener}" in found[0].what
    assert str(listener) in found[0].next


def test_a_network_half_up_names_who_is_down(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "nodes", lambda self: [])
    processes = Network.chaincodes

    def one_serves(self: Network) -> list[Any]:
        first, second = processes(self)
        object.__setattr__(first, "ready", lambda: True)
        return [first, second]

    monkeypatch.setattr(Network, "chaincodes", one_serves)
    found = doctor.findings(state)
    assert [one.what for one in found] == ["the network is half up: chaincode.custodian.lonja is down"]
    assert found[0].next.startswith("tail")


def test_an_organisation_that_missed_an_upgrade_and_one_that_is_unfinished_are_told(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_serves", lambda _process: True)
    missed = "chaincode definition for 'lonja' at sequence 2 on channel 'lonja' has not yet been approved by this org"
    found = health.Health(("operator",), {"custodian": missed}, needed=1)
    monkeypatch.setattr(Network, "health", lambda _network: found)
    first = Deployed(1, "1", "AND('A.peer')", "a" * 64)
    deployment.write(Layout(state / "network"), (first, replace(first, sequence=2, version="2")))
    told = doctor.findings(state)
    assert [(one.next, one.is_problem) for one in told] == [("lonja upgrade", True), ("lonja upgrade", False)]


def test_missing_programs_come_first_and_stop_the_rest(state: Path) -> None:
    (state.parent / "fabric" / "bin" / "orderer").unlink()
    (state.parent / "chaincode").unlink()
    found = doctor.findings(state)
    assert ["no program orderer" in found[0].what, "no chaincode program" in found[1].what] == [True, True]
    assert {one.next for one in found} == {"make setup"}


@pytest.mark.parametrize(("days", "within", "problem"), [(50, 60, False), (20, 30, False), (5, 7, True)])
def test_certificates_about_to_end_are_told_in_time(
    state: Path, monkeypatch: pytest.MonkeyPatch, days: int, within: int, problem: bool
) -> None:
    _move(monkeypatch, timedelta(days=730 - days))
    found = doctor.findings(state)
    assert f"certificates end within {within} days" in found[0].what
    assert found[0].is_problem is problem


def test_a_clock_set_back_is_told(state: Path) -> None:
    log = state / "network" / "logs" / "peer0.operator.lonja.log"
    log.parent.mkdir()
    log.touch()
    os.utime(log, (time.time() + 90, time.time() + 90))
    assert "the clock was set back" in _what(state)


def test_a_full_disk_is_a_problem_before_the_peers_stop(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free_mb, problem in ((1_500, False), (100, True)):
        usage = type("Usage", (), {"free": free_mb * 1_000_000})
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
        found = doctor.findings(state)
        assert f"{free_mb} MB of disk are left" in found[0].what
        assert found[0].is_problem is problem


def test_a_full_disk_is_named_also_where_it_is_one_nodes_own(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = state / "network" / "nodes" / "orderer0.lonja"
    node.mkdir(parents=True)
    monkeypatch.setattr(room, "disks", lambda _state: iter([(state, 90_000), (node, 3)]))
    found = doctor.findings(state)
    assert found[0].what.startswith(f"the disk of {node} is full (3 MB are left)")
    assert found[0].is_problem


def test_nothing_is_started_on_a_full_disk(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room.refuse_full(state)
    monkeypatch.setattr(room, "left_mb", lambda _folder: 12)
    with pytest.raises(NetworkError, match=f"no room on the disk of {state}: 12 MB are left, 50 are needed"):
        room.refuse_full(state)
    with pytest.raises(NetworkError, match="12 MB are left, 750 are needed"):
        room.refuse_full(state, 3 * room.ORDERER_MB[True])


def test_a_network_that_does_not_fit_is_told_in_its_own_words(state: Path) -> None:
    (state / "genesis.json").write_text("another")
    assert "put the first file back" in _what(state)


def test_the_exit_code_is_1_on_a_problem_only(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for problem in (True, False):
        found = [doctor.Finding("x", is_problem=problem)]
        monkeypatch.setattr(doctor, "findings", lambda _state, found=found: found)
        assert doctor.main() == int(problem)


def test_a_port_shift_that_is_no_number_is_named() -> None:
    with pytest.raises(NetworkError, match="LONJA_PORT_SHIFT is 'x'"):
        config.load({"LONJA_PORT_SHIFT": "x"})


def _move(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.now(UTC) + by

    monkeypatch.setattr(doctor, "datetime", Later)
