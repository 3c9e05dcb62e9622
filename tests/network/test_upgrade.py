"""Another chaincode takes over while orders are placed, matched and cancelled; none is lost and none happens twice.

One story, in the order of the tests: a broken program, a real upgrade, one that is killed half-way, a restart.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from middleware.ledger import Block
from network.native import approved, deployment
from network.native.layout import Layout
from network.native.probe import is_free
from network.topology import load
from scripts import toolchain
from scripts.product import Product
from scripts.programs import CHAINCODE_SOURCES, REPRODUCIBLE, STATIC
from scripts.progress import ROOT
from scripts.stage import Stage
from tests.network import crowd, rebuilt
from tests.network.agreement import reconciles
from tests.network.lane import Lane
from tests.network.outage import running
from tests.network.test_recovery import all_is_well
from tests.network.withdrawals import Withdrawals

pytestmark = pytest.mark.network

VERSION = "1.1.0-test"
CHAINCODES = ("chaincode.operator.lonja", "chaincode.custodian.lonja")
LATER_SECONDS = 30.0


@dataclass
class Trading:
    """Everybody who is busy meanwhile: two whose orders meet, and one who takes his back."""

    orders: crowd.Run
    withdrawals: Withdrawals

    def goes_on(self) -> None:
        """More orders are taken, and more are cancelled."""
        taken, taken_back = len(self.orders.acknowledged), len(self.withdrawals.outcomes)
        self.orders.wait_for(taken + 10)
        deadline = time.monotonic() + LATER_SECONDS
        while len(self.withdrawals.outcomes) == taken_back:
            assert time.monotonic() < deadline, self.withdrawals.problems[-3:]
            time.sleep(0.02)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rules under another version: another program."""
    program = Path(tmp_path_factory.mktemp("built")) / "chaincode"
    go = toolchain.get_go()
    flags = [*REPRODUCIBLE, "-ldflags", f"-X lonja/chaincode/door.Version={VERSION}"]
    subprocess.run(
        [str(go), "build", *flags, "-o", str(program), "./cmd/chaincode"],
        cwd=CHAINCODE_SOURCES,
        env=toolchain.environment(go) | STATIC,
        check=True,
    )
    return program


@pytest.fixture(scope="module")
def later(built: Path) -> Path:
    """Yet another one."""
    return rebuilt.another(built.parent, built)


@pytest.fixture(scope="module")
def lane(network: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    lane = Lane(network, Path(tmp_path_factory.mktemp("lane")))
    yield lane
    lane.close()


@pytest.fixture(scope="module")
def trading(network: Product, stage: Stage, later: Path) -> Iterator[Trading]:
    """From when the programs are built to the end of the story."""
    trading = Trading(crowd.Run(stage, price=2_000, pause_seconds=0.05), Withdrawals(stage))
    trading.orders.start()
    trading.withdrawals.start()
    trading.goes_on()
    yield trading
    trading.orders.stop()
    trading.withdrawals.stop()


def test_a_broken_program_leaves_the_old_one_serving(
    network: Product, trading: Trading, lane: Lane, tmp_path: Path
) -> None:
    before = in_force(network)
    broken = tmp_path / "chaincode"
    broken.write_text("#!/bin/sh\necho nothing works >&2\nexit 3\n")
    broken.chmod(0o755)
    said = upgrade(network, broken)
    assert said.returncode == 1
    assert "nothing is committed and the former goes on" in said.stderr
    assert "nothing works" in said.stderr, "the last words of the program"
    assert in_force(network) == before
    assert lane.ledger.query("version")["version"] != VERSION
    trading.goes_on()


def test_another_program_takes_over_under_load(network: Product, trading: Trading, lane: Lane, built: Path) -> None:
    (before,) = in_force(network)
    proposal = lane.propose([b"submit", str(lane.next_batch()).encode(), b"no.command.atall"])
    endorsed_before = lane.endorse(proposal)
    first = len(lane.blocks)
    said = upgrade(network, built)
    last = len(lane.blocks)
    assert said.returncode == 0, said.stdout + said.stderr
    trading.goes_on()
    (after,) = in_force(network)
    assert (after.sequence, after.slot) == (before.sequence + 1, 1 - before.slot)
    assert after.version.endswith(approved.short(approved.fingerprint(built)))
    assert lane.ledger.query("version")["version"] == VERSION
    assert traded(lane.blocks[:first])
    assert traded(lane.blocks[first:last]), "while the program is exchanged"
    assert traded(lane.blocks[last:])
    assert lane.order(proposal, endorsed_before).code == "MVCC_READ_CONFLICT", "what the old one endorsed is void"
    old_ones_are_gone(network)
    channel_says = f"every organisation runs program {approved.short(after.program)} (sequence {after.sequence})"
    assert channel_says in network.lonja("upgrade", "--check").stdout


def test_killed_half_way_the_same_again_finishes(network: Product, trading: Trading, later: Path) -> None:
    (before,) = in_force(network)
    killed_when_it_says(network, later, "installing")
    trading.goes_on()
    said = upgrade(network, later)
    assert said.returncode == 0, said.stdout + said.stderr
    (after,) = in_force(network)
    assert (after.program, after.sequence) == (approved.fingerprint(later), before.sequence + 1)
    old_ones_are_gone(network)
    trading.goes_on()


def test_every_order_has_its_one_outcome(network: Product, stage: Stage, trading: Trading, lane: Lane) -> None:
    trading.orders.stop()
    trading.withdrawals.stop()
    assert trading.withdrawals.problems == []
    assert set(trading.withdrawals.outcomes.values()) == {"cancelled"}
    all_is_well(trading.orders, network, stage, lane)


def test_a_restart_goes_on_with_the_new_program(network: Product, lane: Lane) -> None:
    before = in_force(network)
    network.stop()
    network.start()
    assert in_force(network) == before
    assert lane.ledger.query("version")["version"] == VERSION
    reconciles(network)


def test_a_start_puts_in_place_what_was_built_meanwhile(network: Product, stage: Stage, lane: Lane) -> None:
    (before,) = in_force(network)
    network.stop()
    network.environment["LONJA_CHAINCODE"] = ""
    network.start()
    (after,) = in_force(network)
    assert (after.sequence, after.program) == (before.sequence + 1, approved.fingerprint(rebuilt.BUILT))
    assert f"(sequence {after.sequence}) is in force" in network.said()
    assert lane.ledger.query("version")["version"] != VERSION
    assert stage.desk("ALICE").get("/orders")


def upgrade(product: Product, program: Path) -> "subprocess.CompletedProcess[str]":
    product.environment["LONJA_CHAINCODE"] = str(program)
    return product.lonja("upgrade")


def killed_when_it_says(product: Product, program: Path, words: str) -> None:
    product.environment["LONJA_CHAINCODE"] = str(program)
    argv = [sys.executable, "-m", "middleware.cli", "upgrade"]
    with subprocess.Popen(argv, cwd=ROOT, env=product.environment, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        assert any(line.startswith(words) for line in command.stdout), f"it never said {words}"
        time.sleep(0.3)
        os.kill(command.pid, signal.SIGKILL)


def in_force(product: Product) -> deployment.Deployment:
    return deployment.read(Layout(product.config.state / "network"))


def traded(blocks: list[Block]) -> list[int]:
    return crowd.executions(blocks, "ACME")


def old_ones_are_gone(product: Product) -> None:
    """One process for each organisation, of the program in force, at one of its two ports."""
    (now,) = in_force(product)
    for name in CHAINCODES:
        (process,) = running(product, name)
        assert now.program in process.exe()
    for each in load(shift=product.config.port_shift).organisations:
        assert is_free(each.chaincode.ports[1 - now.slot])
        assert not is_free(each.chaincode.ports[now.slot])
