"""kill -9 in the middle of a run of orders: every acknowledged command has exactly one outcome, and nothing differs."""

import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from scripts.product import Product, answers
from scripts.stage import Stage
from tests.network import crowd
from tests.network.agreement import reconciles
from tests.network.lane import Lane

pytestmark = pytest.mark.network

# What dies → what its command line contains.
VICTIMS = {
    "worker": ("middleware.worker",),
    "API": ("middleware.wsgi",),
    "operator's peer": ("/peer", "operator"),
    "custodian's peer": ("/peer", "custodian"),
    "orderer": ("/orderer",),
    "operator's chaincode": ("/chaincode", "operator"),
    "custodian's chaincode": ("/chaincode", "custodian"),
}


@pytest.fixture
def lane(network: Product, tmp_path: Path) -> Iterator[Lane]:
    lane = Lane(network, tmp_path)
    yield lane
    lane.close()


@pytest.mark.parametrize("victim", VICTIMS)
def test_what_was_acknowledged_has_one_outcome_after(victim: str, network: Product, stage: Stage, lane: Lane) -> None:
    run = crowd.Run(stage, price=2_000)
    run.start()
    run.wait_for(15)
    killed = kill(network, victim)
    run.wait_for(len(run.acknowledged) + 15)
    run.stop()
    processes = {1, 2} if victim == "API" else {1}  # gunicorn's second one may go by itself before its turn comes
    assert len(killed) in processes, "the victim and nobody else"
    all_is_well(run, network, stage, lane)


def test_after_everything_died_at_once_a_second_start_goes_on(network: Product, stage: Stage, tmp_path: Path) -> None:
    run = crowd.Run(stage, price=2_000)
    run.start()
    run.wait_for(15)
    programs = psutil.Process(network.pid).children(recursive=True)
    psutil.Process(network.pid).kill()
    _, alive = psutil.wait_procs(programs, timeout=10)
    assert alive == [], "kill -9 of the starter leaves nothing running"
    network.stop()
    network.start()
    run.wait_for(len(run.acknowledged) + 10)
    run.stop()
    lane = Lane(network, tmp_path)
    all_is_well(run, network, stage, lane)
    lane.close()


def test_rebuilding_the_mirrors_gives_the_same_bytes(network: Product, stage: Stage) -> None:
    before = network.lonja("digest")
    assert before.returncode == 0, before.stderr
    rebuilt = network.lonja("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert network.lonja("digest").stdout == before.stdout


def kill(product: Product, victim: str) -> list[int]:
    """SIGKILL to every process of the product whose command line says it is the victim."""
    killed = []
    for process in psutil.Process(product.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            said = " ".join([process.exe(), *process.cmdline(), *process.environ().values()])
            if all(word in said for word in VICTIMS[victim]) and _is(process, victim):
                process.send_signal(signal.SIGKILL)
                killed.append(process.pid)
    return killed


def _is(process: psutil.Process, victim: str) -> bool:
    """The program itself and not another one whose environment speaks of it."""
    program = VICTIMS[victim][0]
    return program in " ".join([process.exe(), *process.cmdline()])


def all_is_well(run: crowd.Run, network: Product, stage: Stage, lane: Lane) -> None:
    """Ready again; one outcome for each order, one effect on the ledger; no gap in the executions; SQL equal to it."""
    deadline = time.monotonic() + 60
    while not answers(network.url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert run.refusals == []
    outcomes = crowd.settled(stage, run.acknowledged)
    assert len(outcomes) == len(set(run.acknowledged))
    lane.level()
    placed = crowd.effects(lane.blocks)
    assert {order: placed[order] for order in outcomes if placed[order] != 1} == {}
    assert set(outcomes.values()) <= {"new", "partially_filled", "filled"}
    numbers = crowd.executions(lane.blocks, "ACME")
    assert numbers == sorted(set(numbers))
    reconciles(network)
    with suppress(requests.RequestException):
        assert stage.desk("OPERATOR").get("/ledger")["reachable"]
