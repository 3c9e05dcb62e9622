"""Where orderers may lie, one of them cannot stop an envelope, and cannot be believed alone."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from structlog.testing import capture_logs

from middleware.ledger import Refused, Unavailable
from middleware.ledger.fabric.protos import common
from middleware.ledger.fabric.quorum import Quorum
from tests.middleware.fabric_nodes import Orderer, serving


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def envelopes(count: int) -> list[bytes]:
    return [common.Envelope(payload=str(number).encode()).SerializeToString() for number in range(count)]


def quorum(stack: ExitStack, *orderers: Orderer, confirmations: int = 2) -> Quorum:
    nodes = [stack.enter_context(serving(f"orderer{n}", one)) for n, one in enumerate(orderers)]
    made = Quorum(nodes, confirmations)
    stack.callback(made.close)
    return made


def test_where_orderers_may_lie_all_have_every_envelope(stack: ExitStack) -> None:
    orderers = [Orderer() for _ in range(4)]
    sending = quorum(stack, *orderers)
    for content in envelopes(3):
        sending.send(content)
    for orderer in orderers:
        assert [orderer.received.get(timeout=5) for _ in range(3)] == envelopes(3)
        assert orderer.streams == 1


@pytest.mark.parametrize("status", [None, common.SERVICE_UNAVAILABLE, common.FORBIDDEN])
def test_one_orderer_of_four_may_say_what_it_likes(stack: ExitStack, status: Any) -> None:
    liar, *honest = Orderer([status]), Orderer(), Orderer(), Orderer()
    sending = quorum(stack, liar, *honest)
    with capture_logs() as logs:
        for content in envelopes(3):
            sending.send(content)
            time.sleep(0.05)
    assert [one["orderer"] for one in logs if one["log_level"] == "warning"] == ["node of orderer0"], "named once"


def test_one_yes_is_not_enough(stack: ExitStack) -> None:
    sending = quorum(stack, Orderer(), *(Orderer([common.SERVICE_UNAVAILABLE]) for _ in range(3)))
    with pytest.raises(Unavailable, match="too few orderers confirmed") as caught:
        sending.send(envelopes(1)[0])
    assert caught.value.organisations == ("orderer",)


def test_two_refusals_of_four_are_final(stack: ExitStack) -> None:
    sending = quorum(stack, *(Orderer([common.FORBIDDEN]) for _ in range(4)))
    with pytest.raises(Refused, match="said the orderer"):
        sending.send(envelopes(1)[0])


def test_an_orderer_that_has_it_from_the_others_has_it(stack: ExitStack) -> None:
    known = [Orderer([common.SERVICE_UNAVAILABLE], info="rejected: request already processed") for _ in range(4)]
    quorum(stack, *known).send(envelopes(1)[0])


def test_an_orderer_that_was_away_has_the_next_one(stack: ExitStack) -> None:
    back = Orderer([None, common.SUCCESS])
    sending = quorum(stack, back, confirmations=1)
    first, second = envelopes(2)
    with pytest.raises(Unavailable):
        sending.send(first)
    sending.send(second)
    assert back.streams == 2
