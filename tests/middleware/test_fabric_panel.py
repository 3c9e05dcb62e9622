"""Where not every organisation must endorse, no member can stop the others."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from middleware.ledger import Refused, Unavailable
from middleware.ledger.fabric import endorsing
from middleware.ledger.fabric.answers import Differing
from middleware.ledger.fabric.panel import LAGGING_BLOCKS, Panel
from middleware.ledger.fabric.protos import proposals
from tests.middleware.fabric_nodes import Peer, endorsed, refusal, refused, serving

ORGANISATIONS = ("operator", "custodian", "third")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def panel(stack: ExitStack, *answers: Any, enough: int = 2) -> tuple[Panel, list[Peer]]:
    """Three organisations, of which two must agree; what each peer answers, one after the other."""
    peers = [
        given if isinstance(given, Peer) else Peer(given if isinstance(given, list) else [given]) for given in answers
    ]
    nodes = {org: stack.enter_context(serving(org, peer)) for org, peer in zip(ORGANISATIONS, peers, strict=True)}
    return Panel(nodes, enough), peers


def test_no_more_are_asked_than_must_agree(stack: ExitStack) -> None:
    asked, peers = panel(stack, endorsed(), endorsed(), endorsed())
    assert list(asked.ask(proposals.SignedProposal(), 5)) == ["operator", "custodian"]
    assert [len(peer.asked) for peer in peers] == [1, 1, 0]


@pytest.mark.parametrize(
    "trouble",
    [
        grpc.StatusCode.UNAVAILABLE,
        refused("could not launch chaincode"),
        endorsed(b"stale"),
        refusal("invalid", "batch"),
    ],
    ids=["away", "chaincode down", "differs", "refuses alone"],
)
def test_one_of_three_who_fails_is_gone_on_without_and_then_asked_last(stack: ExitStack, trouble: Any) -> None:
    asked, peers = panel(stack, endorsed(), trouble, endorsed())
    with capture_logs() as logs:
        for _ in range(3):
            assert list(asked.ask(proposals.SignedProposal(), 5)) == ["operator", "third"]
    assert [len(peer.asked) for peer in peers] == [3, 1, 3]
    assert [one["organisation"] for one in logs] == ["custodian"], "named once"


def test_one_who_is_back_is_asked_when_another_fails(stack: ExitStack) -> None:
    away = grpc.StatusCode.UNAVAILABLE
    asked, _ = panel(stack, [endorsed(), away], [away, endorsed()], endorsed())
    assert list(asked.ask(proposals.SignedProposal(), 5)) == ["operator", "third"]
    with capture_logs() as logs:
        assert list(asked.ask(proposals.SignedProposal(), 5)) == ["third", "custodian"]
    assert [(one["log_level"], one["organisation"]) for one in logs] == [("warning", "operator"), ("info", "custodian")]


def test_who_is_behind_is_asked_only_when_needed(stack: ExitStack) -> None:
    asked, peers = panel(stack, endorsed(), endorsed(), endorsed())
    assert list(asked.ask(proposals.SignedProposal(), 5, behind={"operator": 1})) == ["custodian", "third"]
    assert [len(peer.asked) for peer in peers] == [0, 1, 1]


def test_who_lags_is_named_once_and_again_when_it_has_caught_up(stack: ExitStack) -> None:
    asked, _ = panel(stack, endorsed(), endorsed(), endorsed())
    with capture_logs() as logs:
        for blocks in (1, LAGGING_BLOCKS, LAGGING_BLOCKS + 5, 1, 0):
            asked.ask(proposals.SignedProposal(), 5, behind={"third": blocks} if blocks else {})
    assert [(one["log_level"], one["organisation"]) for one in logs] == [("warning", "third"), ("info", "third")]


def test_one_who_hangs_is_not_waited_for(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Peer):
        def ProcessProposal(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
            ended.wait(10)
            return endorsed()

    ended = threading.Event()
    monkeypatch.setattr(endorsing, "PATIENCE_SECONDS", 0.1)
    asked, _ = panel(stack, Hanging(), endorsed(), endorsed())
    stack.callback(ended.set)
    assert list(asked.ask(proposals.SignedProposal(), 10)) == ["custodian", "third"]


def test_when_two_of_three_are_away_both_are_named(stack: ExitStack) -> None:
    away = grpc.StatusCode.UNAVAILABLE
    asked, _ = panel(stack, endorsed(), away, refused("could not launch chaincode"))
    with pytest.raises(Unavailable) as caught:
        asked.ask(proposals.SignedProposal(), 5)
    assert caught.value.organisations == ("custodian", "third")


def test_two_of_three_who_refuse_alike_refuse(stack: ExitStack) -> None:
    asked, _ = panel(stack, refusal("invalid", "size"), refusal("invalid", "size"), grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(Refused):
        asked.ask(proposals.SignedProposal(), 5)


def test_three_who_answer_three_things_are_apart(stack: ExitStack) -> None:
    asked, _ = panel(stack, endorsed(), endorsed(b"stale"), refusal("invalid", "batch"))
    with pytest.raises(Differing):
        asked.ask(proposals.SignedProposal(), 5)


def test_a_clock_that_two_of_three_find_off_is_named(stack: ExitStack) -> None:
    late = refusal("unavailable", "clock", "11 s off.")
    asked, _ = panel(stack, endorsed(), late, late)
    with pytest.raises(Unavailable, match="clock of custodian and third"):
        asked.ask(proposals.SignedProposal(), 5)
