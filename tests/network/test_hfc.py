"""The whole loop by the second driver, and blocks told to people.

What the port promises is asked of both drivers in tests/middleware/test_ledger_port.py.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.product import Product
from scripts.progress import ROOT
from scripts.stage import Stage
from tests.network import crowd, rebuilt
from tests.network.lane import Lane
from tests.network.test_recovery import all_is_well, kill

pytestmark = pytest.mark.network


def test_the_cast_trades_a_day(by_hfc: Product, by_hfc_stage: Stage) -> None:
    """Every order, trade and settlement, and SQL equal to the ledger after it."""
    argv = [sys.executable, "-m", "scripts.demo"]
    ended = subprocess.run(argv, cwd=ROOT, env=by_hfc.environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *_, counted, reconciled = ended.stdout.strip().splitlines()
    assert counted == "demo: orders=12 trades=7 settled=7 failed=0"
    assert reconciled == "reconcile: clean"


def test_the_product_says_which_driver_it_uses(by_hfc_stage: Stage) -> None:
    assert by_hfc_stage.desk("OPERATOR").get("/ledger")["driver"] == "hfc"


def test_the_mirrors_are_the_same_after_a_rebuild(by_hfc: Product, by_hfc_stage: Stage) -> None:
    rebuilt = by_hfc.lonja("rebuild")
    assert "rebuild: same" in rebuilt.stdout, rebuilt.stdout + rebuilt.stderr


@pytest.mark.parametrize("victim", ["worker", "custodian's peer", "orderer"])
def test_what_was_acknowledged_has_one_outcome_after(
    victim: str, by_hfc: Product, by_hfc_stage: Stage, tmp_path: Path
) -> None:
    """kill -9 in the middle of a run of orders; the lane that looks on uses the other driver, in this process."""
    run = crowd.Run(by_hfc_stage, price=2_000)
    run.start()
    run.wait_for(10)
    assert kill(by_hfc, victim)
    run.wait_for(len(run.acknowledged) + 10)
    run.stop()
    lane = Lane(by_hfc, tmp_path)
    all_is_well(run, by_hfc, by_hfc_stage, lane)
    lane.close()


def test_another_chaincode_takes_over_under_load(by_hfc: Product, by_hfc_stage: Stage, tmp_path: Path) -> None:
    run = crowd.Run(by_hfc_stage, price=2_000)
    run.start()
    run.wait_for(10)
    said = rebuilt.upgrade(by_hfc, rebuilt.another(tmp_path))
    assert said.returncode == 0, said.stdout + said.stderr
    run.wait_for(len(run.acknowledged) + 10)
    run.stop()
    lane = Lane(by_hfc, tmp_path)
    all_is_well(run, by_hfc, by_hfc_stage, lane)
    lane.close()


def test_the_doctor_finds_nothing_wrong(by_hfc: Product, by_hfc_stage: Stage) -> None:
    said = by_hfc.lonja("doctor")
    assert "doctor: nothing wrong" in said.stdout, said.stdout + said.stderr


def test_the_newest_blocks_are_told_with_sender_endorsers_and_keys(network: Product, stage: Stage) -> None:
    """On the network that the other driver uses: the command loads the SDK in a process of its own."""
    said = network.lonja("blocks")
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert sum(line.startswith("block ") for line in lines) == 10
    assert any("VALID" in line and "OperatorMSP" in line for line in lines)
    assert "    endorsed by CustodianMSP, OperatorMSP" in lines
    assert any(line.startswith("    lonja submit ") for line in lines)
    assert any(line.startswith("      + lane/operator") for line in lines)


def test_the_first_block_tells_who_takes_part(network: Product) -> None:
    said = network.lonja("blocks", "0")
    assert "Application operator" in said.stdout, said.stdout + said.stderr
    assert "Orderer ordering" in said.stdout


def test_a_block_is_told_whole_as_json(network: Product) -> None:
    said = network.lonja("blocks", "1", "2", "--json")
    decoder, text, numbers = json.JSONDecoder(), said.stdout.lstrip(), []
    while text:
        block, end = decoder.raw_decode(text)
        numbers.append(block["header"]["number"])
        text = text[end:].lstrip()
    assert numbers == [1, 2], said.stderr


@pytest.mark.parametrize("asked", [("999999",), ("5", "4")])
def test_a_block_that_is_not_there_is_refused(network: Product, asked: tuple[str, ...]) -> None:
    said = network.lonja("blocks", *asked)
    assert said.returncode == 1
    assert "there are blocks 0 to" in said.stderr
