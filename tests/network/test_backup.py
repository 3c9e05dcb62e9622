"""The drill: backed up while it trades and when it stands still, lost, restored; and SQL and ledger agree again."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.product import Product
from scripts.stage import Stage
from tests.network import crowd
from tests.network.agreement import reconciles

pytestmark = pytest.mark.network
PASSPHRASE = "a drill, not a secret"


def lonja(product: Product, *words: str) -> str:
    """A command of `lonja` that reads the passphrase; it must succeed."""
    done: subprocess.CompletedProcess[str] = product.lonja(*words, "--passphrase-stdin", said=f"{PASSPHRASE}\n")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def trade(stage: Stage, orders: int) -> list[str]:
    """Orders that were acknowledged; every one has an outcome."""
    run = crowd.Run(stage, price=2_000)
    run.start()
    run.wait_for(orders)
    run.stop()
    assert run.refusals == []
    outcomes = crowd.settled(stage, run.acknowledged)
    return list(outcomes)


def agrees(product: Product) -> None:
    reconciles(product)
    assert "rebuild: same" in product.lonja("rebuild").stdout


@contextmanager
def lost(product: Product) -> Iterator[None]:
    """The state folder is not there any more; where it is not brought back inside of the block, it is put back."""
    state = product.config.state
    aside = state.rename(state.with_name(f"{state.name}-lost"))
    try:
        yield
    except BaseException:
        product.stop()
        shutil.rmtree(state, ignore_errors=True)
        aside.rename(state)
        raise
    shutil.rmtree(aside)


def test_after_the_database_is_lost_a_backup_taken_while_it_traded_catches_up_with_the_ledger(
    network: Product, stage: Stage, tmp_path: Path
) -> None:
    state = network.config.state
    run = crowd.Run(stage, price=2_000)
    run.start()
    run.wait_for(10)
    said = lonja(network, "backup", str(tmp_path / "hot.backup"))
    run.wait_for(len(run.acknowledged) + 10)
    run.stop()
    assert "without the ledger" in said
    after = trade(stage, 10)
    network.stop()
    for path in state.glob("lonja.db*"):
        path.unlink()
    lonja(network, "restore", str(tmp_path / "hot.backup"), "--replace")
    network.start()
    crowd.settled(stage, after)
    agrees(network)
    trade(stage, 5)


def test_after_everything_is_lost_a_whole_backup_brings_it_back(network: Product, stage: Stage, tmp_path: Path) -> None:
    before = network.lonja("digest").stdout
    network.stop()
    assert "with the ledger" in lonja(network, "backup", str(tmp_path / "whole.backup"))
    with lost(network):
        lonja(network, "restore", str(tmp_path / "whole.backup"))
        network.start()
    assert network.lonja("digest").stdout == before
    trade(stage, 5)
    agrees(network)
