"""Negotiations: asked, offered, countered, refused, accepted; who sees what; and what of it the ledger learns."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select, update

from middleware import agreement, clock, ids
from middleware.ledger import command, wallet
from middleware.models.negotiation import Negotiation, Offer
from middleware.models.submission import Submission
from middleware.services import offers, talks
from tests.middleware.door import CURRENCY, Door, Json, Owner, Share, eventually

NOTE, REASON = "For the long term, nothing else", "Too dear for what it is"


@dataclass(frozen=True)
class Talk:
    """Two who may agree, and one who was asked too."""

    door: Door
    share: Share
    buyer: Owner
    seller: Owner
    other: Owner

    def ask(self, *parties: Owner, **more: str) -> Json:
        """The buyer asks for 40 of the share."""
        body: Json = {"instrument": self.share.code, "side": "buy", "quantity": "40", "note": NOTE}
        body |= {"parties": [one.party for one in parties or (self.seller,)], "expires_at": soon(days=3), **more}
        return opened(self.buyer, body)

    def offer(self, maker: Owner, talk: Json, price: int = 1_000, **more: str) -> Json:
        """An offer; answers the newest of the talk."""
        answer = maker.client.post(f"/negotiations/{talk['id']}/offers", terms_of(maker, price, **more), key=ids.new())
        assert answer.status_code == 201, answer.get_data(as_text=True)
        assert answer.json is not None
        listed: list[Json] = next(one for one in answer.json["talks"] if one["offers"])["offers"]
        return listed[-1]

    def holdings(self) -> dict[str, tuple[str, str]]:
        """What buyer and seller hold, and how much of it is reserved."""
        found = {}
        for name, owner in (("buyer", self.buyer), ("seller", self.seller)):
            for row in owner.client.items("/holdings", empty="yes"):
                found[f"{name} {'cash' if row['kind'] == 'currency' else 'units'}"] = (row["quantity"], row["reserved"])
        return found


def soon(**more: int) -> str:
    return clock.text(clock.now() + timedelta(**(more or {"hours": 2})))


def terms_of(maker: Owner, price: int = 1_000, **more: str) -> Json:
    body = {"quantity": "40", "price_minor": str(price), "account": maker.account, "good_till": soon(), "note": NOTE}
    return {**body, **more}


def opened(owner: Owner, body: Json, key: str = "") -> Json:
    answer = owner.client.post("/negotiations", body, key=key or ids.new())
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert isinstance(answer.json, dict)
    return answer.json


def shown(owner: Owner, talk: Json) -> Json:
    found = owner.client.get(f"/negotiations/{talk['id']}").json
    assert isinstance(found, dict)
    return found


def last_offer(owner: Owner, talk: Json) -> Json:
    found: Json = shown(owner, talk)["talks"][0]["offers"][-1]
    return found


def refused(answer: Any, status: int, code: str, reason: str) -> None:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert (answer.json["code"], answer.json["reason"]) == (code, reason)


@pytest.fixture
def talk(door: Door) -> Talk:
    share = door.share()
    buyer, seller, other = door.owner(cash=100_000), door.owner(), door.owner()
    share.give(seller, 100)
    return Talk(door, share, buyer, seller, other)


def test_a_request_is_answered_countered_accepted_and_settled(talk: Talk) -> None:
    asked = talk.ask()
    assert (asked["status"], asked["is_opener"], asked["your_side"]) == ("open", True, "buy")
    seen = shown(talk.seller, asked)
    assert (seen["your_side"], seen["note"], seen["opener"]) == ("sell", NOTE, talk.buyer.party)
    first = talk.offer(talk.seller, asked, 1_100)
    assert (first["status"], first["side"], first["amount_minor"], first["mine"]) == ("open", "sell", "44000", True)
    counter = talk.offer(talk.buyer, asked, 1_000)
    assert (counter["side"], counter["taker"], counter["reserves"]) == ("buy", talk.seller.party, "40")
    statuses = [one["status"] for one in shown(talk.seller, asked)["talks"][0]["offers"]]
    assert statuses == ["countered", "open"]
    assert talk.holdings()["buyer cash"] == ("100000", "0")  # an offer reserves nothing
    done = talk.seller.client.command(
        f"/negotiations/{asked['id']}/offers/{counter['id']}/acceptance", {"account": talk.seller.account}
    )
    assert done["submission"]["function"] == "instruction:enter"
    assert done["negotiation"]["status"] == "agreed"
    settled = eventually(lambda: last_offer(talk.buyer, asked)["status"] == "settled" and last_offer(talk.buyer, asked))
    assert settled["instruction"]["settlement"].startswith(talk.buyer.party)
    wanted = {"buyer cash": ("60000", "0"), "buyer units": ("40", "0")}
    wanted |= {"seller cash": ("40000", "0"), "seller units": ("60", "0")}
    assert talk.holdings() == wanted


def test_both_can_show_what_they_signed_and_nobody_else_can_guess_it(talk: Talk) -> None:
    asked = talk.ask()
    offer = talk.offer(talk.seller, asked)
    for owner in (talk.buyer, talk.seller):
        seen = last_offer(owner, asked)
        assert agreement.terms(seen["maker"], seen["id"], seen["signed"]) == seen["terms"] == offer["terms"]
        assert command.parse(seen["jws"]).args == seen["signed"]
    assert len(bytes.fromhex(offer["signed"]["salt"])) * 8 >= 128
    other = talk.offer(talk.seller, asked)
    assert (other["signed"]["salt"], other["terms"]) != (offer["signed"]["salt"], offer["terms"])
    with talk.door.app.extensions["lonja"].reading() as session:
        functions = set(session.scalars(select(Submission.function).where(Submission.party == talk.seller.party)))
        assert offers.MAKE not in functions


def test_only_the_parties_concerned_see_a_talk(talk: Talk) -> None:
    asked = talk.ask(talk.seller, talk.other)
    talk.offer(talk.seller, asked, note="Only for you")
    outsiders = [talk.share.issuer.client, *(talk.door.user(name) for name in ("operator", "custodian", "bank"))]
    for client in outsiders:
        assert client.get(f"/negotiations/{asked['id']}").status_code == 404
        assert asked["id"] not in str(client.items("/negotiations"))
    everything = json.dumps(shown(talk.other, asked))
    assert talk.seller.party not in everything
    assert "Only for you" not in everything
    assert talk.seller.account not in everything
    assert {one["party"] for one in shown(talk.buyer, asked)["talks"]} == {talk.seller.party, talk.other.party}
    assert talk.other.party not in json.dumps(shown(talk.seller, asked))


def test_an_agreement_with_another_only_closes_the_request(talk: Talk) -> None:
    asked = talk.ask(talk.seller, talk.other)
    lost = talk.offer(talk.other, asked, 900)
    won = talk.offer(talk.seller, asked)
    talk.buyer.client.command(f"/negotiations/{asked['id']}/offers/{won['id']}/acceptance", accounts(talk.buyer))
    seen = shown(talk.other, asked)
    assert (seen["status"], seen["talks"][0]["offers"][0]["status"]) == ("closed", "closed")
    where = f"/negotiations/{asked['id']}/offers/{lost['id']}/acceptance"
    refused(talk.buyer.client.post(where, accounts(talk.buyer), key=ids.new()), 409, "wrong_status", "negotiation")


def accounts(owner: Owner) -> Json:
    return {"account": owner.account}


def test_a_refusal_is_read_by_the_other_side_only(talk: Talk) -> None:
    asked = talk.ask(talk.seller, talk.other)
    offer = talk.offer(talk.seller, asked)
    where = f"/negotiations/{asked['id']}/offers/{offer['id']}"
    refused(talk.seller.client.post(f"{where}/refusal", {"reason": REASON}), 403, "forbidden", "owner")
    assert talk.other.client.post(f"{where}/refusal", {"reason": REASON}).status_code == 404
    assert talk.buyer.client.post(f"{where}/refusal", {"reason": REASON}).status_code == 200
    assert (last_offer(talk.seller, asked)["status"], last_offer(talk.seller, asked)["reason"]) == ("refused", REASON)
    assert talk.buyer.client.post(f"{where}/refusal", {"reason": REASON}).status_code == 200  # again
    refused(talk.buyer.client.post(f"{where}/refusal", {"reason": "Another"}), 409, "wrong_status", "offer")
    no = talk.other.client.post(f"/negotiations/{asked['id']}/refusal", {"reason": REASON})
    assert no.json is not None
    assert no.json["talks"][0]["status"] == "refused"
    late = talk.other.client.post(f"/negotiations/{asked['id']}/offers", terms_of(talk.other), key=ids.new())
    refused(late, 409, "wrong_status", "negotiation")
    own = talk.buyer.client.post(f"/negotiations/{asked['id']}/refusal", {"reason": REASON})
    refused(own, 403, "forbidden", "opener")
    by_party = {one["party"]: one["reason"] for one in shown(talk.buyer, asked)["talks"]}
    assert by_party == {talk.seller.party: "", talk.other.party: REASON}


def test_offers_and_requests_are_taken_back(talk: Talk) -> None:
    asked = talk.ask()
    offer = talk.offer(talk.seller, asked)
    where = f"/negotiations/{asked['id']}/offers/{offer['id']}"
    refused(talk.buyer.client.post(f"{where}/withdrawal"), 403, "forbidden", "owner")
    assert talk.seller.client.post(f"{where}/withdrawal").status_code == 200
    late = talk.buyer.client.post(f"{where}/acceptance", accounts(talk.buyer), key=ids.new())
    refused(late, 409, "wrong_status", "offer")
    refused(talk.seller.client.post(f"/negotiations/{asked['id']}/withdrawal"), 403, "forbidden", "opener")
    gone = talk.buyer.client.post(f"/negotiations/{asked['id']}/withdrawal").json
    assert gone is not None
    assert gone["status"] == shown(talk.seller, asked)["status"] == "withdrawn"
    late = talk.seller.client.post(f"/negotiations/{asked['id']}/offers", terms_of(talk.seller), key=ids.new())
    refused(late, 409, "wrong_status", "negotiation")


def test_what_is_past_its_time_cannot_be_accepted(talk: Talk) -> None:
    asked = talk.ask()
    offer = talk.offer(talk.seller, asked)
    _age(talk, update(Offer).where(Offer.id == offer["id"]).values(good_till=clock.now()))
    assert last_offer(talk.buyer, asked)["status"] == "expired"
    where = f"/negotiations/{asked['id']}/offers/{offer['id']}/acceptance"
    refused(talk.buyer.client.post(where, accounts(talk.buyer), key=ids.new()), 409, "wrong_status", "good_till")
    _age(talk, update(Negotiation).where(Negotiation.id == asked["id"]).values(expires_at=clock.now()))
    assert shown(talk.seller, asked)["status"] == "expired"
    late = talk.seller.client.post(f"/negotiations/{asked['id']}/offers", terms_of(talk.seller), key=ids.new())
    refused(late, 409, "wrong_status", "expires_at")
    assert asked["id"] in [one["id"] for one in talk.buyer.client.items("/negotiations", status="expired")]
    assert asked["id"] not in [one["id"] for one in talk.buyer.client.items("/negotiations", status="open")]


def _age(talk: Talk, change: Any) -> None:
    with talk.door.app.extensions["lonja"].writing() as session:
        session.execute(change)
        session.commit()


def test_an_acceptance_that_the_ledger_refuses_leaves_the_offer_open(talk: Talk) -> None:
    asked = talk.ask()
    offer = talk.offer(talk.seller, asked, 2_600)  # 104,000 of the buyer's 100,000
    where = f"/negotiations/{asked['id']}/offers/{offer['id']}/acceptance"
    answer = talk.buyer.client.post(where, accounts(talk.buyer), key=ids.new(), wait=20)
    refused(answer, 409, "insufficient", "available")
    assert shown(talk.seller, asked)["status"] == "open"
    assert last_offer(talk.buyer, asked)["acceptable"]
    again = talk.buyer.client.post(where, accounts(talk.buyer), key=ids.new(), wait=20)
    refused(again, 409, "insufficient", "available")
    assert "100000" not in json.dumps(shown(talk.seller, asked))  # what the buyer has is his business
    assert last_offer(talk.buyer, asked)["acceptable"]
    assert talk.holdings()["buyer cash"] == ("100000", "0")


def test_a_maker_who_cannot_deliver_fails_and_the_taker_takes_his_back(talk: Talk) -> None:
    asked = talk.ask()
    offer = talk.offer(talk.seller, asked, 100, quantity="101")
    where = f"/negotiations/{asked['id']}/offers/{offer['id']}/acceptance"
    talk.buyer.client.command(where, accounts(talk.buyer))
    eventually(lambda: last_offer(talk.buyer, asked)["status"] == "failed")
    assert talk.holdings()["buyer cash"] == ("100000", "10100")
    talk.buyer.client.command(f"/instructions/{offer['terms']}/cancellation")
    assert talk.holdings()["buyer cash"] == ("100000", "0")


def test_an_acceptance_is_repeated_without_a_second_effect(talk: Talk) -> None:
    asked = talk.ask()
    offer = talk.offer(talk.seller, asked)
    where, key = f"/negotiations/{asked['id']}/offers/{offer['id']}/acceptance", ids.new()
    first = talk.buyer.client.command(where, accounts(talk.buyer), key=key)
    again = talk.buyer.client.command(where, accounts(talk.buyer), key=key)
    assert again["submission"]["hash"] == first["submission"]["hash"]
    eventually(lambda: last_offer(talk.buyer, asked)["status"] == "settled")
    late = talk.buyer.client.post(where, accounts(talk.buyer), key=ids.new())
    assert late.status_code == 409
    assert talk.holdings()["buyer units"] == ("40", "0")


def test_the_same_request_and_offer_again_are_the_same(talk: Talk) -> None:
    key = ids.new()
    body = {"instrument": talk.share.code, "side": "buy", "quantity": "40", "parties": [talk.seller.party]}
    body |= {"expires_at": soon(days=1), "note": ""}
    asked = opened(talk.buyer, body, key)
    assert opened(talk.buyer, body, key) == asked
    refused(talk.buyer.client.post("/negotiations", {**body, "quantity": "41"}, key=key), 409, "duplicate", "id")
    refused(talk.other.client.post("/negotiations", body, key=key), 409, "duplicate", "id")
    key, wanted = ids.new(), terms_of(talk.seller)
    for _ in range(2):
        answer = talk.seller.client.post(f"/negotiations/{asked['id']}/offers", wanted, key=key)
        assert answer.json is not None
        assert len(answer.json["talks"][0]["offers"]) == 1
    other = {**wanted, "price_minor": "999"}
    refused(talk.seller.client.post(f"/negotiations/{asked['id']}/offers", other, key=key), 409, "duplicate", "id")


def test_what_cannot_be_asked_or_offered_is_refused_by_name(talk: Talk) -> None:
    body = {"instrument": talk.share.code, "side": "buy", "quantity": "1", "parties": [talk.seller.party]}
    body |= {"expires_at": soon()}
    for field, bad, status, code in (
        ("parties", [talk.buyer.party], 422, "invalid"),
        ("parties", ["NOBODY"], 404, "not_found"),
        ("parties", ["BANCO1"], 404, "not_found"),
        ("instrument", "NOTHING", 404, "not_found"),
        ("instrument", CURRENCY, 422, "invalid"),
        ("expires_at", "2026-01-01T00:00:00Z", 422, "invalid"),
    ):
        refused(talk.buyer.client.post("/negotiations", {**body, field: bad}, key=ids.new()), status, code, field)
    asked = talk.ask(talk.seller, talk.other)
    where = f"/negotiations/{asked['id']}/offers"
    for more, status, code, reason in (
        ({"account": talk.seller.account}, 404, "not_found", "account"),
        ({"party": talk.share.issuer.party}, 404, "not_found", "party"),
        ({"party": ""}, 422, "invalid", "party"),
        ({"good_till": soon(days=4)}, 422, "invalid", "good_till"),
        ({"quantity": str(2**62), "price_minor": "4"}, 422, "invalid", "quantity"),
    ):
        wanted = {**terms_of(talk.buyer), "party": talk.seller.party, **more}
        refused(talk.buyer.client.post(where, wanted, key=ids.new()), status, code, reason)


def test_who_keeps_his_own_key_signs_offers_and_instructions_himself(talk: Talk) -> None:
    private = _own_key(talk.seller)
    asked = talk.ask()
    args = {"negotiation": asked["id"], "counterparty": talk.buyer.party, "instrument": talk.share.code}
    args |= {"currency": CURRENCY, "side": "sell", "quantity": "40", "price_minor": "1000", "note": ""}
    args |= {"account": talk.seller.account, "cash_account": talk.seller.account, "good_till": soon()}
    args |= {"salt": ids.token().hex()}
    where = f"/negotiations/{asked['id']}/offers"
    for name, bad in (("side", "buy"), ("currency", "EUR.BANCO1"), ("counterparty", talk.other.party)):
        key = ids.new()
        jws = _jws(talk, private, key, offers.MAKE, {**args, name: bad})
        assert talk.seller.client.post(where, {"jws": jws}, key=key).status_code in (404, 422)
    key = ids.new()
    made = talk.seller.client.post(where, {"jws": _jws(talk, private, key, offers.MAKE, args)}, key=key)
    assert made.json is not None
    offer = made.json["talks"][0]["offers"][0]
    assert (offer["held"], offer["signed"], offer["to_sign"]) == ("own", args, None)
    talk.buyer.client.command(f"{where}/{offer['id']}/acceptance", accounts(talk.buyer))
    told = last_offer(talk.seller, asked)
    assert (told["status"], last_offer(talk.buyer, asked)["to_sign"]) == ("accepted", None)
    key = ids.new()
    jws = _jws(talk, private, key, "instruction:enter", told["to_sign"])
    talk.seller.client.command("/instructions", {"jws": jws}, key=key)
    assert last_offer(talk.buyer, asked)["status"] == "settled"
    assert talk.holdings()["buyer units"] == ("40", "0")


def test_a_taker_with_his_own_key_accepts_with_his_signature(talk: Talk) -> None:
    asked = talk.ask()
    offer = talk.offer(talk.seller, asked)
    private = _own_key(talk.buyer)
    args = {"side": "receive", "account": talk.buyer.account, "cash_account": talk.buyer.account}
    args |= {"counterparty": talk.seller.party, "instrument": talk.share.code, "quantity": "40"}
    args |= {"amount_minor": "40000", "terms": offer["terms"], "good_till": soon()}
    where = f"/negotiations/{asked['id']}/offers/{offer['id']}/acceptance"
    for name, bad in (("amount_minor", "1"), ("terms", "0" * 64), ("side", "deliver")):
        key = ids.new()
        jws = _jws(talk, private, key, "instruction:enter", {**args, name: bad})
        refused(talk.buyer.client.post(where, {"jws": jws}, key=key), 422, "invalid", name)
    key = ids.new()
    talk.buyer.client.command(where, {"jws": _jws(talk, private, key, "instruction:enter", args)}, key=key)
    eventually(lambda: last_offer(talk.buyer, asked)["status"] == "settled")


def _own_key(owner: Owner) -> ec.EllipticCurvePrivateKey:
    private = ec.generate_private_key(ec.SECP256R1())
    ledger = owner.client.get("/ledger").json
    assert ledger is not None
    proof = command.prove(private, ledger=ledger["ledger"], party=owner.party, n="2")
    key = {"held": "own", "scope": ["*"], "n": "2", "public": command.public_text(private.public_key()), "proof": proof}
    owner.client.command(f"/parties/{owner.party}/keys", key)
    return private


def _jws(talk: Talk, private: ec.EllipticCurvePrivateKey, id: str, function: str, args: Json) -> str:
    party = talk.seller.party if args.get("counterparty") != talk.seller.party else talk.buyer.party
    ledger = wallet.ledger_hash(talk.door.app.extensions["lonja"].config)
    until = clock.now() + timedelta(hours=1)
    payload = command.encode(ledger=ledger, party=party, id=id, function=function, args=args, expires_at=until)
    return command.sign(private, f"{party}.2", payload)


def test_the_custodian_sees_what_is_alleged_to_its_clients(talk: Talk) -> None:
    body = {"side": "deliver", "account": talk.seller.account, "cash_account": talk.seller.account, "quantity": "5"}
    body |= {"counterparty": talk.buyer.party, "instrument": talk.share.code, "amount_minor": "5000"}
    body |= {"terms": ids.token().hex(), "good_till": soon()}
    entered = talk.seller.client.command("/instructions", body)["instruction"]
    assert (entered["status"], entered["reserved"]) == ("alleged", "5")
    custodian = talk.door.user("custodian")
    rows = custodian.items("/instructions", instrument=talk.share.code)
    seen = {row["status"]: row for row in rows if row["terms"] == body["terms"]}
    assert (seen["pending"]["message"], seen["pending"]["reason"]) == ("sese.024", "CMIS")
    assert (seen["alleged"]["message"], seen["alleged"]["movement"]) == ("sese.028", "RECE")
    assert (seen["alleged"]["owner"], seen["alleged"]["counterparty"]) == (talk.buyer.party, talk.seller.party)
    assert [row["status"] for row in talk.buyer.client.items("/instructions")] == ["alleged"]
    assert talk.other.client.items("/instructions") == []
    assert talk.other.client.get(f"/instructions/{body['terms']}").status_code == 404
    other = {**body, "side": "receive", "account": talk.buyer.account, "cash_account": talk.buyer.account}
    talk.buyer.client.command("/instructions", {**other, "counterparty": talk.seller.party})
    rows = custodian.items("/instructions", instrument=talk.share.code, limit="1")
    settled = [row for row in rows if row["terms"] == body["terms"]]
    assert [(row["message"], row["movement"], row["owner"]) for row in settled] == [
        ("sese.025", "RECE", talk.buyer.party),
        ("sese.025", "DELI", talk.seller.party),
    ]


def test_an_instruction_is_taken_back_by_its_owner_or_expires(talk: Talk) -> None:
    body = {"side": "deliver", "account": talk.seller.account, "cash_account": talk.seller.account, "quantity": "5"}
    body |= {"counterparty": talk.buyer.party, "instrument": talk.share.code, "amount_minor": "5000"}
    first = {**body, "terms": ids.token().hex(), "good_till": soon()}
    talk.seller.client.command("/instructions", first)
    where = f"/instructions/{first['terms']}"
    refused(talk.buyer.client.post(f"{where}/cancellation", {}, key=ids.new()), 403, "forbidden", "owner")
    early = talk.buyer.client.post(f"{where}/expiry", {}, key=ids.new(), wait=20)
    refused(early, 409, "wrong_status", "good_till")
    ended = talk.seller.client.command(f"{where}/cancellation")["instruction"]
    assert (ended["status"], ended["reserved"]) == ("cancelled", "0")
    late = {**body, "terms": ids.token().hex(), "good_till": clock.text(clock.now() + timedelta(seconds=3))}
    talk.seller.client.command("/instructions", late)
    eventually(lambda: (talk.seller.client.get(f"/instructions/{late['terms']}").json or {})["status"] == "expired")
    assert talk.holdings()["seller units"] == ("100", "0")


def test_those_who_talk_are_told_and_nobody_else(talk: Talk) -> None:
    with talk.door.app.extensions["lonja"].reading() as session:
        asked = talk.ask(talk.seller)
        heard = {one.party: talks.after(session, one.party, 0) for one in (talk.seller, talk.other, talk.buyer)}
        assert [one.negotiation for one in heard[talk.seller.party]] == [asked["id"]]
        assert heard[talk.other.party] == heard[talk.buyer.party] == []
        assert talks.after(session, "OPERATOR", 0) == []
        assert session.scalar(select(func.count()).select_from(Negotiation)) > 0
