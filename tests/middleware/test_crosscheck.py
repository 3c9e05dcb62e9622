"""Our own peer is not taken at its word."""

import pytest

from middleware.crosscheck import EVERY_BLOCKS, CrossCheck
from middleware.errors import Error
from middleware.ledger import Tip
from middleware.mirror import Place
from tests.middleware.ledgers import Chain, Unused


@pytest.fixture
def chain() -> Chain:
    chain = Chain()
    for _ in range(120):
        chain.add()
    return chain


@pytest.fixture
def check() -> CrossCheck:
    return CrossCheck(Unused(), Place(-1, ""))


def test_the_same_history_passes(chain: Chain, check: CrossCheck) -> None:
    for block in chain.blocks[:10]:
        check.saw(block)
    check.told({"custodian": Tip(5, chain.blocks[4].hash), "operator": Tip(10, chain.blocks[9].hash)})
    assert check.place == Place(9, chain.blocks[9].hash)


def test_another_block_at_the_same_height_stops_everything(chain: Chain, check: CrossCheck) -> None:
    check.saw(chain.blocks[0])
    with pytest.raises(Error, match="custodian") as caught:
        check.told({"custodian": Tip(1, "f" * 64)})
    assert (caught.value.code, caught.value.reason) == ("internal", "history")


def test_a_block_that_we_do_not_have_yet_is_compared_when_it_comes(chain: Chain, check: CrossCheck) -> None:
    check.saw(chain.blocks[0])
    check.told({"custodian": Tip(3, "f" * 64)})
    check.saw(chain.blocks[1])
    with pytest.raises(Error, match="block 2 of custodian"):
        check.saw(chain.blocks[2])


def test_others_are_asked_at_least_every_100_blocks(chain: Chain, check: CrossCheck) -> None:
    asked = [block.number for block in chain.blocks if check.saw(block)]
    assert EVERY_BLOCKS <= 100
    assert asked == [49, 99]
