"""Two hundred orders by FIX to the exchange and back while processes are killed: nothing lost, nothing done twice."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from scripts.product import Product
from scripts.stage import Stage
from tests.network.agreement import reconciles
from tests.network.brokerage import AFFIRMER, BUYER, EXCHANGE, SELLER, SHARE, Brokerage
from tests.network.caller import Caller
from tests.network.lane import Lane

pytestmark = pytest.mark.network

PAIRS = 100
PART_OF = 2  # of so many pairs one buy is for half of the sell
PARTS = 40  # orders that are filled in part, of 200, whatever the order in which they reach the exchange
AFFIRMED_OF = 10  # every so many sells needs its owner's signature
A_SECOND = 12.0
FINAL = {"filled", "cancelled"}


@pytest.fixture
def lane(network: Product, tmp_path: Path) -> Iterator[Lane]:
    lane = Lane(network, tmp_path)
    yield lane
    lane.close()


@pytest.fixture
def brokerage(network: Product, stage: Stage) -> Brokerage:
    opened = Brokerage(network, stage).open()
    opened.wait_for_gateway()
    return opened


def test_whatever_is_killed_every_order_ends_once_and_every_execution_settles_once(
    network: Product, brokerage: Brokerage, lane: Lane
) -> None:
    caller, orders = brokerage.caller(), written(brokerage)
    assert caller.pump(30, lambda: caller.calls == 1)
    kills = {60: "middleware.fix", 95: "scripts.exchange", 130: "middleware.worker"}
    began = time.monotonic()
    for number, order in enumerate(orders.values(), 1):
        caller.send("D", order)
        caller.pump(began + number / A_SECOND - time.monotonic())
        if number in kills:
            assert len(kill(network, kills[number])) == 1
        if number % 20 == 0:
            brokerage.affirm_all()
    settled(caller, brokerage, orders)
    cancels = cancel_the_rest(caller, brokerage, orders)
    caller.hang_up()
    assert caller.calls >= 2, "the test tests nothing"
    every_order_has_one_final_state(caller, brokerage, orders, cancels)
    every_execution_is_settled_once(brokerage, lane)
    reconciles(network)


def written(brokerage: Brokerage) -> dict[str, dict[int, str]]:
    """A sell, then the buy that it meets, each pair at a price below the last one's, so that it meets no other."""
    orders: dict[str, dict[int, str]] = {}
    run = f"{int(time.time())}"
    for pair in range(PAIRS):
        price = f"{30 - pair / 100:.2f}"
        seller = AFFIRMER if pair % AFFIRMED_OF == 0 else SELLER
        part = pair % PART_OF == 0
        orders[f"S{run}-{pair}"] = brokerage.order(f"S{run}-{pair}", seller, 10, price)
        orders[f"B{run}-{pair}"] = brokerage.order(f"B{run}-{pair}", BUYER, 5 if part else 10, price)
    return orders


def settled(caller: Caller, brokerage: Brokerage, orders: dict[str, dict[int, str]]) -> None:
    """Wait until the exchange has every order, and the ledger every execution of it."""

    def done() -> bool:
        brokerage.affirm_all()
        ours = {order["id"].partition(":")[2] for order in brokerage.orders() if order["client_id"] in orders}
        if len(ours) < len(orders) or not ours <= {order["client_id"] for order in brokerage.at_exchange("orders")}:
            return False
        traded = sum(trade["quantity"] for trade in brokerage.trades())
        bought = sum(int(order["filled"]) for order in brokerage.orders() if order["side"] == "buy")
        return bool(traded == bought)

    patiently(caller, done)


def patiently(caller: Caller, done: Callable[[], bool], seconds: float = 180.0) -> None:
    """Go on talking until something has happened elsewhere."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        caller.pump(0.5)


def cancel_the_rest(caller: Caller, brokerage: Brokerage, orders: dict[str, dict[int, str]]) -> int:
    """Whatever rests is cancelled, at the exchange and then here; how many these were."""
    resting = [order["client_id"] for order in brokerage.orders() if order["status"] not in FINAL]
    for name in resting:
        caller.send("F", brokerage.cancel(f"C{name}", name, orders[name]))
    patiently(caller, lambda: {order["status"] for order in brokerage.orders()} <= FINAL)
    assert caller.pump(20, lambda: all(caller.last(name) in ("2", "4") for name in orders))
    return len(resting)


def every_order_has_one_final_state(
    caller: Caller, brokerage: Brokerage, orders: dict[str, dict[int, str]], cancels: int
) -> None:
    """As the broker was told by FIX, and as the ledger has it."""
    found = {order["client_id"]: order for order in brokerage.orders() if order["client_id"] in orders}
    count = Counter(order["client_id"] for order in brokerage.orders())
    assert {name for name in orders if count[name] != 1} == set()
    told = {"2": "filled", "4": "cancelled"}
    assert {n: (caller.last(n), o["status"]) for n, o in found.items() if told.get(caller.last(n)) != o["status"]} == {}
    parts = {report[11] for report in caller.reports.values() if report[150] == "F" and report[39] == "1"}
    assert len(parts) >= PARTS
    assert cancels > 0
    assert [str(refusal) for refusal in caller.refusals] == []


def every_execution_is_settled_once(brokerage: Brokerage, lane: Lane) -> None:
    """Counted in the blocks: each execution of the exchange in one TradeReported, each of these in one settlement."""
    lane.level()
    facts = [
        fact
        for block in lane.blocks
        for transaction in block.transactions
        for command in (transaction.event or {}).get("commands", [])
        for fact in command.get("facts", [])
    ]
    reported = [f for f in facts if f["fact"] == "TradeReported" and (f["venue"], f["instrument"]) == (EXCHANGE, SHARE)]
    references = Counter(fact["reference"] for fact in reported if fact["reference"] not in brokerage.earlier)
    assert references == Counter(trade["reference"] for trade in brokerage.trades())
    assert set(references.values()) == {1}
    settlements = Counter(fact["trade"] for fact in facts if fact["fact"] == "SettlementSettled")
    assert {fact["trade"]: settlements[fact["trade"]] for fact in reported if settlements[fact["trade"]] != 1} == {}


def kill(product: Product, program: str) -> list[int]:
    """SIGKILL to the product's process of that name."""
    killed = []
    for process in psutil.Process(product.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if program in " ".join(process.cmdline()):
                process.send_signal(signal.SIGKILL)
                killed.append(process.pid)
    return killed
