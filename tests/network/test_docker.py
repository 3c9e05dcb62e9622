"""The product on a network in containers: the loop, what a container may, and that nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from network.containers.engine import AUTHORITIES, FILE, FILES, Composed
from scripts.product import NotStarted, Product
from scripts.progress import ROOT
from scripts.stage import Stage
from tests.network.agreement import reconciles
from tests.network.lane import Lane

pytestmark = pytest.mark.network
GONE_SECONDS = 40.0


@pytest.fixture(scope="module")
def lane(in_containers: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    lane = Lane(in_containers, Path(tmp_path_factory.mktemp("lane")))
    yield lane
    lane.close()


def containers(product: Product, file: str = FILE) -> list[dict[str, Any]]:
    """What the engine knows of the product's containers, those included that have ended."""
    project = Composed(product.config.state / "network" / file).project
    ids = docker(product, "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={project}").split()
    found: list[dict[str, Any]] = json.loads(docker(product, "inspect", *ids)) if ids else []
    return found


def docker(product: Product, *words: str) -> str:
    return subprocess.run(
        ["docker", *words], env=product.environment, capture_output=True, text=True, check=True
    ).stdout


def demo(product: Product) -> None:
    argv = [sys.executable, "-m", "scripts.demo"]
    ended = subprocess.run(argv, cwd=ROOT, env=product.environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.strip().splitlines()[-1] == "reconcile: clean"


def test_the_cast_trades_a_day(in_containers: Product, in_containers_stage: Stage) -> None:
    demo(in_containers)


def test_every_transaction_was_endorsed_by_both_organisations_peers(lane: Lane, in_containers_stage: Stage) -> None:
    lane.level()
    sent = [t for block in lane.blocks for t in block.transactions if t.function == "submit" and t.code == "VALID"]
    assert len(sent) > 10
    assert {tuple(sorted(transaction.endorsers)) for transaction in sent} == {("CustodianMSP", "OperatorMSP")}
    assert len({(tip.height, tip.hash) for tip in lane.ledger.tips().values()}) == 1


def test_each_container_has_no_rights_and_no_secret_but_its_own(in_containers: Product) -> None:
    found = containers(in_containers)
    assert len(found) == 5
    for each in found:
        service = each["Config"]["Labels"]["com.docker.compose.service"]
        assert each["Config"]["User"].split(":")[0] not in ("", "0", "root")
        assert each["HostConfig"]["ReadonlyRootfs"]
        assert each["HostConfig"]["CapDrop"] == ["ALL"]
        secrets = [mount["Destination"] for mount in each["Mounts"] if "/crypto/" in mount["Destination"]]
        assert secrets
        assert {Path(secret).name.replace(".", "-") for secret in secrets} == {service}
        assert {mount["RW"] for mount in each["Mounts"] if "/crypto/" in mount["Destination"]} == {False}
        published = [port["HostIp"] for ports in each["NetworkSettings"]["Ports"].values() for port in ports or ()]
        assert set(published) == {"127.0.0.1"}


def test_each_organisations_authority_is_a_container_that_sees_its_own_folder(in_containers: Product) -> None:
    """It certified the network: its nodes' folders hold no root key."""
    homes = in_containers.config.state.resolve() / "network" / "authorities"
    seen = {tuple(mount["Source"] for mount in each["Mounts"]) for each in containers(in_containers, AUTHORITIES)}
    assert seen == {(str(homes / id),) for id in ("operator", "custodian", "ordering")}
    assert not list(homes.with_name("crypto").glob("*/authorities/signing"))
    enrolled = in_containers.lonja("identities", "enrol", "clerk")
    assert "clerk of operator is enrolled as client" in enrolled.stdout, enrolled.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="a process in a container is killed by root alone")
def test_a_node_that_is_killed_is_started_again_and_the_loop_goes_on(in_containers: Product) -> None:
    victim = next(each for each in containers(in_containers) if "peer0-custodian" in each["Name"])
    os.kill(victim["State"]["Pid"], signal.SIGKILL)
    demo(in_containers)
    assert next(each for each in containers(in_containers) if each["Id"] == victim["Id"])["RestartCount"] == 1


def test_a_killed_starter_leaves_no_container_and_is_resumed(in_containers: Product) -> None:
    os.kill(in_containers.pid, signal.SIGKILL)
    gone(in_containers)
    in_containers.stop()
    in_containers.start()
    reconciles(in_containers)


def test_ctrl_c_leaves_no_container_and_what_was_made_for_containers_is_not_started_otherwise(
    in_containers: Product,
) -> None:
    in_containers.stop()
    gone(in_containers)
    settings = {name: value for name, value in in_containers.environment.items() if name != "LONJA_NETWORK"}
    with pytest.raises(NotStarted, match="made for containers: type make run NETWORK=docker"):
        Product({**settings, "LONJA_NETWORK": ""}).start()


def gone(product: Product) -> None:
    deadline = time.monotonic() + GONE_SECONDS
    while any(containers(product, file) for file in FILES):
        assert time.monotonic() < deadline
        time.sleep(0.2)
