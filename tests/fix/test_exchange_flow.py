"""Orders at an exchange on a running product: reserved here, executed there, settled here, and told to everybody."""

from collections.abc import Iterator

import pytest

from middleware import ids
from scripts.product import Product
from tests.fix.listed import ENOUGH, EXCHANGE, Listed, road
from tests.middleware.door import CURRENCY, Door, Owner, eventually


@pytest.fixture(scope="module")
def opened(sandbox: Product, door: Door) -> Iterator[Listed]:
    with road(sandbox):
        yield Listed(door, sandbox)


@pytest.fixture
def market(opened: Listed) -> Listed:
    """With a share that nobody has traded yet."""
    opened.share = opened.door.share(isin="")
    return opened


@pytest.fixture
def buyer(market: Listed) -> Owner:
    return market.buyer()


@pytest.fixture
def seller(market: Listed) -> Owner:
    return market.seller()


def test_an_order_that_its_broker_entered_goes_the_whole_way(market: Listed, seller: Owner) -> None:
    buyer, broker = market.buyer(), market.broker()
    market.mandate(buyer, broker)
    terms = {"account": buyer.account, "quantity": "40", "instrument": market.code, "side": "buy"}
    entered = broker.client.post(
        "/entries", {**terms, "limit_minor": "2600", "venue": EXCHANGE, "client_id": "B-1"}, key=ids.new()
    )
    assert entered.status_code == 201, entered.get_data(as_text=True)
    (entry,) = entered.json["items"]  # type: ignore[index]
    assert entry["status"] == "awaiting_affirmation"
    assert market.held(buyer, CURRENCY)[1] == "0", "nothing is reserved before the investor signs"
    affirmed = buyer.client.post(f"/entries/{entry['id']}/affirmation", {}, key=entry["id"], wait=20)
    assert affirmed.status_code in (200, 201, 202), affirmed.get_data(as_text=True)
    buy = f"{buyer.party}:{entry['id']}"
    market.until(buyer, buy, status="new", book="exchange")
    assert market.held(buyer, CURRENCY)[1] != "0"
    market.at_exchange(buy)
    market.place(seller, "sell", 60, 2500)
    assert market.until(buyer, buy, status="filled")["average_price_minor"] == "2600"
    market.until_reports(broker, buy, "new", "trade")
    assert market.held(buyer, market.code) == ("40", "0")
    (trade,) = broker.client.items("/trades", instrument=market.code)
    assert (trade["venue"], trade["quantity"], trade["status"]) == (EXCHANGE, "40", "settled")


def test_what_a_partial_execution_leaves_stays_reserved_until_the_exchange_cancels(
    market: Listed, buyer: Owner, seller: Owner
) -> None:
    sell = market.place(seller, "sell", 10, 2700)
    buy = market.place(buyer, "buy", 4, 2700)
    market.until(buyer, buy, status="filled")
    assert market.until(seller, sell, filled="4")["reserved"] == "6"
    market.ask("silent")
    seller.client.command(f"/orders/{sell}/cancellation")
    market.until_reports(seller, sell, "new", "trade", "pending_cancel")
    assert market.order(seller, sell)["reserved"] == "6", "only the exchange's word frees it"
    market.ask("speak")
    assert market.until(seller, sell, status="cancelled")["filled"] == "4"
    assert market.held(seller, market.code) == (str(ENOUGH - 4), "0")


def test_a_replacement_reserves_first_and_is_executed_on_its_new_terms(
    market: Listed, buyer: Owner, seller: Owner
) -> None:
    buy = market.place(buyer, "buy", 10, 2000)
    market.at_exchange(buy)
    buyer.client.command(f"/orders/{buy}/replacement", {"quantity": "12", "limit_minor": "2800"})
    market.until(buyer, buy, quantity="12", limit_minor="2800")
    market.place(seller, "sell", 12, 2750)
    filled = market.until(buyer, buy, status="filled", filled="12")
    assert filled["reserved"] == "0"
    market.until_reports(buyer, buy, "new", "pending_replace", "replaced", "trade")


def test_an_exchange_that_rejects_the_order_frees_it(market: Listed, buyer: Owner) -> None:
    market.ask("refuse", count=1)
    buy = market.place(buyer, "buy", 10, 2000)
    rejected = market.until(buyer, buy, status="rejected")
    assert rejected["reserved"] == "0"
    assert "does not take this order" in rejected["message"]


def test_an_order_that_expires_at_the_exchange_expires_here(market: Listed, buyer: Owner) -> None:
    buy = market.place(buyer, "buy", 10, 2000)
    market.at_exchange(buy)
    market.ask("expire", order=ids.split(buy)[1])
    assert market.until(buyer, buy, status="expired")["reserved"] == "0"


def test_an_execution_against_a_stranger_is_not_settled_and_waits_for_the_operator(
    market: Listed, seller: Owner
) -> None:
    sell = market.place(seller, "sell", 10, 9000)
    market.at_exchange(sell)
    market.ask("outsider", order=ids.split(sell)[1], quantity="3")
    (waiting,) = eventually(lambda: [one for one in market.operator.items("/executions") if one["sell"] == sell], 30)
    assert waiting["status"] in ("waiting", "parked")
    assert market.order(seller, sell)["filled"] == "0"


def test_a_bust_opens_a_claim_and_moves_nothing(market: Listed, buyer: Owner, seller: Owner) -> None:
    sell, buy = market.place(seller, "sell", 5, 2900), market.place(buyer, "buy", 5, 2900)
    market.until(buyer, buy, status="filled")
    market.until(seller, sell, status="filled")
    (trade,) = buyer.client.items("/trades", instrument=market.code)
    market.ask("bust", trade=trade["reference"])
    (claim,) = eventually(lambda: buyer.client.items("/claims"), 30)
    assert (claim["kind"], claim["status"], claim["reference"]) == ("bust", "open", trade["reference"])
    assert market.held(buyer, market.code)[0] == "5"
    for party in (buyer, seller):
        party.client.command(f"/claims/{claim['id']}/acceptance")
    eventually(lambda: market.held(buyer, market.code)[0] == "0", 30)


def test_after_all_of_this_sql_and_ledger_agree(opened: Listed) -> None:
    opened.reconciled()
