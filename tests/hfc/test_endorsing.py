"""What peers may answer, and what we make of it: the SDK compares nothing."""

import json
from typing import Any

import pytest

from middleware.ledger import Refused, Unavailable, refusals
from middleware.ledger.hfc.endorsing import Differing, agreed
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
