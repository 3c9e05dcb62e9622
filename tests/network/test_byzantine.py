"""Byzantine ordering: four orderers, of which one may be away, hang or lie. Only on Fabric 3.x."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.product import Product
from scripts.stage import Stage
from tests.network import crowd
from tests.network.lane import Lane
from tests.network.outage import away, hanging, until_back
from tests.network.test_consortium import level, settled
from tests.network.test_recovery import all_is_well

pytestmark = pytest.mark.network


@pytest.fixture
def lane(byzantine: Product, tmp_path: Path) -> Iterator[Lane]:
    lane = Lane(byzantine, tmp_path)
    yield lane
    lane.close()


@pytest.fixture
def orders(byzantine_stage: Stage) -> Iterator[crowd.Run]:
    run = crowd.Run(byzantine_stage, price=2_000)
    run.start()
    run.wait_for(10)
    yield run
    run.stop()


@pytest.mark.parametrize("orderer", ["orderer0.lonja", "orderer1.lonja"])
def test_with_one_orderer_killed_the_loop_goes_on(
    byzantine: Product, byzantine_stage: Stage, orders: crowd.Run, lane: Lane, orderer: str
) -> None:
    """The first one leads until it is killed, and then the second."""
    with away(byzantine, orderer):
        settled(orders, byzantine_stage, 20)
    until_back(byzantine, orderer)
    orders.stop()
    all_is_well(orders, byzantine, byzantine_stage, lane)


def test_an_orderer_that_takes_everything_and_says_nothing_stops_nobody(
    byzantine: Product, byzantine_stage: Stage, orders: crowd.Run, lane: Lane
) -> None:
    with hanging(byzantine, "orderer2.lonja"):
        settled(orders, byzantine_stage, 20)
    orders.stop()
    all_is_well(orders, byzantine, byzantine_stage, lane)
    assert len({(tip.height, tip.hash) for tip in level(lane).values()}) == 1
