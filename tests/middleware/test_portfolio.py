"""A portfolio: what was paid for what is held, who says what it is worth, and nothing of others."""

from typing import Any

import pytest

from tests.middleware.door import CURRENCY, Door, Owner, Share, eventually


@pytest.fixture(scope="module")
def traded(door: Door) -> tuple[Share, Owner, Owner]:
    """The seller got 50 as a gift and sold 20 at 10.00; the buyer paid 25 basis points more."""
    share, buyer, seller = door.share(), door.owner(cash=100_000), door.owner()
    share.give(seller, 50)
    seller.client.command("/orders", seller.order("sell", share.code, 20, 1_000))
    bought = buyer.client.command("/orders", buyer.order("buy", share.code, 20, 1_000))["order"]
    eventually(lambda: buyer.client.items("/trades", order=bought["id"]))
    return share, buyer, seller


def portfolio(owner: Owner) -> dict[str, Any]:
    found = owner.client.get("/portfolio").json
    assert found is not None
    return found


def test_a_purchase_costs_its_amount_and_fee_and_is_worth_the_last_trade(traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, _ = traded
    found = portfolio(buyer)
    (position,) = found["positions"]
    assert (position["instrument"], position["quantity"], position["uncosted"]) == (share.code, "20", "0")
    assert (position["cost_minor"], position["average_minor"]) == ("20050", "1002")
    assert (position["price_minor"], position["price_source"], position["price_by"]) == ("1000", "venue", "BOLSA")
    assert position["price_at"] is not None
    assert (position["value_minor"], position["gain_minor"], position["realised_minor"]) == ("20000", "-50", "0")
    (cash,) = found["cash"]
    assert (cash["instrument"], cash["quantity"], cash["digits"]) == (CURRENCY, "79950", "2")
    (total,) = found["totals"]
    assert (total["cash_minor"], total["value_minor"], total["cost_minor"]) == ("79950", "20000", "20050")
    assert (total["gain_minor"], total["unpriced"]) == ("-50", 0)
    assert found["as_of_block"] > 0


def test_what_came_as_a_gift_has_no_cost_and_makes_no_gain(traded: tuple[Share, Owner, Owner]) -> None:
    (position,) = portfolio(traded[2])["positions"]
    assert (position["quantity"], position["uncosted"], position["cost_minor"]) == ("30", "30", "0")
    assert (position["average_minor"], position["gain_minor"], position["realised_minor"]) == (None, None, "0")
    assert position["value_minor"] == "30000"


def test_between_own_accounts_nothing_is_gained_or_lost(door: Door, traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, _ = traded
    other = door.party("CUSTODIA1").command("/accounts", {"owner": buyer.party, "kind": "individual"})["account"]
    before = portfolio(buyer)["positions"]
    body = {"instrument": share.code, "from_account": buyer.account, "to_account": other["id"], "quantity": "5"}
    buyer.client.command("/transfers", {**body, "reason": "own_accounts"})
    assert portfolio(buyer)["positions"] == before


def test_an_instrument_without_a_trade_has_no_price_and_says_so(door: Door) -> None:
    share, owner = door.share(), door.owner()
    share.give(owner, 5)
    found = portfolio(owner)
    (position,) = found["positions"]
    assert (position["price_source"], position["price_minor"], position["value_minor"]) == ("none", None, None)
    assert found["totals"][0]["unpriced"] == 1


def test_a_portfolio_is_the_asking_partys_alone(door: Door, traded: tuple[Share, Owner, Owner]) -> None:
    share, buyer, _ = traded
    assert portfolio(door.owner())["positions"] == []
    for user in ("CUSTODIA1", "OPERATOR"):
        found = door.party(user).get("/portfolio").json
        assert found is not None
        assert share.code not in str(found["positions"])
        assert buyer.account not in str(found)
    assert door.nobody.get("/portfolio").status_code == 401
