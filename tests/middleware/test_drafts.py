"""Four eyes: what one user of a bank enters waits, unsigned, until another user of the same bank has approved it."""

from dataclasses import dataclass

import pytest

from middleware import clock, ids
from scripts.cast import PASSWORD
from tests.middleware.door import Client, Door, Json, Owner


@dataclass(frozen=True)
class Bank:
    """A new bank with a currency of its own, and two users."""

    party: str
    currency: str
    ana: Client
    beto: Client

    def enter(self, path: str, body: Json, *, key: str = "") -> Json:
        """What Ana enters, and that it waits."""
        answer = self.ana.post(path, body, key=key or ids.new(), wait=20)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        assert answer.json is not None
        assert answer.json["submission"] is None
        draft: Json = answer.json["draft"]
        assert answer.headers["Location"] == f"/v1/drafts/{draft['id']}"
        return draft

    def attestation(self, balance_minor: int) -> Json:
        body = {"instrument": self.currency, "balance_minor": str(balance_minor), "reference": "S-1"}
        return {**body, "as_of": clock.text(clock.now())}

    def deposit(self, account: str, amount_minor: int) -> Json:
        body = {"instrument": self.currency, "account": account, "amount_minor": str(amount_minor)}
        return {**body, "reference": ids.new()[-12:]}


@pytest.fixture
def bank(door: Door) -> Bank:
    party = door.admit("bank")
    clients = []
    for name in ("ana", "beto"):
        username = f"{name}-{party.lower()}"
        door.party("OPERATOR").post("/users", {"username": username, "party": party, "password": PASSWORD})
        clients.append(door.user(username))
    terms = {"instrument": f"EUR.{party}", "kind": "currency", "issuer": party, "lot": "1", "tick_minor": "1"}
    door.agree(door.party("OPERATOR").command("/instruments", {**terms, "fee_bps": "0", "minor_digits": "2"}))
    return Bank(party, f"EUR.{party}", *clients)


@pytest.fixture
def strict(bank: Bank) -> Bank:
    """A bank that has attested 1,000.00 and wants four eyes."""
    bank.ana.command("/attestations", bank.attestation(100_000))
    answer = bank.ana.post("/four-eyes", {"required": "yes"}, key=ids.new())
    assert answer.json is not None
    assert (answer.json["required"], answer.json["users"], answer.json["draft"]) == (True, 2, None)
    return bank


@pytest.fixture(scope="module")
def owner(door: Door) -> Owner:
    return door.owner()


def problem(client: Client, path: str, body: Json | None = None, *, key: str = "") -> tuple[int, str, str]:
    answer = client.post(path, body, key=key)
    assert answer.json is not None
    return answer.status_code, answer.json["code"], answer.json["reason"]


def test_without_four_eyes_a_bank_acts_at_once(bank: Bank) -> None:
    made = bank.ana.command("/attestations", bank.attestation(5))
    assert made["draft"] is None
    assert made["attestation"] | {"balance_minor": "5", "entered_by": "", "approved_by": ""} == made["attestation"]
    assert bank.ana.items("/drafts") == []


def test_what_one_enters_another_approves_and_the_lists_say_who(strict: Bank, owner: Owner) -> None:
    key = ids.new()
    body = strict.deposit(owner.account, 4_000)
    draft = strict.enter("/deposits", body, key=key)
    assert draft | {"status": "waiting", "function": "cash:deposit", "args": body, "outcome": ""} == draft
    assert strict.enter("/deposits", body, key=key) == draft, "the same again repeats nothing"
    assert strict.ana.get(f"/submissions/{draft['id']}").status_code == 404, "nothing was signed"
    assert strict.beto.items("/drafts", status="waiting") == [draft]
    approved = strict.beto.command(f"/drafts/{draft['id']}/approval")
    assert approved["submission"]["id"] == key
    assert approved["draft"]["status"] == "approved"
    assert approved["draft"]["outcome"] == "done"
    deposit = strict.ana.get(f"/deposits/{draft['id']}").json
    assert deposit is not None
    assert (deposit["entered_by"], deposit["approved_by"]) == (strict_user(strict, "ana"), strict_user(strict, "beto"))
    assert strict.ana.items("/deposits") == [deposit]
    assert strict.ana.command("/deposits", body, key=key)["deposit"] == deposit
    assert owner.client.get(f"/deposits/{draft['id']}").json == deposit | {"entered_by": "", "approved_by": ""}


def strict_user(bank: Bank, name: str) -> str:
    return f"{name}-{bank.party.lower()}"


def test_nobody_approves_what_he_has_entered_himself(strict: Bank, owner: Owner) -> None:
    draft = strict.enter("/deposits", strict.deposit(owner.account, 10))
    where = f"/drafts/{draft['id']}/approval"
    assert problem(strict.ana, where) == (403, "forbidden", "same_user")
    strict.beto.command(where)


def test_only_users_of_the_same_bank_see_and_decide(strict: Bank, owner: Owner, door: Door) -> None:
    draft = strict.enter("/deposits", strict.deposit(owner.account, 10))
    for path in ("", "/approval", "/refusal"):
        where = f"/drafts/{draft['id']}{path}"
        other = door.party("BANCO1").send("POST" if path else "GET", where, json={"reason": "x"} if path else None)
        assert other.status_code == 404, where
        assert owner.client.send("POST" if path else "GET", where, json={"reason": "x"}).status_code == 403
    assert draft["id"] not in [one["id"] for one in door.party("BANCO1").items("/drafts")]


def test_what_is_refused_or_taken_back_is_never_signed(strict: Bank, owner: Owner) -> None:
    refused = strict.enter("/deposits", strict.deposit(owner.account, 10))
    own = strict.enter("/deposits", strict.deposit(owner.account, 20))
    for client, draft, status in ((strict.beto, refused, "refused"), (strict.ana, own, "withdrawn")):
        ended = client.post(f"/drafts/{draft['id']}/refusal", {"reason": "twice"}).json
        assert ended is not None
        assert (ended["status"], ended["reason"]) == (status, "twice")
        assert problem(strict.beto, f"/drafts/{draft['id']}/approval") == (409, "wrong_status", "draft")
        assert strict.ana.get(f"/submissions/{draft['id']}").status_code == 404
    assert strict.ana.items("/deposits") == []


def test_a_payment_and_a_refusal_wait_too_and_one_at_a_time(strict: Bank, owner: Owner) -> None:
    deposit = strict.enter("/deposits", strict.deposit(owner.account, 900))
    strict.beto.command(f"/drafts/{deposit['id']}/approval")
    wish = {"instrument": strict.currency, "account": owner.account, "amount_minor": "300"}
    asked = owner.client.command("/withdrawals", {**wish, "destination": "002010077777777771"})["withdrawal"]
    payment = strict.enter(f"/withdrawals/{asked['id']}/payment", {"reference": "OUT-1"})
    assert payment["subject"] == asked["id"]
    refusal = f"/withdrawals/{asked['id']}/refusal"
    assert problem(strict.beto, refusal, {"reason": "no"}, key=ids.new()) == (409, "wrong_status", "draft")
    strict.beto.command(f"/drafts/{payment['id']}/approval")
    paid = strict.ana.get(f"/withdrawals/{asked['id']}").json
    assert paid is not None
    assert (paid["status"], paid["entered_by"]) == ("paid", strict_user(strict, "ana"))


def test_what_the_ledger_refuses_after_the_approval_says_so(strict: Bank, owner: Owner) -> None:
    draft = strict.enter("/deposits", strict.deposit(owner.account, 100_001))
    answer = strict.beto.post(f"/drafts/{draft['id']}/approval", wait=20)
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"], answer.json["reason"]) == (409, "insufficient", "attested")
    known = strict.ana.get(f"/drafts/{draft['id']}").json
    assert known is not None
    assert (known["status"], known["outcome"], known["code"]) == ("approved", "refused", "insufficient")


def test_an_id_is_used_for_one_thing(strict: Bank, owner: Owner) -> None:
    key = ids.new()
    strict.enter("/deposits", strict.deposit(owner.account, 10), key=key)
    again = problem(strict.ana, "/deposits", strict.deposit(owner.account, 11), key=key)
    assert again == (409, "duplicate", "id")


def test_to_want_four_eyes_no_longer_takes_four_eyes(strict: Bank) -> None:
    key = ids.new()
    answer = strict.ana.post("/four-eyes", {"required": "no"}, key=key).json
    assert answer is not None
    assert answer["required"] is True
    where = f"/drafts/{answer['draft']['id']}/approval"
    assert problem(strict.ana, where) == (403, "forbidden", "same_user")
    ended = strict.beto.post(where)
    assert (ended.status_code, ended.json and ended.json["submission"]) == (201, None)
    setting = strict.ana.get("/four-eyes").json
    assert setting is not None
    assert (setting["required"], setting["changed_by"]) == (False, strict_user(strict, "beto"))
    strict.ana.command("/attestations", strict.attestation(200_000))


def test_a_bank_with_one_user_cannot_want_four_eyes(door: Door) -> None:
    party = door.admit("bank")
    door.party("OPERATOR").post("/users", {"username": party.lower(), "party": party, "password": PASSWORD})
    assert problem(door.user(party.lower()), "/four-eyes", {"required": "yes"}, key=ids.new()) == (
        409,
        "wrong_status",
        "users",
    )
