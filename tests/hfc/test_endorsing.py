"""What peers may answer, and what we make of it: the SDK compares nothing."""

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from middleware.ledger import Refused, Unavailable, refusals
from middleware.ledger.hfc import sdk
from middleware.ledger.hfc.endorsing import Differing, agreed, ask
from tests.hfc.answers import endorsed

AWAY = Unavailable("UNAVAILABLE away")
SIZE, BATCH = Refused("invalid", "size", "Too big."), Refused("wrong_status", "batch", "Not the next.")
CLOCK = Refused("unavailable", "clock", "11 s off.")


def of(*answers: Any) -> dict[str, Any]:
    return dict(zip(("operator", "custodian", "regulator"), answers, strict=False))


def test_when_all_agree_their_endorsements_are_answered() -> None:
    assert len(agreed(of(endorsed(), endorsed()), 2)) == 2


def test_two_of_three_suffice_where_two_are_asked_for() -> None:
    for third in (AWAY, endorsed(b"another"), SIZE):
        assert [answer.payload for answer in agreed(of(endorsed(), third, endorsed()), 2)] == [b"payload"] * 2


def test_one_refusal_by_enough_is_a_refusal() -> None:
    with pytest.raises(Refused) as caught:
        agreed(of(SIZE, AWAY, SIZE), 2)
    assert (caught.value.code, caught.value.reason) == ("invalid", "size")


@pytest.mark.parametrize("other", [endorsed(b"another"), SIZE, BATCH], ids=["payload", "refusal", "another refusal"])
def test_peers_that_disagree_are_apart(other: Any) -> None:
    first = SIZE if other is BATCH else endorsed()
    with pytest.raises(Differing):
        agreed(of(first, other), 2)


@pytest.mark.parametrize("trouble", [AWAY, CLOCK], ids=["away", "clock"])
def test_whoever_cannot_answer_is_named(trouble: Any) -> None:
    with pytest.raises(Unavailable) as caught:
        agreed(of(endorsed(), trouble), 2)
    assert caught.value.organisations == ("custodian",)


def test_only_our_own_refusals_are_refusals() -> None:
    said = json.dumps({"code": "invalid", "reason": "size", "message": "It's {too} big."})
    found = refusals.read(f"transaction returned with failure: lonja {said}")
    assert found is not None
    assert (found.code, found.reason, found.message) == ("invalid", "size", "It's {too} big.")
    for other in ("could not launch chaincode lonja: connection refused", 'lonja {"code":', "lonja {}"):
        assert refusals.read(other) is None


class Panel:
    """A connection whose peers answer after a while of their own; None answers never."""

    chaincode = "lonja"

    def __init__(self, **answers: tuple[float, Any] | None) -> None:
        self.peers, self.channel = answers, self

    def context(self) -> Any:
        return SimpleNamespace(tx_prop_req=None)

    def send_tx_proposal(self, _context: Any, peers: list[Any]) -> tuple[list[Any], None, None]:
        return [self._say(peer) for peer in peers], None, None

    async def _say(self, peer: tuple[float, Any] | None) -> Any:
        await asyncio.sleep(30 if peer is None else peer[0])
        return None if peer is None else peer[1]


def asked(panel: Panel, enough: int, within: float = 5.0) -> Any:
    return asyncio.run(ask(panel, "lonja", [b"version"], list(panel.peers), within, enough))  # type: ignore[arg-type]


def test_nobody_waits_for_a_peer_that_is_not_needed() -> None:
    began = time.monotonic()
    found = asked(Panel(operator=(0.0, endorsed()), custodian=None, regulator=(0.05, endorsed())), 2)
    assert set(found.answers) == {"operator", "regulator"}
    assert time.monotonic() - began < 5


def test_a_peer_that_is_needed_and_silent_is_named() -> None:
    found = asked(Panel(operator=(0.0, endorsed()), custodian=None), 2, within=0.1)
    with pytest.raises(Unavailable, match="custodian: no answer within"):
        agreed(found.answers, 2)


def test_a_peer_whose_chaincode_is_down_cannot_answer() -> None:
    down = sdk.responses.ProposalResponse(response={"status": 500, "message": "could not launch chaincode lonja"})
    with pytest.raises(Unavailable, match="could not launch"):
        agreed(asked(Panel(operator=(0.0, down)), 1).answers, 1)
