"""Two organisations, two installations: each with a lane, a mirror and a door of its own, over one ledger."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from scripts.cast import SHARE
from scripts.desk import Desk, new_id, path
from scripts.product import Product
from scripts.stage import Stage
from tests.network import crowd
from tests.network.agreement import reconciles
from tests.network.member import Member, agreed, beside
from tests.network.signing import Holder, admit, order

pytestmark = pytest.mark.network
PATIENCE_SECONDS = 60.0
BUYS = 12


@pytest.fixture(scope="module")
def member(network: Product, stage: Stage) -> Iterator[Member]:
    yield from beside(network)


@pytest.fixture(scope="module")
def dora(stage: Stage) -> Holder:
    return admit(stage, stage.desk("OPERATOR").get("/ledger")["ledger"])


@pytest.fixture(scope="module")
def doras_desk(member: Member, dora: Holder) -> Desk:
    """Where she sends what she signed, when she does not want to send it through the operator."""
    return member.desk(dora.party)


def test_its_mirror_is_the_operators_to_the_byte(network: Product, member: Member) -> None:
    assert agreed(network, member)


def test_both_reconcile_with_their_own_peer(network: Product, member: Member) -> None:
    for each in (network, member):
        reconciles(each)


def test_what_the_operator_withholds_goes_through_the_other_door(
    network: Product, member: Member, stage: Stage, dora: Holder, doras_desk: Desk
) -> None:
    id = new_id()
    jws = dora.command("order:place", order(dora), id=id)
    with halted(network, "middleware.worker"):
        done = doras_desk.command("/orders", {"jws": jws}, id)
        assert done["order"]["status"] == "new"
        cancel = new_id()
        signed = dora.command("order:cancel", {"order": f"{dora.party}:{id}"}, id=cancel)
        ended = doras_desk.command(path("orders", f"{dora.party}:{id}", "cancellation"), {"jws": signed}, cancel)
    assert ended["order"]["status"] == "cancelled"
    _until(
        lambda: stage.desk("OPERATOR").find(path("orders", f"{dora.party}:{id}")), "the operator's mirror has it too"
    )


def test_both_lanes_write_at_once_and_every_order_has_one_outcome(
    network: Product, member: Member, stage: Stage, dora: Holder, doras_desk: Desk
) -> None:
    run = crowd.Run(stage, price=2_000)
    run.start()
    run.wait_for(5)
    bought = [new_id() for _ in range(BUYS)]
    for id in bought:
        buy = order(dora, limit_minor="2500", max_fee_minor="100")
        doras_desk.command("/orders", {"jws": dora.command("order:place", buy, id=id)}, id)
    run.wait_for(len(run.acknowledged) + 5)
    run.stop()
    assert run.refusals == []
    outcomes = crowd.settled(stage, run.acknowledged)
    assert len(outcomes) == len(set(run.acknowledged))
    for id in bought:
        where = path("orders", f"{dora.party}:{id}")
        _until(lambda where=where: doras_desk.get(where)["status"] == "filled", f"{id} is filled")
    held = {one["instrument"]: one["quantity"] for one in doras_desk.every("/holdings")}
    assert held[SHARE] == str(BUYS)
    assert agreed(network, member)


def _until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.2)


@contextmanager
def halted(product: Product, program: str) -> Iterator[None]:
    """A program of the product does nothing meanwhile, as if somebody withheld what was sent to it."""
    (found,) = [one for one in psutil.Process(product.pid).children() if program in " ".join(one.cmdline())]
    found.suspend()
    try:
        yield
    finally:
        found.resume()
