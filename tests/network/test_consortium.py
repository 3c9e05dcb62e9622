"""The consortium: three organisations of which any two suffice, three orderers of which one may be away.

The loop goes on whoever fails, alone, by dying or by hanging; what comes back catches up; two at once stop the ledger,
which says so and loses nothing.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware.ledger import Tip
from scripts.product import Product
from scripts.stage import Stage
from tests.network import crowd, rebuilt, test_backup
from tests.network.agreement import reconciles
from tests.network.lane import Lane
from tests.network.member import Member, agreed, beside
from tests.network.moving import Move
from tests.network.outage import away, hanging, until_back
from tests.network.test_recovery import all_is_well

pytestmark = pytest.mark.network

CUSTODIAN = ("peer0.custodian.lonja", "chaincode.custodian.lonja")
REGULATOR = ("peer0.regulator.lonja", "chaincode.regulator.lonja")
ORDERERS = ("orderer0.lonja", "orderer1.lonja", "orderer2.lonja")
CATCH_UP_SECONDS = 60.0


@pytest.fixture
def lane(consortium: Product, tmp_path: Path) -> Iterator[Lane]:
    lane = Lane(consortium, tmp_path)
    yield lane
    lane.close()


@pytest.fixture
def orders(consortium_stage: Stage) -> Iterator[crowd.Run]:
    """Orders that meet each other, from before something fails until after it is back."""
    run = crowd.Run(consortium_stage, price=2_000)
    run.start()
    run.wait_for(10)
    yield run
    run.stop()


@pytest.fixture(scope="module")
def custodians(consortium: Product, consortium_stage: Stage) -> Iterator[Member]:
    """The custodian's own installation: its worker, its mirror, its door."""
    yield from beside(consortium)


def test_each_transaction_was_endorsed_by_two_of_three(orders: crowd.Run, lane: Lane) -> None:
    lane.level()
    sent = [one for block in lane.blocks for one in block.transactions if one.function == "submit"]
    assert {len(set(one.endorsers)) for one in sent if one.code == "VALID"} == {2}


def test_without_the_custodian_the_loop_goes_on_and_it_catches_up(
    consortium: Product, consortium_stage: Stage, orders: crowd.Run, lane: Lane
) -> None:
    with away(consortium, *CUSTODIAN):
        settled(orders, consortium_stage, 30)
        assert "custodian" not in consortium_stage.desk("OPERATOR").get("/ledger")["heights"]
    until_back(consortium, *CUSTODIAN)
    level(lane)
    orders.stop()
    all_is_well(orders, consortium, consortium_stage, lane)
    endorsers = {msp_id for block in lane.blocks[-10:] for one in block.transactions for msp_id in one.endorsers}
    assert {"OperatorMSP", "RegulatorMSP"} <= endorsers


def test_a_chaincode_or_a_peer_that_hangs_is_not_waited_for(
    consortium: Product, consortium_stage: Stage, orders: crowd.Run
) -> None:
    for name in (*CUSTODIAN, *REGULATOR):
        with hanging(consortium, name):
            settled(orders, consortium_stage, 15)
    assert orders.refusals == []


@pytest.mark.parametrize("orderer", ORDERERS)
def test_with_one_orderer_killed_the_loop_goes_on(
    consortium: Product, consortium_stage: Stage, orders: crowd.Run, lane: Lane, orderer: str
) -> None:
    """One of the three leads, so one of these three tests ends the leader."""
    with away(consortium, orderer):
        settled(orders, consortium_stage, 20)
    until_back(consortium, orderer)
    orders.stop()
    all_is_well(orders, consortium, consortium_stage, lane)


def test_an_upgrade_goes_on_without_the_custodian_who_approves_when_it_is_back(
    consortium: Product, consortium_stage: Stage, orders: crowd.Run, lane: Lane, tmp_path: Path
) -> None:
    program = rebuilt.another(tmp_path)
    with away(consortium, *CUSTODIAN):
        said = rebuilt.upgrade(consortium, program)
        assert said.returncode == 0, said.stdout + said.stderr
        assert "custodian was away; when it is back it approves" in said.stdout
        settled(orders, consortium_stage, 15)
    until_back(consortium, *CUSTODIAN)
    again = rebuilt.upgrade(consortium, program)
    assert "custodian approves what was committed without it" in again.stdout, again.stdout + again.stderr
    assert "nothing to upgrade" in rebuilt.upgrade(consortium, program).stdout
    orders.stop()
    all_is_well(orders, consortium, consortium_stage, lane)


def test_two_of_three_away_stop_the_ledger_which_says_so_and_loses_nothing(
    consortium: Product, consortium_stage: Stage, orders: crowd.Run, lane: Lane
) -> None:
    with away(consortium, *CUSTODIAN, *REGULATOR):
        orders.wait_for(len(orders.acknowledged) + 10)
        log = wait_for_words(consortium, "ledger away, commands wait")
        assert {"custodian", "regulator"} <= set(log["organisations"])
        told = consortium.lonja("doctor").stdout
        assert "the ledger stands still: operator endorses, not enough where 2 must" in told, told
        found = consortium_stage.desk("OPERATOR").get("/ledger")
        assert (list(found["heights"]), found["endorsements"]) == (["operator"], 2)
    until_back(consortium, *CUSTODIAN, *REGULATOR)
    orders.wait_for(len(orders.acknowledged) + 10)
    orders.stop()
    all_is_well(orders, consortium, consortium_stage, lane)


def test_an_account_leaves_a_custodian_who_is_away_with_all_that_is_in_it(
    consortium: Product, consortium_stage: Stage, custodians: Member
) -> None:
    """Its owner trades on; the custodian's installation, back again, has it under whoever keeps it now."""
    move = Move(consortium_stage)
    before = move.held()
    custodians.stop()
    with away(consortium, *CUSTODIAN):
        move.make()
        assert move.held() == before
        move.trade_on()
    until_back(consortium, *CUSTODIAN)
    custodians.start()
    move.is_seen_at(custodians)
    both_agree(consortium, custodians)


def test_each_installation_comes_back_from_its_own_backup(
    consortium: Product, consortium_stage: Stage, custodians: Member, tmp_path: Path
) -> None:
    """First the custodian's alone, while the others go on; then both at once, with the ledger of all."""
    own, whole = tmp_path / "custodian.backup", tmp_path / "whole.backup"
    assert "the ledger is kept elsewhere" in test_backup.lonja(custodians, "backup", str(own))
    test_backup.trade(consortium_stage, 10)
    custodians.stop()
    with test_backup.lost(custodians):
        test_backup.lonja(custodians, "restore", str(own))
        custodians.start()
    both_agree(consortium, custodians)
    custodians.stop()
    consortium.stop()
    assert "with the ledger" in test_backup.lonja(consortium, "backup", str(whole))
    with test_backup.lost(consortium), test_backup.lost(custodians):
        test_backup.lonja(consortium, "restore", str(whole))
        consortium.start()
        test_backup.lonja(custodians, "restore", str(own))
        custodians.start()
    test_backup.trade(consortium_stage, 5)
    both_agree(consortium, custodians)


def test_all_peers_end_with_the_same_blocks(consortium: Product, lane: Lane) -> None:
    level(lane)
    tips = lane.ledger.tips()
    assert set(tips) == {"operator", "custodian", "regulator"}
    assert len({(tip.height, tip.hash) for tip in tips.values()}) == 1


def settled(run: crowd.Run, stage: Stage, count: int) -> None:
    """So many more orders are taken, and every one of them has its outcome."""
    before = len(run.acknowledged)
    run.wait_for(before + count)
    crowd.settled(stage, run.acknowledged[before : before + count])


def both_agree(consortium: Product, custodians: Member) -> None:
    """Each with its own peer, and both mirrors to the byte."""
    for each in (consortium, custodians):
        reconciles(each)
    assert agreed(consortium, custodians)


def level(lane: Lane) -> dict[str, Tip]:
    """Wait until all three organisations have as many blocks."""
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while len(tips := lane.ledger.tips()) < 3 or len({tip.height for tip in tips.values()}) > 1:
        assert time.monotonic() < deadline, tips
        time.sleep(0.1)
    return tips


def wait_for_words(product: Product, words: str) -> dict[str, list[str]]:
    """The worker's last line that says so, as it keeps saying while it lasts."""
    deadline = time.monotonic() + CATCH_UP_SECONDS
    log = product.config.state / "logs" / "worker.log"
    seen = len(log.read_text().splitlines())
    while True:
        for line in log.read_text().splitlines()[seen:]:
            if words in line:
                said: dict[str, list[str]] = json.loads(line)
                return said
        assert time.monotonic() < deadline, f"the worker never said: {words}"
        time.sleep(0.1)
