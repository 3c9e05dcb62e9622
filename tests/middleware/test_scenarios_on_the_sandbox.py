"""Every scenario that a door can play, over REST, on the ledger's rules in memory."""

from pathlib import Path

import pytest

from scripts.product import Product
from scripts.stage import Stage
from tests.scenario_runner.player import Failed, Player
from tests.scenario_runner.script import over_rest


@pytest.fixture(scope="session")
def player(sandbox_stage: Stage) -> Player:
    return Player(sandbox_stage.url)


@pytest.mark.parametrize("file", over_rest(), ids=lambda file: file.stem)
def test_scenario(player: Player, file: Path) -> None:
    failure = ""
    try:
        player.play(file)
    except Failed as failed:
        failure = str(failed)
    if failure:
        pytest.fail(failure, pytrace=False)


def test_scenarios_leave_sql_and_ledger_equal(sandbox: Product, player: Player) -> None:
    reconciled = sandbox.lonja("reconcile")
    assert "reconcile: clean" in reconciled.stdout, reconciled.stdout + reconciled.stderr
