"""The road to an exchange and back, over its real session: nothing lost, nothing twice, whoever goes away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from middleware import clock, ids
from middleware.config import Config
from middleware.errors import Error
from middleware.fix import answers
from middleware.fix.exchange import Exchange
from middleware.installation import Installation
from middleware.models.execution import Route
from middleware.models.session import FixSession, Message
from middleware.services import sessions
from scripts.exchange import control
from tests.fix.exchanges import simulator
from tests.fix.rows import VENUE, Market, prepared
from tests.middleware.door import eventually
from tests.middleware.sandboxes import installed, tables


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return prepared(installed(tmp_path))


@pytest.fixture
def market(config: Config, port: int) -> Iterator[Market]:
    with tables(config) as database:
        yield Market(database, port)


@contextmanager
def road(market: Market) -> Iterator[Exchange]:
    """Our end, as the FIX process runs it."""
    installation = Installation(market.database.config)
    with installation.reading() as session:
        (profile,) = sessions.profiles(session)
    exchange = Exchange(installation, profile, market.database.config.state / "fix" / "store")
    exchange.start()
    try:
        yield exchange
    finally:
        exchange.stop()
        installation.close()


def name(order: str) -> str:
    return ids.split(order)[1]


def ask(market: Market, do: str, **more: str | int) -> Any:
    return control.ask(control.path(market.database.config), do, **more)


def sent(market: Market) -> list[Message]:
    return [one for one in market.all(Message, Message.number) if one.direction == "out"]


def test_orders_go_out_and_their_execution_comes_back_as_one_command(market: Market, port: int, config: Config) -> None:
    with simulator(port, config.state), road(market):
        sell = market.order("sell", 10, 2500, "FONDO2")
        buy = market.order("buy", 4, 2550)
        ((function, args),) = eventually(market.commands)
        eventually(lambda: set(market.routes().values()) == {"accepted"})
        (session,) = market.all(FixSession)
        assert session.state == "up"
    assert function == "trade:report"
    assert (args["buy"], args["sell"], args["quantity"], args["price_minor"]) == (buy, sell, "4", "2500")
    assert [one.seq for one in sent(market)] == [2, 3]
    assert [one.raw.count("\x01453=3\x01") for one in sent(market)] == [1, 1]
    (session,) = market.all(FixSession)
    assert session.state == "down"


def test_two_reports_of_one_trade_are_one_command(market: Market, port: int, config: Config) -> None:
    with simulator(port, config.state, "--reports"), road(market):
        market.order("sell", 10, 2500, "FONDO2")
        market.order("buy", 4, 2550)
        ((function, args),) = eventually(market.commands)
        eventually(lambda: {one.status for one in market.executions()} == {"reported", "paired"})
    assert (function, args["price_minor"]) == ("trade:report", "2500")


def test_a_cancel_frees_only_after_the_exchange_has_said_so(market: Market, port: int, config: Config) -> None:
    with simulator(port, config.state), road(market):
        order = market.order("buy", 10, 2550)
        eventually(lambda: set(market.routes().values()) == {"accepted"})
        ask(market, "silent")
        command = market.cancel(order)
        eventually(lambda: market.routes().get(command) == "sent")
        assert market.commands() == []
        ask(market, "speak")
        eventually(market.commands)
    assert market.commands() == [("order:release", {"order": order, "status": "cancelled", "reason": ""})]


def test_a_replaced_order_is_executed_under_its_new_name(market: Market, port: int, config: Config) -> None:
    with simulator(port, config.state), road(market):
        order = market.order("buy", 10, 2400)
        market.order("sell", 12, 2500, "FONDO2")
        eventually(lambda: list(market.routes().values()) == ["accepted", "accepted"])
        market.replace(order, 12, 2500)
        eventually(lambda: len(market.commands()) == 2)
    (amended, terms), (reported, args) = market.commands()
    assert (amended, terms["outcome"]) == ("order:amend", "replaced")
    assert (reported, args["buy"], args["quantity"]) == ("trade:report", order, "12")


def test_a_bust_of_the_exchange_becomes_a_claim(market: Market, port: int, config: Config) -> None:
    with simulator(port, config.state), road(market):
        market.order("sell", 10, 2500, "FONDO2")
        market.order("buy", 4, 2550)
        eventually(market.commands)
        (trade,) = ask(market, "trades")
        ask(market, "bust", trade=trade["reference"])
        eventually(lambda: len(market.commands()) == 2)
    function, args = market.commands()[1]
    assert (function, args["execution"], args["kind"]) == ("claim:open", trade["reference"], "bust")


def test_a_side_whose_other_side_is_a_strangers_becomes_no_command(market: Market, port: int, config: Config) -> None:
    with simulator(port, config.state), road(market):
        order = market.order("sell", 10, 2500)
        eventually(lambda: set(market.routes().values()) == {"accepted"})
        ask(market, "outsider", order=name(order), quantity="3")
        (execution,) = eventually(market.executions)
    assert (execution.side, execution.sell, execution.quantity) == ("sell", order, 3)
    assert market.commands() == []


def test_what_may_have_been_sent_before_a_crash_goes_again_and_says_so(
    market: Market, port: int, config: Config
) -> None:
    with simulator(port, config.state):
        with road(market):
            order = market.order("buy", 10, 2550)
            eventually(lambda: set(market.routes().values()) == {"accepted"})
        with market.database.writing() as session:
            session.execute(update(Route).values(status="sending"))
            session.commit()
        with road(market):
            eventually(lambda: set(market.routes().values()) == {"accepted"})
        assert len(ask(market, "orders")) == 1
    assert ["\x0197=Y\x01" in one.raw for one in sent(market)] == [False, True]
    assert order


def test_what_was_never_answered_goes_again_when_numbers_have_begun_anew(
    market: Market, port: int, config: Config
) -> None:
    with simulator(port, config.state):
        order = market.order("buy", 10, 2550)
        with market.database.writing() as session:
            route = {"client_id": name(order), "venue": VENUE, "order": order, "kind": "new", "original": ""}
            more = {"status": "sent", "exchange_id": "", "text": "", "sent_at": clock.after(-86_400)}
            session.add(Route(**route, **more, answered_at=None))
            session.commit()
        with road(market):
            eventually(lambda: market.routes()[name(order)] == "accepted")
    assert "\x0197=Y\x01" in sent(market)[0].raw


def test_orders_wait_for_an_exchange_that_is_away(market: Market, port: int, config: Config) -> None:
    with road(market):
        market.order("buy", 10, 2550)
        market.order("sell", 10, 2550, "FONDO2")
        eventually(lambda: list(market.routes().values()) == ["sending", "sending"])
        with simulator(port, config.state):
            eventually(market.commands, 30)
    assert [function for function, _ in market.commands()] == ["trade:report"]


def test_an_exchange_that_is_killed_in_the_middle_trades_once(market: Market, port: int, config: Config) -> None:
    with road(market):
        with simulator(port, config.state) as process:
            market.order("sell", 10, 2500, "FONDO2")
            eventually(lambda: set(market.routes().values()) == {"accepted"})
            process.kill()
        market.order("buy", 4, 2550)
        with simulator(port, config.state):
            eventually(market.commands, 30)
            (trade,) = ask(market, "trades")
    assert [args["reference"] for _, args in market.commands()] == [trade["reference"]]


def test_while_sql_is_away_the_exchange_waits_and_nothing_is_lost(
    market: Market, port: int, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [3]

    def keep(*args: Any, real: Any = sessions.principal_of) -> Any:
        fails[0] -= 1
        if fails[0] >= 0:
            raise Error("unavailable", "the database does not answer", reason="database")
        return real(*args)

    with simulator(port, config.state), road(market):
        monkeypatch.setattr(sessions, "principal_of", keep)
        market.order("buy", 10, 2550)
        eventually(lambda: set(market.routes().values()) == {"accepted"}, 20)
    assert fails[0] < 0


def test_what_nobody_can_make_sense_of_is_kept_and_the_rest_goes_on(
    market: Market, port: int, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, fails = answers.take, [1]

    def take(*args: Any) -> None:
        fails[0] -= 1
        if fails[0] >= 0:
            raise KeyError("a defect of ours")
        real(*args)

    with simulator(port, config.state), road(market):
        monkeypatch.setattr(answers, "take", take)
        first = market.order("buy", 10, 2000)
        eventually(lambda: fails[0] < 1)
        second = market.order("buy", 10, 2000)
        eventually(lambda: market.routes().get(name(second)) == "accepted")
        assert market.routes()[name(first)] == "sent"
        (session,) = market.all(FixSession)
    assert len([one for one in market.all(Message) if one.direction == "in"]) == 2
    assert (session.next_in, session.next_out) == (4, 4)
