"""Confirmations and instructions: what a broker is told of each trade, what he answers, and what accounts settle."""

import pytest

from middleware import ids
from tests.middleware.door import CURRENCY, Door, Json, Owner, eventually
from tests.middleware.listed import PRICE, Listed, listed


@pytest.fixture(scope="module")
def world(door: Door) -> Listed:
    return listed(door)


@pytest.fixture(scope="module")
def stranger(door: Door) -> Owner:
    return door.owner()


def confirmed(world: Listed, trade: str) -> Json:
    """The confirmation of the buyer's side, made by the FIX process within a second or two."""

    def look() -> list[Json]:
        return [row for row in world.broker.client.items("/confirmations", order=world.buy) if row["trade"] == trade]

    found: Json = eventually(look)[0]
    return found


def answer(world: Listed, id: str, status: str, **more: str) -> int:
    return world.broker.client.post(f"/confirmations/{id}/answer", {"status": status, **more}).status_code


def test_a_broker_without_a_session_has_a_confirmation_of_each_trade_with_all_terms(world: Listed) -> None:
    trade = world.trade(10)
    row = confirmed(world, trade["id"])
    assert (row["broker"], row["owner"], row["status"]) == (world.broker.party, world.buyer.party, "sent")
    amount = 10 * PRICE
    fee = amount * 25 // 10_000
    terms = {"side": "buy", "quantity": "10", "price_minor": str(PRICE), "amount_minor": str(amount)}
    terms |= {"fee_minor": str(fee), "net_minor": str(amount + fee), "reference": trade["reference"]}
    terms |= {"venue": world.exchange.party, "account": world.buyer.account, "currency": CURRENCY}
    assert terms.items() <= row["terms"].items()


def test_a_confirmation_is_made_once_and_for_brokers_only(world: Listed) -> None:
    trade = world.trade(1)
    confirmed(world, trade["id"])
    every = world.door.party("OPERATOR").items("/confirmations")
    assert [row["order"] for row in every if row["trade"] == trade["id"]] == [world.buy]  # the seller has no broker


def test_a_broker_receives_and_affirms_or_rejects_once(world: Listed) -> None:
    first, second = (confirmed(world, world.trade(1)["id"])["id"] for _ in range(2))
    assert [answer(world, first, status) for status in ("received", "affirmed", "affirmed")] == [200, 200, 200]
    assert [answer(world, first, status) for status in ("rejected", "received")] == [409, 409]
    assert answer(world, second, "rejected", text="wrong account") == 200
    row = world.broker.client.get(f"/confirmations/{second}").json
    assert row is not None
    assert (row["status"], row["text"], row["answerable"]) == ("rejected", "wrong account", False)
    assert row in world.broker.client.items("/confirmations", status="rejected")
    for body in ({}, {"status": "sent"}, {"status": "affirmed", "text": " x"}, {"status": "affirmed", "colour": "x"}):
        assert world.broker.client.post(f"/confirmations/{second}/answer", body).status_code == 422


def test_owner_and_custodian_see_a_confirmation_and_only_its_broker_answers(world: Listed, stranger: Owner) -> None:
    id = confirmed(world, world.trade(1)["id"])["id"]
    path = f"/confirmations/{id}"
    other = world.door.broker(each=stranger)
    for client in (world.buyer.client, world.door.party("CUSTODIA1"), world.door.party("OPERATOR")):
        row = client.get(path).json
        assert row is not None
        assert row["answerable"] is False
    for client in (world.seller.client, stranger.client, other.client, world.exchange.client):
        assert client.get(path).status_code == 404
    for client, status in ((world.buyer.client, 403), (world.door.party("CUSTODIA1"), 403), (other.client, 404)):
        assert client.post(f"{path}/answer", {"status": "affirmed"}).status_code == status
    nobody = world.broker.client.post(f"/confirmations/{ids.new()}/answer", {"status": "affirmed"})
    assert nobody.status_code == 404


def test_a_trade_is_a_delivery_and_a_receipt_against_payment(world: Listed) -> None:
    trade = world.trade(2)
    custodian = world.door.party("CUSTODIA1")
    both = [row for row in custodian.items("/instructions", instrument=world.share.code) if row["trade"] == trade["id"]]
    assert [(row["movement"], row["account"]) for row in both] == [
        ("RECE", world.buyer.account),
        ("DELI", world.seller.account),
    ]
    for row in both:
        assert (row["status"], row["message"], row["payment"], row["reason"]) == ("settled", "sese.025", "APMT", "")
        assert (row["quantity"], row["amount_minor"], row["trade_status"]) == ("2", str(2 * PRICE), "settled")
    (own,) = [row for row in world.buyer.client.items("/instructions", status="settled") if row["trade"] == trade["id"]]
    assert own == both[0]
    assert world.seller.party not in str(world.buyer.client.items("/instructions"))


def test_what_orders_reserve_is_pending_and_blocked_for_trading(world: Listed) -> None:
    order = world.buyer.client.get(f"/orders/{world.buy}").json
    assert order is not None
    (row,) = world.buyer.client.items("/instructions", status="pending")
    assert (row["order"], row["message"], row["reason"], row["trade"]) == (world.buy, "sese.024", "BLOT", "")
    assert row["quantity"] == order["remaining"]
    assert row["amount_minor"] == str(int(order["remaining"]) * int(order["limit_minor"]))
    gone = world.seller.client.command("/orders", world.seller.order("sell", world.share.code, 1, 900, venue="BOLSA"))[
        "order"
    ]
    world.seller.client.command(f"/orders/{gone['id']}/cancellation")
    assert [row["order"] for row in world.seller.client.items("/instructions", status="pending")] == [world.sell]


def test_instructions_are_paged_without_gap_or_repeat(world: Listed, stranger: Owner) -> None:
    custodian = world.door.party("CUSTODIA1")
    for query in ({}, {"status": "settled"}, {"status": "pending"}, {"account": world.buyer.account}):
        wanted = {"instrument": world.share.code, **query}
        every = custodian.items("/instructions", **wanted)
        assert every
        assert custodian.items("/instructions", limit="1", **wanted) == every
        assert custodian.items("/instructions", limit="3", **wanted) == every
    assert stranger.client.items("/instructions") == []
    assert stranger.client.items("/instructions", account=world.buyer.account) == []


def test_a_custodian_finds_accounts_by_kind_owner_and_what_they_hold(world: Listed, stranger: Owner) -> None:
    custodian = world.door.party("CUSTODIA1")
    omnibus = custodian.command("/accounts", {"owner": stranger.party, "kind": "omnibus"})["account"]
    assert custodian.items("/accounts", owner=stranger.party, kind="omnibus") == [omnibus]
    holders = {row["id"] for row in custodian.items("/accounts", instrument=world.share.code)}
    assert holders == {world.share.issuer.account, world.buyer.account, world.seller.account}
    assert custodian.items("/accounts", owner=stranger.party, custodian="NOBODY") == []
    assert stranger.client.items("/accounts", instrument=world.share.code) == []
