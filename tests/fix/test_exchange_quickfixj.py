"""The same flow against an exchange on QuickFIX/J: what we say and hear does not depend on our own engine's habits."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.product import Product
from tests.fix import quickfixj
from tests.fix.listed import Listed, road
from tests.middleware.door import CURRENCY, Door, Owner

TOLD = {"JMERCADO": False, "JREPORTS": True}  # the exchange's name → whether it tells of a trade in two reports


@pytest.fixture(scope="module", params=TOLD)
def opened(
    request: pytest.FixtureRequest, sandbox: Product, door: Door, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Listed]:
    """An exchange of that name, with its party and its session."""
    name: str = request.param
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    folder = Path(tmp_path_factory.mktemp(name))
    with quickfixj.running(port, comp_id=name, reports=TOLD[name], folder=folder) as said, road(sandbox):
        market = Listed(door, sandbox, name, port)
        market.share = door.share(isin="")
        quickfixj.wait_for(said, "logon")
        yield market


@pytest.fixture
def market(opened: Listed) -> Listed:
    opened.share = opened.door.share(isin="")
    return opened


@pytest.fixture
def buyer(market: Listed) -> Owner:
    return market.buyer()


@pytest.fixture
def seller(market: Listed) -> Owner:
    return market.seller()


def test_a_trade_is_settled_and_what_is_left_stays_reserved(market: Listed, buyer: Owner, seller: Owner) -> None:
    sell = market.place(seller, "sell", 10, 2500)
    buy = market.place(buyer, "buy", 4, 2500)
    assert market.until(buyer, buy, status="filled")["average_price_minor"] == "2500"
    assert market.until(seller, sell, status="partially_filled", filled="4")["reserved"] == "6"
    assert market.held(buyer, market.code) == ("4", "0")
    assert market.held(buyer, CURRENCY)[1] == "0"
    market.until_reports(seller, sell, "new", "trade")


def test_a_cancel_frees_when_the_exchange_has_done_it(market: Listed, buyer: Owner) -> None:
    buy = market.place(buyer, "buy", 4, 2000)
    buyer.client.command(f"/orders/{buy}/cancellation")
    assert market.until(buyer, buy, status="cancelled")["reserved"] == "0"
    market.until_reports(buyer, buy, "new", "pending_cancel", "cancelled")


def test_a_replaced_order_trades_on_its_new_terms(market: Listed, buyer: Owner, seller: Owner) -> None:
    buy = market.place(buyer, "buy", 4, 2000)
    buyer.client.command(f"/orders/{buy}/replacement", {"quantity": "6", "limit_minor": "2100"})
    market.until(buyer, buy, quantity="6", limit_minor="2100")
    market.place(seller, "sell", 6, 2100)
    assert market.until(buyer, buy, status="filled", filled="6")["reserved"] == "0"


def test_after_all_of_this_sql_and_ledger_agree(opened: Listed) -> None:
    opened.reconciled()
