"""The whole loop on a real network: issue, deposit, order, match, settle, register; and what the blocks prove."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.cast import VENUE
from scripts.desk import path
from scripts.product import Product
from scripts.progress import ROOT
from scripts.stage import Stage
from tests.network.agreement import reconciles
from tests.network.lane import Lane
from tests.network.replay import Replay
from tests.scenario_runner.player import Failed, Player
from tests.scenario_runner.script import over_rest

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def lane(network: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    lane = Lane(network, Path(tmp_path_factory.mktemp("lane")))
    yield lane
    lane.close()


@pytest.fixture(scope="module")
def player(stage: Stage) -> Player:
    return Player(stage.url)


@pytest.mark.parametrize("day", [1, 2])
def test_the_cast_trades_a_day_and_another(network: Product, stage: Stage, day: int) -> None:
    """`make demo` on the running product: every order, trade and settlement, and SQL equal to the ledger after it."""
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.demo"],
        cwd=ROOT,
        env=network.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *_, counted, reconciled = ended.stdout.strip().splitlines()
    assert counted == "demo: orders=12 trades=7 settled=7 failed=0"
    assert reconciled == "reconcile: clean"


def test_every_transaction_was_endorsed_by_both_organisations(lane: Lane, stage: Stage) -> None:
    lane.level()
    sent = [t for block in lane.blocks for t in block.transactions if t.function == "submit" and t.code == "VALID"]
    assert len(sent) > 20
    assert {tuple(sorted(transaction.endorsers)) for transaction in sent} == {("CustodianMSP", "OperatorMSP")}


def test_both_peers_hold_the_same_blocks(lane: Lane, stage: Stage) -> None:
    lane.level()
    tips = lane.ledger.tips()
    assert set(tips) == {"operator", "custodian"}
    assert len({(tip.height, tip.hash) for tip in tips.values()}) == 1


@pytest.mark.parametrize(("instrument", "told_as"), [("ACME", "TradeExecuted"), ("NORTE", "TradeReported")])
def test_a_trade_is_found_in_its_block_with_both_legs(lane: Lane, stage: Stage, instrument: str, told_as: str) -> None:
    alice = stage.desk("ALICE")
    trade = alice.get(path("trades", next(alice.every("/trades", instrument=instrument))["id"]))
    (block,) = [block for block in lane.blocks if block.number == trade["block"]]
    (transaction,) = [t for t in block.transactions if t.id == trade["transaction_id"]]
    assert transaction.event is not None
    facts = [fact for command in transaction.event["commands"] for fact in command.get("facts", [])]
    (told,) = [fact for fact in facts if fact["fact"] == told_as and fact["trade"] == trade["id"]]
    (settled,) = [fact for fact in facts if fact["fact"] == "SettlementSettled" and fact["trade"] == trade["id"]]
    assert (told["quantity"], told["price_minor"]) == (trade["quantity"], trade["price_minor"])
    assert [leg["instrument"] for leg in settled["legs"]][:2] == [instrument, "MXN.BANCO1"]
    assert trade["settlement"]["status"] == "settled"


def test_the_orders_trace_names_block_transaction_and_signer_of_every_step(stage: Stage) -> None:
    alice = stage.desk("ALICE")
    filled = next(order for order in alice.every("/orders", status="filled", instrument="ACME"))
    steps = alice.get(path("orders", filled["id"], "trace"))["steps"]
    names = [step["step"] for step in steps]
    assert names[:3] == ["account_and_key", "affirmed", "reserved"]
    assert names[3:5] == ["executed", "settled"]
    for step in steps:
        if step["step"] in ("reserved", "executed", "settled"):
            assert step["block"] > 0
            assert len(step["transaction_id"]) == 64
    assert next(s for s in steps if s["step"] == "reserved")["kid"] == "ALICE.1"
    assert next(s for s in steps if s["step"] == "executed")["kid"] == "BOLSA.1"


def test_an_order_through_broker_and_exchange_is_traced_in_seven_steps(stage: Stage) -> None:
    """Account and key, entered, affirmed, reserved, routed, executed, settled: each with whoever signed it."""
    alice = stage.desk("ALICE")
    order = next(one for one in alice.every("/orders", instrument="NORTE") if one["filled"] != "0")
    steps = alice.get(path("orders", order["id"], "trace"))["steps"]
    names = [step["step"] for step in steps]
    seven = ["account_and_key", "entered", "affirmed", "reserved", "routed", "executed", "settled"]
    assert names[:7] == seven
    assert names[7:] == ["pending_cancel", "routed", "cancelled"]
    by_name = dict(zip(names[:7], steps, strict=False))
    signers = {name: by_name[name]["signer"] for name in seven}
    assert signers["account_and_key"] == "CUSTODIA1"
    assert (signers["entered"], signers["affirmed"], signers["reserved"]) == ("CASA1", "ALICE", "ALICE")
    assert (signers["executed"], signers["settled"]) == ("MERCADO", "MERCADO")
    assert all(by_name[name]["block"] for name in ("account_and_key", "reserved", "executed", "settled"))
    assert all(len(by_name[name]["hash"]) == 64 for name in ("entered", "affirmed"))


@pytest.mark.parametrize("file", over_rest(), ids=lambda file: file.stem)
def test_scenario(player: Player, file: Path) -> None:
    failure = ""
    try:
        player.play(file)
    except Failed as failed:
        failure = str(failed)
    if failure:
        pytest.fail(failure, pytrace=False)


def test_anyone_who_replays_the_blocks_finds_the_same_trades(lane: Lane, stage: Stage) -> None:
    lane.level()
    replay = Replay(lane.blocks, VENUE)
    assert replay.differences() == []
    assert replay.checked >= 8, "the days of the cast and the scenarios that match"


def test_after_all_of_this_sql_and_ledger_agree(network: Product, stage: Stage) -> None:
    reconciles(network)
