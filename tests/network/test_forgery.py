"""What must not get through, tried on the real network by somebody who can send whatever he likes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from middleware import clock
from middleware.ledger import Refused as LedgerRefused
from scripts.desk import Refused, new_id, path
from scripts.product import Product
from scripts.stage import Stage
from tests.network.agreement import reconciles
from tests.network.lane import Lane
from tests.network.signing import Holder, admit, order, raw_jws, with_payload

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def lane(network: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    lane = Lane(network, Path(tmp_path_factory.mktemp("lane")))
    yield lane
    lane.close()


@pytest.fixture(scope="module")
def ledger(stage: Stage) -> str:
    found: str = stage.desk("OPERATOR").get("/ledger")["ledger"]
    return found


@pytest.fixture(scope="module")
def dora(stage: Stage, ledger: str, lane: Lane) -> Holder:
    """An investor with a key of her own, who can sign: the same order, unforged, is taken."""
    dora = admit(stage, ledger)
    (outcome,) = lane.submit(dora.command("order:place", order(dora)))
    assert outcome["code"] == ""
    assert [fact["fact"] for fact in outcome["facts"]] == ["OrderPlaced", "HoldingMoved"]
    return dora


def refused(lane: Lane, jws: str) -> tuple[str, str]:
    """Send one command; it must change nothing. Its code and reason."""
    with lane.unchanged():
        (outcome,) = lane.submit(jws)
    assert outcome.get("facts", []) == []
    return outcome["code"], outcome["reason"]


def test_a_forged_signature_is_refused(lane: Lane, dora: Holder, ledger: str) -> None:
    mallory = Holder(dora.party, ledger)
    forged = mallory.command("order:place", order(dora))
    assert refused(lane, forged) == ("unauthenticated", "signature")


def test_somebody_elses_key_is_refused(lane: Lane, dora: Holder) -> None:
    for_alice = dora.payload("order:place", order(dora), party="ALICE")
    assert refused(lane, dora.sign(for_alice)) == ("unauthenticated", "key")
    assert refused(lane, dora.sign(for_alice, kid="ALICE.1")) == ("unauthenticated", "signature")
    assert refused(lane, dora.sign(for_alice, kid="ALICE.7")) == ("unauthenticated", "key")


def test_a_changed_argument_is_refused(lane: Lane, dora: Holder) -> None:
    id = new_id()
    signed = dora.command("order:place", order(dora, quantity="1"), id=id)
    changed = with_payload(signed, dora.payload("order:place", order(dora, quantity="2"), id=id))
    assert refused(lane, changed) == ("unauthenticated", "signature")


def test_a_used_id_with_another_body_is_refused_and_the_first_outcome_stands(lane: Lane, dora: Holder) -> None:
    id = new_id()
    first = dora.command("order:place", order(dora, quantity="1"), id=id)
    (placed,) = lane.submit(first)
    assert placed["code"] == ""
    assert refused(lane, dora.command("order:place", order(dora, quantity="2"), id=id)) == ("duplicate", "id")
    with lane.unchanged():
        (again,) = lane.submit(first)
    assert (again["code"], again["hash"], again["facts"]) == ("", placed["hash"], [])


def test_an_expired_command_is_refused(lane: Lane, dora: Holder) -> None:
    past = dora.payload("order:place", order(dora), expires_at=clock.now() - timedelta(seconds=5))
    assert refused(lane, dora.sign(past)) == ("wrong_status", "expired")
    far = dora.payload("order:place", order(dora), expires_at=clock.now() + timedelta(hours=25))
    assert refused(lane, dora.sign(far)) == ("invalid", "expires_at")


def test_a_command_signed_for_another_ledger_is_refused(lane: Lane, dora: Holder) -> None:
    elsewhere = dora.payload("order:place", order(dora), ledger="0" * 64)
    assert refused(lane, dora.sign(elsewhere)) == ("invalid", "ledger")


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (b'"side":"buy"', b'"side":"buy","side":"sell"'),
        (b'"party":', b'"party":"ALICE","party":'),
        (b'"quantity":', b'"Quantity":'),
        (b'"function":', b'"Function":'),
        (b'"quantity":"1"', b'"quantity":1'),
        (b'"version":"1"}', b'"version":"1","note":""}'),
        (b'{"args"', b'{ "args"'),
    ],
    ids=["name doubled in args", "name doubled", "case changed in args", "case changed", "number", "unknown", "blank"],
)
def test_a_payload_that_two_readers_could_read_differently_is_refused(
    lane: Lane, dora: Holder, said: bytes, instead: bytes
) -> None:
    good = dora.payload("order:place", order(dora))
    assert good.count(said) >= 1
    code, reason = refused(lane, raw_jws(dora, good.replace(said, instead, 1)))
    assert (code, reason) in (("invalid", "envelope"), ("invalid", "Quantity"), ("invalid", "quantity"))


def test_a_batch_number_cannot_be_used_twice(lane: Lane, dora: Holder) -> None:
    lane.submit(dora.command("order:place", order(dora)))
    used = lane.next_batch() - 1
    with lane.unchanged():
        for wrong in (used, used + 2):
            with pytest.raises(LedgerRefused) as refusal:
                lane.ledger.submit(wrong, [dora.command("order:place", order(dora))])
            assert (refusal.value.code, refusal.value.reason) == ("wrong_status", "batch")


def test_two_batches_endorsed_under_one_number_do_not_both_count(lane: Lane, dora: Holder) -> None:
    lane.level()
    number = str(lane.next_batch()).encode()
    orders = [dora.command("order:place", order(dora)) for _ in range(2)]
    proposals = [lane.propose([b"submit", number, jws.encode()]) for jws in orders]
    envelopes = [lane.endorse(proposal) for proposal in proposals]
    verdicts = [lane.order(p, envelope).code for p, envelope in zip(proposals, envelopes, strict=True)]
    assert verdicts == ["VALID", "MVCC_READ_CONFLICT"]


@pytest.mark.parametrize("seconds", [-11, 11])
def test_a_timestamp_eleven_seconds_off_is_not_endorsed(lane: Lane, dora: Holder, seconds: int) -> None:
    args = [b"submit", str(lane.next_batch()).encode(), dora.command("order:place", order(dora)).encode()]
    with lane.unchanged():
        said = lane.off_clock(args, seconds)
    assert "clock" in said
    assert lane.off_clock(args, 5 if seconds > 0 else -5) == "endorsed"


@pytest.mark.parametrize("organisation", ["operator", "custodian"])
def test_a_transaction_that_one_organisation_endorsed_is_invalid(lane: Lane, dora: Holder, organisation: str) -> None:
    with lane.unchanged():
        number = str(lane.next_batch()).encode()
        proposal = lane.propose([b"submit", number, dora.command("order:place", order(dora)).encode()])
        transaction = lane.order(proposal, lane.endorse(proposal, organisation))
    assert transaction.code == "ENDORSEMENT_POLICY_FAILURE"
    assert len(transaction.endorsers) == 1


def test_the_operator_alone_cannot_give_a_party_a_new_key(stage: Stage, lane: Lane, dora: Holder) -> None:
    """He can propose it; the other half is the custodian's, whom he cannot be."""
    operator = stage.desk("OPERATOR")
    act = operator.command(path("parties", dora.party, "keys"), {"scope": ["*"], "held": "platform"})["act"]
    lane.level()
    before = lane.state()[f"party/{dora.party}"]
    with pytest.raises(Refused) as refusal:
        operator.command(path("acts", act["id"], "approval"), {"hash": act["hash"]})
    assert refusal.value.code == "forbidden"
    lane.level()
    assert lane.state()[f"party/{dora.party}"] == before
    keys = stage.desk("OPERATOR").every(path("parties", dora.party, "keys"))
    assert [(key["n"], key["held"]) for key in keys if key["status"] == "active"] == [("1", "own")]


def test_the_custodian_alone_cannot_either(lane: Lane, dora: Holder, stage: Stage) -> None:
    custodian = stage.desk("CUSTODIA1")
    act = custodian.command(path("parties", dora.party, "keys"), {"scope": ["*"], "held": "platform"})["act"]
    with pytest.raises(Refused) as refusal:
        custodian.command(path("acts", act["id"], "approval"), {"hash": act["hash"]})
    assert refusal.value.code == "forbidden"


def test_after_all_of_this_sql_and_ledger_agree(network: Product, lane: Lane) -> None:
    lane.level()
    reconciles(network)
