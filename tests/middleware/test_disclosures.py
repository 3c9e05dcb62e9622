"""For whom an omnibus account holds: signed by its custodian, provable to each client, and on the issuer's register."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from middleware import clock, ids, merkle
from middleware.merkle import Step
from middleware.models.disclosure import DisclosedClient
from middleware.services.disclosures import Leaf
from tests.middleware.door import Door, Json, Owner, Share

PARTS = [{"client": "C-01", "quantity": "60"}, {"client": "C-02", "quantity": "30"}, {"client": "Ana", "quantity": "5"}]


@dataclass(frozen=True)
class Nominee:
    """An omnibus account of a nominee that holds 100 of the share."""

    door: Door
    share: Share
    owner: Owner
    account: str

    @property
    def path(self) -> str:
        return f"/accounts/{self.account}/disclosures"

    def body(self, *clients: dict[str, str], **more: Any) -> Json:
        said = list(clients) or PARTS
        return {"instrument": self.share.code, "as_of": clock.text(clock.now()), "clients": said, **more}

    def publish(self, *clients: dict[str, str], key: str = "", **more: Any) -> Json:
        made = self.door.party("CUSTODIA1").command(self.path, self.body(*clients, **more), key=key)
        found: Json = made["disclosure"]
        return found

    def refused(self, body: Any, path: str = "") -> tuple[int, str, str, str]:
        """status, code, reason, and the sentence."""
        answer = self.door.party("CUSTODIA1").post(path or self.path, body, key=ids.new(), wait=20)
        problem = answer.json
        assert problem is not None
        return answer.status_code, problem["code"], problem["reason"], problem["detail"]

    def register(self) -> Json:
        found: Json | None = self.share.issuer.client.get(f"/instruments/{self.share.code}/register").json
        assert found is not None
        return found

    def row(self) -> Json:
        """The account's line on the issuer's register."""
        return next(holder for holder in self.register()["holders"] if holder["account"] == self.account)


@pytest.fixture
def nominee(door: Door) -> Nominee:
    share, owner = door.share(1_000), door.owner("custodian")
    opened = door.party("CUSTODIA1").command("/accounts", {"owner": owner.party, "kind": "omnibus"})
    made = Nominee(door, share, owner, opened["account"]["id"])
    share.give(Owner(owner.party, made.account, owner.client), 100)
    return made


def test_a_disclosure_is_signed_listed_and_shown_with_its_clients(nominee: Nominee) -> None:
    made = nominee.publish()
    custodian = nominee.door.party("CUSTODIA1")
    assert (made["custodian"], made["total"], made["clients"], made["held"]) == ("CUSTODIA1", "95", 3, "platform")
    shown = custodian.get(f"/disclosures/{made['id']}").json
    assert shown is not None
    assert shown["parts"] == [{"n": n, **part} for n, part in enumerate(PARTS)]
    for client in (custodian, nominee.share.issuer.client, nominee.door.party("OPERATOR")):
        assert client.items("/disclosures", account=nominee.account, instrument=nominee.share.code) == [made]
    submission = custodian.get(f"/submissions/{made['id']}").json
    assert submission is not None
    assert (submission["args"]["root"], submission["args"]["clients"]) == (made["root"], "3")
    assert "C-01" not in str(submission["args"])  # names stay off the ledger


def test_every_client_can_be_led_to_the_root_on_the_ledger(nominee: Nominee) -> None:
    made = nominee.publish()
    custodian = nominee.door.party("CUSTODIA1")
    for n, part in enumerate(PARTS):
        proof = custodian.get(f"/disclosures/{made['id']}/clients/{n}/proof").json
        assert proof is not None
        leaf = Leaf(proof["client"], int(proof["quantity"]), proof["salt"])
        assert (leaf.client, leaf.quantity, len(leaf.salt)) == (part["client"], int(part["quantity"]), 32)
        steps = [Step(**step) for step in proof["steps"]]
        assert merkle.leads_to(merkle.DISCLOSURE, leaf.texts(n), steps) == made["root"] == proof["root"]
    for wrong in ("3", "999999999999"):
        assert custodian.get(f"/disclosures/{made['id']}/clients/{wrong}/proof").status_code == 404
    assert nominee.share.issuer.client.get(f"/disclosures/{made['id']}/clients/0/proof").status_code == 403


def test_the_same_clients_have_another_root_each_time(nominee: Nominee) -> None:
    assert nominee.publish()["root"] != nominee.publish()["root"]  # salted


def test_the_register_shows_the_last_disclosure_and_what_it_leaves_open(nominee: Nominee) -> None:
    assert (nominee.row()["clients"], nominee.row()["undisclosed"]) == ([], "100")
    made = nominee.publish()
    row = nominee.row()
    assert (row["disclosure"], row["disclosed_as_of"], row["undisclosed"]) == (made["id"], made["as_of"], "5")
    assert row["clients"] == PARTS
    last = nominee.publish({"client": "C-02", "quantity": "100"})
    assert (nominee.row()["disclosure"], nominee.row()["undisclosed"]) == (last["id"], "0")
    back = {"instrument": nominee.share.code, "from_account": nominee.account, "quantity": "40", "reason": "gift"}
    nominee.owner.client.command("/transfers", {**back, "to_account": nominee.share.issuer.account})
    assert (nominee.row()["quantity"], nominee.row()["undisclosed"]) == ("60", "-40")  # sold since


def test_the_register_adds_up_to_what_is_issued_by_holder_and_by_custodian(nominee: Nominee) -> None:
    nominee.publish()
    found = nominee.register()
    assert (found["issued"], found["total"]) == ("1000", "1000")
    assert sum(int(holder["quantity"]) for holder in found["holders"]) == 1_000
    assert sum(int(part["quantity"]) for part in found["custodians"]) == 1_000
    assert [(part["custodian"], part["accounts"]) for part in found["custodians"]] == [("CUSTODIA1", 2)]
    assert [(row["kind"], row["quantity"]) for row in found["holders"]] == [("direct", "900"), ("omnibus", "100")]
    for row in found["holders"]:
        explained = sum(int(part["quantity"]) for part in row["clients"]) + int(row["undisclosed"])
        assert explained == (100 if row["kind"] == "omnibus" else 0)


def test_the_register_is_paged_without_gap_or_repeat(nominee: Nominee) -> None:
    for quantity in (7, 7, 7):
        nominee.share.give(nominee.door.owner(), quantity)
    whole, path = nominee.register(), f"/instruments/{nominee.share.code}/register"
    seen: list[Json] = []
    query = {"limit": "2"}
    while True:
        page = nominee.share.issuer.client.get(path, **query).json
        assert page is not None
        assert (page["total"], page["custodians"]) == (whole["total"], whole["custodians"])
        seen += page["holders"]
        if not page["has_more"]:
            break
        query["starting_after"] = page["next"]
    assert seen == whole["holders"]
    assert len(seen) == 5


def test_more_than_is_held_is_refused_with_both_numbers(nominee: Nominee) -> None:
    status, code, reason, detail = nominee.refused(nominee.body({"client": "C-01", "quantity": "101"}))
    assert (status, code, reason) == (422, "invalid", "total")
    assert "101" in detail
    assert "100" in detail


C01 = {"client": "C-01", "quantity": "1"}
BAD: dict[str, Any] = {
    "nobody": [],
    "twice": [C01, C01],
    "too many": [{"client": f"C-{n}", "quantity": "1"} for n in range(5_001)],
    "no name": [{**C01, "client": ""}],
    "a long name": [{**C01, "client": "x" * 65}],
    "a blank": [{**C01, "client": " a"}],
    "nothing to see": [{**C01, "client": "a\u200b"}],
    "nothing": [{**C01, "quantity": "0"}],
    "less than nothing": [{**C01, "quantity": "-1"}],
    "a number": [{**C01, "quantity": 1}],
    "no quantity": [{"client": "C-01"}],
    "no client": [{"quantity": "1"}],
    "a colour": [{**C01, "colour": "red"}],
    "no object": [1],
    "text": "x",
    "null": None,
}


@pytest.mark.parametrize("bad", BAD)
def test_clients_that_are_none_are_refused_by_name_and_kept_nowhere(nominee: Nominee, bad: str) -> None:
    before = _kept(nominee.door)
    body = nominee.body()
    answer = nominee.door.party("CUSTODIA1").post(nominee.path, {**body, "clients": BAD[bad]}, key=ids.new())
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"].startswith("/clients")
    assert _kept(nominee.door) == before


def test_only_an_omnibus_account_of_ones_own_is_disclosed(nominee: Nominee) -> None:
    direct = f"/accounts/{nominee.share.issuer.account}/disclosures"
    assert nominee.refused(nominee.body(), direct)[:3] == (422, "invalid", "account")
    nowhere = f"/accounts/CUSTODIA1:{ids.new()}/disclosures"
    assert nominee.refused(nominee.body(), nowhere)[:3] == (404, "not_found", "account")
    assert nominee.refused(nominee.body(instrument="NOSUCH"))[:3] == (404, "not_found", "instrument")
    # The nominee owns the account and is a custodian too, but it is kept by another one.
    answer = nominee.owner.client.post(nominee.path, nominee.body(), key=ids.new())
    assert (answer.status_code, answer.json and answer.json["reason"]) == (403, "owner")
    assert nominee.share.issuer.client.post(nominee.path, nominee.body(), key=ids.new()).status_code == 403


def test_the_future_is_not_disclosed(nominee: Nominee) -> None:
    status, code, reason, _ = nominee.refused(nominee.body(as_of=clock.text(clock.after(600))))
    assert (status, code, reason) == (422, "invalid", "as_of")
    assert nominee.row()["clients"] == []


def test_the_same_disclosure_again_is_the_first_one_with_its_salts(nominee: Nominee) -> None:
    key, as_of = ids.new(), clock.text(clock.now())
    first = nominee.publish(key=key, as_of=as_of)
    before = _kept(nominee.door)
    assert nominee.publish(key=key, as_of=as_of) == first
    other = nominee.body({"client": "C-01", "quantity": "1"}, as_of=as_of)
    answer = nominee.door.party("CUSTODIA1").post(nominee.path, other, key=key)
    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "duplicate")
    assert _kept(nominee.door) == before


def test_others_see_no_disclosure(nominee: Nominee) -> None:
    made = nominee.publish()
    for client in (nominee.door.owner().client, nominee.door.party("BOLSA"), nominee.door.party("ACME")):
        assert client.get(f"/disclosures/{made['id']}").status_code == 404
        assert client.items("/disclosures", instrument=nominee.share.code) == []


def _kept(door: Door) -> int:
    with door.app.extensions["lonja"].reading() as session:
        return int(session.scalar(select(func.count()).select_from(DisclosedClient)))
