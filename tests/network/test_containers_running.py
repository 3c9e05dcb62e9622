"""How containers are started and kept: the compose file, the engine's words, and the guard that leaves none behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from network import hosts
from network.containers import compose, engine, keeper, running
from network.containers.container import describe
from network.containers.engine import Composed
from network.errors import NetworkError
from network.kind import Kind
from network.native.layout import Layout
from network.native.network import Network
from network.native.programs import Fabric
from network.topology import load
from scripts import clean
from scripts.progress import ROOT

NEW = Fabric(Path("bin"), "3.1.5", (3, 1), Path("config"))
# An engine that writes down what it is told; `up` lasts until it is killed.
PRETENDED = """#!/bin/sh
echo "$*" >> {told}
case "$*" in *" up "*) exec sleep 60;; *inspect*) exit 1;; *pull*) echo "no such host" >&2; exit 1;; esac
"""
# One whose compose is two processes, and that makes a container after it was first told to take all down.
LATE = """#!/bin/sh
echo "$*" >> {told}
case "$*" in
*" up "*) sleep 60 & echo $! > {told}.second; wait;;
ps*) [ "$(grep -c ' down ' {told})" != 1 ] || echo late;;
esac
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the pretended engine writes down what it is told."""
    program, told = tmp_path / "bin" / "docker", tmp_path / "told"
    program.parent.mkdir()
    program.write_text(PRETENDED.format(told=told))
    program.chmod(0o755)
    told.touch()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return told


def services(shift: int | None = 300) -> dict[str, Any]:
    return compose.services(describe(NEW, hosts.inside(load(), 0)), "/state", "1000:1000", shift)


def test_every_port_is_published_on_loopback_at_its_shifted_number() -> None:
    found = services()
    assert found["peer0-operator-lonja"]["ports"] == ["127.0.0.1:7351:7051", "127.0.0.1:10291:9991"]
    assert found["orderer0-lonja"]["ports"][1] == "127.0.0.1:7355:7055"
    assert all(port.startswith("127.0.0.1:") for each in found.values() for port in each["ports"])
    assert not any("ports" in each for each in services(None).values())


def test_a_service_runs_without_rights_and_is_asked_whether_it_listens() -> None:
    for name, each in services().items():
        assert (each["user"], each["read_only"], each["cap_drop"]) == ("1000:1000", True, ["ALL"])
        assert ("healthcheck" in each) == (not name.startswith("chaincode-"))
    assert ":1B8B " in services()["peer0-operator-lonja"]["healthcheck"]["test"][1]  # 7051


def test_images_are_public_ones_unless_others_are_named() -> None:
    images = {name: each["image"] for name, each in services().items()}
    assert images["orderer0-lonja"] == "${LONJA_ORDERER_IMAGE:-hyperledger/fabric-orderer:3.1.5}"
    assert images["peer0-custodian-lonja"] == "${LONJA_PEER_IMAGE:-hyperledger/fabric-peer:3.1.5}"
    assert images["chaincode-operator-lonja"] == "${LONJA_CHAINCODE_IMAGE:-lonja-chaincode}"


def test_two_products_on_one_machine_are_two_projects(tmp_path: Path) -> None:
    first, second = (Composed(tmp_path / name / engine.FILE).project for name in ("one", "two"))
    assert first != second
    assert first == Composed(tmp_path / "one" / engine.FILE).project


def test_without_an_engine_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NetworkError, match=r"no program docker; on Debian: apt-get install docker\.io"):
        engine.refuse_silent()
    for name, code in (("docker", 1), ("docker-compose", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2; exit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    with pytest.raises(NetworkError, match=r"no container engine answers: Cannot connect(.|\n)*DOCKER_HOST"):
        engine.refuse_silent()


def test_images_of_another_release_than_the_programs_are_refused(tmp_path: Path, told: Path) -> None:
    old = Fabric(tmp_path, "2.1.1", (2, 1), tmp_path)
    network = Network(old, load(), Layout(tmp_path), Path("chaincode"), "", 0, Kind.DOCKER)
    with pytest.raises(NetworkError, match=r"images are Fabric 3\.1\.5, the programs .* are 2\.1\.1: type make fabric"):
        running.prepare(network, print)


def test_an_image_that_cannot_be_had_is_named_with_the_setting_for_another(tmp_path: Path, told: Path) -> None:
    network = Network(NEW, load(), Layout(tmp_path), Path("chaincode"), "", 0, Kind.DOCKER)
    with pytest.raises(
        NetworkError, match=r"fabric-orderer:3\.1\.5 cannot be fetched: no such host\n.*LONJA_ORDERER_I"
    ):
        running.prepare(network, print)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_however_the_keeper_ends_the_containers_are_taken_down(tmp_path: Path, told: Path, number: int) -> None:
    file = tmp_path / engine.FILE
    file.touch()
    child = subprocess.Popen([sys.executable, "-m", keeper.__name__, str(file)], cwd=ROOT)
    until(lambda: " up " in told.read_text())
    child.send_signal(number)
    child.wait(20)
    keeper.sweep(file)
    last = told.read_text().splitlines()
    assert [" down " in line for line in last if " down " in line or " up " in line] == [False, True, True]


def test_what_comes_into_being_when_the_keeper_is_killed_goes_too(tmp_path: Path, told: Path) -> None:
    (tmp_path / "bin" / "docker").write_text(LATE.format(told=told))
    file, second = tmp_path / engine.FILE, told.with_name("told.second")
    file.touch()
    child = subprocess.Popen([sys.executable, "-m", keeper.__name__, str(file)], cwd=ROOT)
    until(lambda: second.exists() and bool(second.read_text()))
    child.kill()
    child.wait(20)
    keeper.sweep(file)
    assert told.read_text().count(" down ") == 3  # twice by the guard
    with pytest.raises(ProcessLookupError):
        os.kill(int(second.read_text()), 0)


def test_clean_removes_what_an_engine_still_keeps(tmp_path: Path, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clean, "STATES", tmp_path / "states")
    monkeypatch.setattr(clean, "ROOT", tmp_path)
    file = tmp_path / "states" / "run" / "network" / engine.FILE
    file.parent.mkdir(parents=True)
    file.touch()
    assert clean.clean() == 0
    assert not file.exists()
    assert f"--project-name {Composed(file).project}" in told.read_text()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
