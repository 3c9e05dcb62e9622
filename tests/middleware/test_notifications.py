"""One inbox of what concerns a party: nothing of others, read once, counted right."""

from typing import Any

import pytest

from middleware import ids
from middleware.services import notifications
from tests.middleware.door import CURRENCY, Client, Door, Owner, Share, eventually
from tests.middleware.placement import placement


@pytest.fixture(scope="module")
def traded(door: Door) -> tuple[Share, Owner, Owner]:
    share, buyer, seller = door.share(), door.owner(cash=100_000), door.owner()
    share.give(seller, 50)
    seller.client.command("/orders", seller.order("sell", share.code, 20, 1_000))
    bought = buyer.client.command("/orders", buyer.order("buy", share.code, 20, 1_000))["order"]
    eventually(lambda: buyer.client.items("/trades", order=bought["id"]))
    return share, buyer, seller


def inbox(client: Client, **query: str) -> list[dict[str, Any]]:
    """What a user is told, without the offerings of others that every investor hears of."""
    return [row for row in client.items("/notifications", **query) if row["kind"] != "offering_opened"]


def unread(client: Client) -> int:
    found = client.get("/notifications/unread").json
    assert found is not None
    return int(found["unread"])


def kinds(client: Client) -> list[str]:
    return [row["kind"] for row in inbox(client)]


def test_each_side_hears_of_its_trade_its_cash_and_its_gift(traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, seller = traded
    assert kinds(buyer.client) == ["trade_bought", "deposit_credited"]
    assert kinds(seller.client) == ["trade_sold", "transfer_received"]
    bought, credited = inbox(buyer.client)
    assert (bought["instrument"], bought["quantity"], bought["price_minor"]) == (share.code, "20", "1000")
    assert (credited["currency"], credited["amount_minor"], credited["read"]) == (CURRENCY, "100000", False)
    assert buyer.client.get(f"/trades/{bought['thing']}").status_code == 200
    assert seller.party not in str(inbox(buyer.client))


def test_what_is_read_is_not_counted_and_comes_not_back(door: Door) -> None:
    owner = door.owner()
    owner.client.post("/notifications/read", {})
    for amount in (500, 700):
        door.deposit(owner.account, amount)
    first, second = inbox(owner.client, shown="unread")
    assert unread(owner.client) == 2
    left = owner.client.post("/notifications/read", {"ids": [first["id"]]}).json
    assert left == {"unread": 1}
    assert [row["id"] for row in inbox(owner.client, shown="unread")] == [second["id"]]
    assert owner.client.post("/notifications/read", {}).json == {"unread": 0}
    assert [row["read"] for row in inbox(owner.client)] == [True, True]
    door.deposit(owner.account, 900)
    assert unread(owner.client) == 1
    assert owner.client.post("/notifications/read", {"ids": ["deposit_credited/nothing"]}).json == {"unread": 1}


def test_each_user_of_a_party_reads_for_himself(door: Door) -> None:
    owner = door.owner(cash=500)
    other = f"{owner.party.lower()}-2"
    login = {"username": other, "party": owner.party, "password": "another long password"}
    assert door.party("OPERATOR").post("/users", login).status_code == 201
    owner.client.post("/notifications/read", {})
    second = door.sign_in(other, "another long password")
    assert [row["read"] for row in inbox(second)] == [True], "what came before he had a login is not news"
    door.deposit(owner.account, 100)
    owner.client.post("/notifications/read", {})
    assert (unread(owner.client), unread(second)) == (0, 1)


def test_acts_wait_for_their_approver_and_are_news_to_their_proposer(door: Door) -> None:
    operator, custodian = door.party("OPERATOR"), door.party("CUSTODIA1")
    owner = door.owner()
    args = {"party": owner.party, "n": "1", "reason": "retired"}
    proposed = operator.command("/acts", {"function": "key:revoke", "args": args})["act"]
    waiting = next(row for row in inbox(custodian) if row["thing"] == proposed["id"])
    assert (waiting["kind"], waiting["text"], waiting["waits"]) == ("act_waiting", "key:revoke", True)
    assert f"act_waiting/{proposed['id']}" not in {row["id"] for row in inbox(operator)}
    custodian.command(f"/acts/{proposed['id']}/approval", {"hash": proposed["hash"]})
    assert f"act_approved/{proposed['id']}" in {row["id"] for row in inbox(operator)}
    assert proposed["id"] not in {row["thing"] for row in inbox(custodian)}


def test_a_bank_hears_of_what_it_has_to_pay_and_the_owner_of_what_it_did(door: Door) -> None:
    owner, bank = door.owner(cash=5_000), door.party("BANCO1")
    wish = {"instrument": CURRENCY, "account": owner.account, "amount_minor": "100", "destination": "0123456789"}
    paid, refused = (owner.client.command("/withdrawals", wish)["withdrawal"]["id"] for _ in range(2))
    assert {f"withdrawal_waiting/{id}" for id in (paid, refused)} <= {row["id"] for row in inbox(bank)}
    door.banking(f"/withdrawals/{paid}/payment", {"reference": "SPEI-1"})
    door.banking(f"/withdrawals/{refused}/refusal", {"reason": "no such account"})
    assert kinds(owner.client)[:2] == ["withdrawal_refused", "withdrawal_paid"]
    assert [row["text"] for row in inbox(owner.client)[:2]] == ["no such account", "SPEI-1"]
    assert not {paid, refused} & {row["thing"] for row in inbox(bank)}


def test_an_entry_waits_for_its_owner_and_its_end_is_told_to_its_broker(door: Door, traded: Any) -> None:
    share, buyer, _ = traded
    broker = door.broker(each=buyer)
    body = {"instrument": share.code, "side": "buy", "limit_minor": "900", "quantity": "1", "account": buyer.account}
    entry = broker.enter({**body, "cash_account": buyer.account})
    assert f"entry_waiting/{entry['id']}" in {row["id"] for row in inbox(buyer.client)}
    assert inbox(broker.client) == []
    assert buyer.client.post(f"/entries/{entry['id']}/refusal", {"reason": "no"}).status_code == 200
    assert f"entry_waiting/{entry['id']}" not in {row["id"] for row in inbox(buyer.client)}
    assert kinds(broker.client) == ["entry_declined"]


def test_an_invitation_is_told_to_whoever_is_invited_and_to_nobody_else(door: Door) -> None:
    offer, invited, other = placement(door, kind="private"), door.owner(), door.owner()
    offer.invite(invited)
    (told,) = inbox(invited.client)
    assert (told["kind"], told["instrument"], told["thing"]) == ("offering_invited", offer.share.code, offer.id)
    assert invited.client.get(f"/offerings/{told['thing']}").status_code == 200
    assert offer.id not in str(list(other.client.items("/notifications")))


def test_a_refused_order_is_told_with_the_ledgers_sentence(door: Door, traded: Any) -> None:
    share, buyer, _ = traded
    answer = buyer.client.post("/orders", buyer.order("sell", share.code, 9_999, 1_000), key=ids.new(), wait=20)
    assert answer.status_code == 409
    newest = inbox(buyer.client)[0]
    assert (newest["kind"], newest["quantity"]) == ("order_rejected", "9999")
    assert newest["text"]


def test_every_kind_is_declared(door: Door) -> None:
    seen = {
        row["kind"] for user in ("ALICE", "ACME", "CUSTODIA1", "OPERATOR", "BANCO1") for row in inbox(door.party(user))
    }
    assert seen
    assert seen <= set(notifications.KINDS)
    assert door.nobody.get("/notifications").status_code == 401


@pytest.mark.parametrize(
    "body", [{"ids": []}, {"ids": "x"}, {"ids": [1]}, {"ids": ["x"]}, {"ids": ["a/b"] * 2}, {"x": 1}]
)
def test_what_is_wrong_is_refused(door: Door, body: dict[str, Any]) -> None:
    assert door.party("ALICE").post("/notifications/read", body).status_code == 422
    assert door.party("ALICE").get("/notifications", shown="some").status_code == 422
