"""kill -9 while an allotment settles, and while a cancelled offering is paid back: every cent, and nobody twice."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.cast import CURRENCY
from scripts.desk import path
from scripts.product import Product
from scripts.stage import Stage
from tests.network.agreement import reconciles
from tests.network.lane import Lane
from tests.network.subscribers import CASH_MINOR, PRICE, SHARE, Subscribers
from tests.network.test_recovery import kill

pytestmark = [pytest.mark.network, pytest.mark.timeout(900)]

COUNT = 750  # more parts than the worker sends ahead
OPEN_SECONDS = 40.0
Json = dict[str, Any]


@pytest.fixture(scope="module")
def lane(network: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    lane = Lane(network, Path(tmp_path_factory.mktemp("lane")))
    yield lane
    lane.close()


@pytest.fixture(scope="module")
def subscribers(network: Product, stage: Stage) -> Iterator[Subscribers]:
    subscribers = Subscribers(network, stage, COUNT)
    subscribers.gather()
    yield subscribers
    subscribers.close()


def test_an_allotment_goes_on_after_kill_9_and_gives_nobody_twice(
    network: Product, stage: Stage, lane: Lane, subscribers: Subscribers
) -> None:
    cash = held(lane, CURRENCY)
    offering = subscribers.offer(OPEN_SECONDS)
    subscribers.subscribe(offering)
    subscribers.wait_for_close(offering)
    subscribers.allot(offering)
    assert len(kill(network, "worker")) == 1, "before the first part is on the ledger, or just after"
    midway = subscribers.until(offering, lambda found: found["part"] > 0)
    assert len(kill(network, "worker")) == 1
    done = subscribers.until(offering, lambda found: found["status"] == "settled")
    assert 0 < midway["part"] < done["parts"] == COUNT // 25

    settled = told(lane, "SubscriptionSettled", offering)
    assert {one for one, times in Counter(fact["subscriber"] for fact in settled).items() if times > 1} == set()
    parts = [int(fact["part"]) for fact in told(lane, "OfferingSettled", offering)]
    assert parts == list(range(COUNT // 25))
    assert sum(int(fact["quantity"]) for fact in settled) == int(done["placed"]) == int(done["maximum"])
    state = lane.state()
    for fact, holder in joined(settled, subscribers):
        assert units(state, SHARE, holder.account) == (int(fact["quantity"]), 0)
        assert units(state, CURRENCY, holder.account) == (CASH_MINOR - int(fact["quantity"]) * PRICE, 0)
    assert held(lane, CURRENCY) == cash
    reconciles(network)


def test_a_refund_goes_on_after_kill_9_and_every_cent_is_back(
    network: Product, stage: Stage, lane: Lane, subscribers: Subscribers
) -> None:
    lane.level()
    before = {key: value for key, value in lane.state().items() if key.startswith("holding/")}
    subscribers.wanted = [1] * COUNT  # the first offering has left everybody that much
    offering = subscribers.offer(600)
    subscribers.subscribe(offering)
    stage.desk("ACME").command(path("offerings", offering, "cancellation"), {"reason": "No longer needed"})
    assert len(kill(network, "worker")) == 1
    midway = subscribers.until(offering, lambda found: found["done"] > 0)
    assert len(kill(network, "worker")) == 1
    subscribers.until(offering, lambda found: found["done"] == found["subscribers"])
    released = told(lane, "SubscriptionReleased", offering)
    assert midway["done"] > 0
    assert Counter(fact["subscriber"] for fact in released) == Counter(one.party for one in subscribers.holders)
    assert sum(int(fact["released"]) for fact in released) == COUNT * PRICE
    after = {key: value for key, value in lane.state().items() if key.startswith("holding/")}
    assert after == before
    reconciles(network)


def told(lane: Lane, name: str, offering: str) -> list[Json]:
    """Every such fact of an offering, from the blocks."""
    lane.level()
    return [
        fact
        for block in lane.blocks
        for transaction in block.transactions
        for command in (transaction.event or {}).get("commands", [])
        for fact in command.get("facts", [])
        if fact["fact"] == name and fact["offering"] == offering
    ]


def joined(settled: list[Json], subscribers: Subscribers) -> Iterator[tuple[Json, Any]]:
    holders = {holder.party: holder for holder in subscribers.holders}
    return ((fact, holders[fact["subscriber"]]) for fact in settled)


def units(state: Json, instrument: str, account: str) -> tuple[int, int]:
    record = state[f"holding/{instrument}/{account.replace(':', '/')}"]
    return int(record["quantity"]), int(record["reserved"])


def held(lane: Lane, instrument: str) -> int:
    """All there is of something."""
    lane.level()
    state = lane.state()
    return sum(int(value["quantity"]) for key, value in state.items() if key.startswith(f"holding/{instrument}/"))
