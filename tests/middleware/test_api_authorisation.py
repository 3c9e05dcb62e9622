"""What of things is seen: nothing of others in lists, no names of the other side. Who is let through: the matrix."""

from dataclasses import dataclass
from typing import Any

import pytest

from middleware import ids
from tests.middleware.door import CURRENCY, Client, Door, Owner, Share, eventually


@dataclass(frozen=True)
class World:
    """One trade between two investors, and everything that led to it."""

    door: Door
    share: Share
    buyer: Owner
    seller: Owner
    stranger: Owner
    things: dict[str, str]

    def who(self, name: str) -> Client:
        owners = {"buyer": self.buyer, "seller": self.seller, "stranger": self.stranger, "issuer": self.share.issuer}
        return owners[name].client if name in owners else self.door.user(name)


@pytest.fixture(scope="module")
def world(door: Door) -> World:
    share, buyer, seller, stranger = door.share(), door.owner(cash=50_000), door.owner(), door.owner(cash=1_000)
    share.give(seller, 20)
    door.deposit(buyer.account, 50_000)
    wish = {"instrument": CURRENCY, "account": buyer.account, "amount_minor": "100", "destination": "0123456789"}
    withdrawal = buyer.client.command("/withdrawals", wish)["withdrawal"]
    seller.client.command("/orders", seller.order("sell", share.code, 20, 1_000))
    bought = buyer.client.command("/orders", buyer.order("buy", share.code, 15, 1_000))["order"]
    trades = eventually(lambda: buyer.client.items("/trades", order=bought["id"]))
    assert buyer.client.post("/webhooks", {"url": "https://93.184.216.34/buyer", "events": ["*"]}).status_code == 201
    things = {"withdrawal": f"/withdrawals/{withdrawal['id']}", "trade": f"/trades/{trades[0]['id']}"}
    return World(door, share, buyer, seller, stranger, things)


LISTS = ["/accounts", "/holdings", "/movements", "/orders", "/trades", "/deposits", "/withdrawals", "/transfers"]
LISTS += ["/entries", "/mandates", "/instructions", "/subscriptions", "/negotiations"]
UNSHARED = ["/submissions", "/webhooks", "/claims", "/confirmations", "/disclosures", "/executions", "/sessions"]
UNSHARED += ["/certificates", "/notifications"]


@pytest.mark.parametrize("path", [*LISTS, *UNSHARED])
def test_lists_show_nothing_of_others(world: World, path: str) -> None:
    everything = str(world.stranger.client.items(path))
    for other in (world.buyer, world.seller, world.share.issuer):
        assert other.party not in everything
        assert other.account not in everything


@pytest.mark.parametrize("path", LISTS)
def test_filters_do_not_open_what_is_anothers(world: World, path: str) -> None:
    for query in ({"account": world.buyer.account}, {"owner": world.buyer.party}):
        answer = world.stranger.client.get(path, **query)
        if answer.status_code == 200:
            assert answer.json is not None
            assert answer.json["items"] == []
        else:
            assert answer.status_code == 422  # it has no such filter


def test_parties_show_investors_to_founders_only(world: World) -> None:
    seen = {party["party"] for party in world.stranger.client.items("/parties")}
    assert {"OPERATOR", "CUSTODIA1", "BOLSA", "BANCO1", world.share.issuer.party, world.stranger.party} <= seen
    assert not {world.buyer.party, world.seller.party, "ALICE"} & seen
    assert {world.buyer.party, "ALICE"} <= {party["party"] for party in world.who("custodian").items("/parties")}


def test_a_trade_shows_each_side_without_the_others_name(world: World) -> None:
    for user, own, other in (("buyer", world.buyer, world.seller), ("seller", world.seller, world.buyer)):
        trade = world.who(user).get(world.things["trade"]).json
        assert trade is not None
        assert trade["side"] == ("buy" if user == "buyer" else "sell")
        assert trade[user] == own.party
        assert other.party not in str(trade)
        assert other.account not in str(trade)
    for user in ("venue", "operator", "custodian"):
        trade = world.who(user).get(world.things["trade"]).json
        assert trade is not None
        assert (trade["buyer"], trade["seller"]) == (world.buyer.party, world.seller.party)


def test_where_money_goes_is_for_owner_bank_and_operator(world: World) -> None:
    shown = {}
    for user in ("buyer", "bank", "operator", "custodian"):
        found = world.who(user).get(world.things["withdrawal"]).json
        assert found is not None
        shown[user] = found["destination"]
    assert shown == {"buyer": "0123456789", "bank": "0123456789", "operator": "0123456789", "custodian": ""}


def test_nobody_trades_out_of_anothers_account(world: World) -> None:
    order = world.stranger.order("sell", world.share.code, 1, 1_000)
    for field in ("account", "cash_account"):
        answer = world.stranger.client.post("/orders", {**order, field: world.seller.account}, key=ids.new())
        _refused(answer, 404, f"/{field}")
        preview = world.stranger.client.post("/orders/preview", {**order, field: world.seller.account})
        _refused(preview, 404, f"/{field}")
    move = {"instrument": world.share.code, "from_account": world.seller.account, "to_account": world.stranger.account}
    answer = world.stranger.client.post("/transfers", {**move, "quantity": "1", "reason": "gift"}, key=ids.new())
    _refused(answer, 404, "/from_account")
    wish = {"instrument": CURRENCY, "account": world.buyer.account, "amount_minor": "1", "destination": "0123456789"}
    _refused(world.stranger.client.post("/withdrawals", wish, key=ids.new()), 404, "/account")


def test_a_suspended_partys_commands_are_refused_by_the_ledger(door: Door) -> None:
    owner = door.owner(cash=1_000)
    share = door.share()
    door.party("OPERATOR").command(f"/parties/{owner.party}/suspension", {"suspended": "yes", "reason": "a test"})
    answer = owner.client.post("/orders", owner.order("buy", share.code, 1, 1), key=ids.new(), wait=20)
    assert answer.status_code == 403
    assert answer.json is not None
    assert (answer.json["code"], answer.json["reason"]) == ("forbidden", "suspended")
    assert owner.client.get("/holdings").status_code == 200


def _refused(answer: Any, status: int, pointer: str) -> None:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
