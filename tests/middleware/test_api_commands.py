"""A command happens once: ids, repeats, waiting for the ledger, and commands signed by a key of the caller's own."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from middleware import clock, ids
from middleware.ledger import command, wallet
from middleware.services.cash import salted
from middleware.services.ordering import end_of_day
from tests.middleware.door import CURRENCY, Door, Owner, Share, eventually


@pytest.fixture(scope="module")
def share(door: Door) -> Share:
    return door.share()


@pytest.fixture(scope="module")
def owner(door: Door) -> Owner:
    return door.owner(cash=1_000_000)


class Signer:
    """A party's own key, kept here."""

    def __init__(self, door: Door, owner: Owner) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.owner = owner
        self.ledger = wallet.ledger_hash(door.app.extensions["lonja"].config)
        public = command.public_text(self.key.public_key())
        proof = command.prove(self.key, ledger=self.ledger, party=owner.party, n="2")
        body = {"n": "2", "held": "own", "scope": ["*"], "public": public, "proof": proof}
        owner.client.command(f"/parties/{owner.party}/keys", body)

    def sign(self, function: str, args: dict[str, Any], id: str, changed: dict[str, Any] | None = None) -> str:
        said = {"ledger": self.ledger, "party": self.owner.party, "id": id, "function": function, "args": args}
        said |= {"expires_at": clock.after(3600), "kid": f"{self.owner.party}.2", **(changed or {})}
        kid = said.pop("kid")
        return command.sign(self.key, kid, command.encode(**said))


@pytest.fixture(scope="module")
def signer(door: Door, owner: Owner) -> Signer:
    return Signer(door, owner)


def _order_args(owner: Owner, share: Share, **changed: str) -> dict[str, str]:
    args = owner.order("buy", share.code, 1, 20)
    args |= {"venue": "BOLSA", "broker": "", "max_fee_minor": "0", "good_till": clock.text(clock.after(86_400))}
    return {**args, **changed}


def test_the_same_again_has_the_same_answer(owner: Owner, share: Share) -> None:
    id, body = ids.new(), owner.order("buy", share.code, 1, 30)
    first = owner.client.post("/orders", body, key=id, wait=20)
    again = owner.client.post("/orders", body, key=id, wait=20)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Location"] == again.headers["Location"] == f"/v1/orders/{owner.party}:{id}"


def test_what_was_left_open_keeps_its_first_value(owner: Owner, share: Share, monkeypatch: pytest.MonkeyPatch) -> None:
    id, body = ids.new(), owner.order("buy", share.code, 1, 31)
    first = owner.client.post("/orders", body, key=id, wait=20).json
    tomorrow = clock.now() + timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr("middleware.services.ordering.clock.now", lambda: tomorrow)
        again = owner.client.post("/orders", body, key=id).json
    assert first == again


def test_the_same_id_with_other_content_is_a_duplicate(owner: Owner, share: Share) -> None:
    id = ids.new()
    first = owner.client.command("/orders", owner.order("buy", share.code, 1, 32), key=id)["order"]
    other = owner.client.post("/orders", owner.order("buy", share.code, 2, 32), key=id)
    elsewhere = owner.client.post(f"/orders/{first['id']}/cancellation", {}, key=id)
    for answer in (other, elsewhere):
        assert answer.status_code == 409
        assert answer.json is not None
        assert (answer.json["code"], answer.json["reason"]) == ("duplicate", "id")
    assert owner.client.get(f"/orders/{first['id']}").json == first


def test_a_refused_command_is_refused_for_ever(door: Door, share: Share) -> None:
    poor = door.owner()
    id, body = ids.new(), poor.order("buy", share.code, 1, 500)
    first = poor.client.post("/orders", body, key=id, wait=20)
    assert first.status_code == 409
    door.deposit(poor.account, 10_000)
    again = poor.client.post("/orders", body, key=id)
    assert again.status_code == 409
    assert first.json is not None
    assert again.json is not None
    assert (again.json["code"], again.json["detail"]) == ("insufficient", first.json["detail"])
    assert poor.client.command("/orders", body)["order"]["status"] == "new"


def test_sixteen_at_once_with_one_id_are_one_order(owner: Owner, share: Share) -> None:
    id, body = ids.new(), owner.order("buy", share.code, 1, 33)
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(owner.client.post("/orders", body, key=id))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len({answer.json["submission"]["hash"] for answer in answers}) == 1
    eventually(lambda: owner.client.get(f"/orders/{owner.party}:{id}").json["status"] == "new")  # type: ignore[index]
    assert len([one for one in owner.client.items("/orders") if one["id"] == f"{owner.party}:{id}"]) == 1


def test_without_waiting_the_order_is_on_its_way(owner: Owner, share: Share) -> None:
    id = ids.new()
    answer = owner.client.post("/orders", owner.order("buy", share.code, 1, 34), key=id)
    assert answer.status_code == 202
    assert answer.json is not None
    assert (answer.json["order"]["status"], answer.json["order"]["block"]) == ("pending_new", None)
    assert answer.json["submission"]["status"] == "waiting"
    found = eventually(lambda: _placed(owner, f"{owner.party}:{id}"))
    assert found["good_till"] == answer.json["order"]["good_till"]


def _placed(owner: Owner, id: str) -> dict[str, Any] | None:
    order = owner.client.get(f"/orders/{id}").json
    assert order is not None
    return order if order["status"] == "new" else None


@pytest.mark.parametrize("prefer", ["wait=abc", "wait=-1", "wait=99999999", "respond-async", "", "wait=0"])
def test_a_preference_that_is_none_is_passed_over(owner: Owner, share: Share, prefer: str) -> None:
    answer = owner.client.post("/orders", owner.order("buy", share.code, 1, 35), key=ids.new(), Prefer=prefer)
    assert answer.status_code == 202


def test_a_day_ends_at_midnight_utc_or_a_day_later() -> None:
    assert end_of_day(datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) == datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    assert end_of_day(datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC)) == datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    assert end_of_day(datetime(2026, 11, 22, 23, 0, 0, tzinfo=UTC)) == datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)


def test_an_order_signed_by_an_own_key_is_shown_as_such(owner: Owner, share: Share, signer: Signer) -> None:
    id = ids.new()
    jws = signer.sign("order:place", _order_args(owner, share), id)
    order = owner.client.command("/orders", {"jws": jws}, key=id)["order"]
    assert (order["kid"], order["held"], order["status"]) == (f"{owner.party}.2", "own", "new")
    cancel = ids.new()
    jws = signer.sign("order:cancel", {"order": order["id"]}, cancel)
    done = owner.client.command(f"/orders/{order['id']}/cancellation", {"jws": jws}, key=cancel)
    assert (done["order"]["status"], done["submission"]["held"]) == ("cancelled", "own")
    step = owner.client.get(f"/orders/{order['id']}/trace").json["steps"][-1]  # type: ignore[index]
    assert (step["kid"], step["held"]) == (f"{owner.party}.2", "own")


def test_own_signatures_go_in_bulk_too(owner: Owner, share: Share, signer: Signer) -> None:
    good, forged = ids.new(), ids.new()
    jws = signer.sign("order:place", _order_args(owner, share), good)
    other = signer.sign("order:place", _order_args(owner, share), forged)
    orders = [{"id": good, "jws": jws}, {"id": forged, "jws": other[:-4] + "AAAA"}, {"id": ids.new(), "jws": jws}]
    answer = owner.client.post("/orders/bulk", {"orders": orders}).json
    assert answer is not None
    assert [item["status"] for item in answer["items"]] == ["waiting", "refused", "refused"]
    assert answer["items"][1]["problem"]["reason"] == "signature"
    assert answer["items"][2]["problem"]["reason"] == "id"


def test_a_withdrawal_signed_by_its_owner_tells_the_bank_where(door: Door, owner: Owner, signer: Signer) -> None:
    id, salt, where = ids.new(), "ab" * 16, "002010077777777771"
    args = {"instrument": CURRENCY, "account": owner.account, "amount_minor": "7"}
    args["destination_hash"] = salted(salt, where)
    jws = signer.sign("cash:withdraw", args, id)
    wrong = owner.client.post("/withdrawals", {"jws": jws, "destination": "0000111122", "salt": salt}, key=id)
    assert wrong.status_code == 422
    made = owner.client.command("/withdrawals", {"jws": jws, "destination": where, "salt": salt}, key=id)["withdrawal"]
    assert made["destination"] == where
    assert door.party("BANCO1").get(f"/withdrawals/{made['id']}").json == made


def test_a_proposal_signed_by_an_own_key(door: Door) -> None:
    issuer = door.share().issuer
    signer = Signer(door, issuer)
    code = issuer.client.items("/instruments", issuer=issuer.party)[0]["instrument"]
    id = ids.new()
    args = {"instrument": code, "account": issuer.account, "quantity": "5", "resolution": "0" * 64}
    proposal = {"function": "instrument:issue", "args": args, "good_till": clock.text(clock.after(86_400))}
    jws = signer.sign("act:propose", proposal, id)
    made = issuer.client.command(f"/instruments/{code}/issuances", {"jws": jws}, key=id)
    assert (made["act"]["args"], made["submission"]["held"]) == (args, "own")


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        ({"ledger": "0" * 64}, 422, "ledger"),
        ({"function": "order:cancel"}, 422, "function"),
        ({"function": "order:fly"}, 422, "function"),
        ({"party": "ALICE"}, 401, "key"),
        ({"party": "ALICE", "kid": "ALICE.1"}, 401, None),
        ({"kid": "NOBODY.1"}, 401, "key"),
        ({"id": "00000000-0000-7000-8000-000000000000"}, 422, "id"),
        ({"args": {}}, 422, "fields"),
        ({"args": {"order": "x"}}, 422, "fields"),
    ],
)
def test_a_signature_must_fit_the_request(
    owner: Owner, share: Share, signer: Signer, changed: dict[str, Any], status: int, reason: str | None
) -> None:
    id = ids.new()
    jws = signer.sign("order:place", _order_args(owner, share), id, changed)
    answer = owner.client.post("/orders", {"jws": jws}, key=id)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.json is not None
    assert reason in (None, answer.json["reason"])


def test_an_own_key_that_has_ended_signs_nothing(door: Door, share: Share) -> None:
    owner = door.owner(cash=1_000)
    signer = Signer(door, owner)
    owner.client.command(f"/parties/{owner.party}/keys/2/revocation", {"reason": "retired"})
    id = ids.new()
    jws = signer.sign("order:place", _order_args(owner, share), id)
    answer = owner.client.post("/orders", {"jws": jws}, key=id)
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["reason"] == "key"


def test_a_signature_beside_fields_is_refused(owner: Owner, share: Share, signer: Signer) -> None:
    id = ids.new()
    jws = signer.sign("order:place", _order_args(owner, share), id)
    answer = owner.client.post("/orders", {"jws": jws, "quantity": "1"}, key=id)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"] == "/quantity"


def test_another_partys_signature_is_refused(door: Door, owner: Owner, share: Share, signer: Signer) -> None:
    other = door.owner()
    id = ids.new()
    jws = signer.sign("order:place", _order_args(owner, share), id)
    answer = other.client.post("/orders", {"jws": jws}, key=id)
    assert answer.status_code in (404, 422)


def test_an_execution_has_the_id_that_follows_from_it(door: Door, owner: Owner, share: Share) -> None:
    buy, sell = f"{owner.party}:{ids.new()}", f"{owner.party}:{ids.new()}"
    body = {"instrument": share.code, "number": "9", "after": "1", "buy": buy, "sell": sell}
    body |= {"quantity": "1", "price_minor": "1"}
    venue = door.party("BOLSA")
    assert venue.post("/trades", body, key=ids.new()).status_code == 422
    answer = venue.post("/trades", body, key=ids.execution_id(share.code, 9, buy, sell), wait=20)
    assert answer.status_code == 409
    assert answer.json is not None
    assert (answer.json["code"], answer.json["reason"]) == ("wrong_status", "number")
