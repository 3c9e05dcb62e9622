"""The link to an exchange against two engines: nothing lost and nothing twice, whoever goes away in between."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from middleware import ids
from middleware.fix import hearing
from middleware.fix.hearing import Heard
from middleware.fix.link import Address, Link
from middleware.fix.message import PARTIES, Outgoing
from scripts.exchange import control
from tests.fix.exchanges import quickfix_j, simulator

Starter = Callable[[int, Path], AbstractContextManager[object]]


class Member:
    """Our end, with what it heard."""

    def __init__(self, port: int, folder: Path) -> None:
        self.heard: list[Heard] = []
        address = Address("MERCADO", "127.0.0.1", port, folder)
        self.link = Link(address, receive=self._receive, changed=lambda _: None)
        self.link.start()
        self.wait_for(up=True)

    def wait_for(self, *, up: bool) -> None:
        deadline = time.monotonic() + 30
        while self.link.up is not up:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _receive(self, raw: str) -> None:
        self.heard.append(hearing.read(raw))

    def order(self, side: str, quantity: int, price: str, *, again: str = "") -> str:
        name = again or ids.new()
        fields = {11: name, 55: "ACME", 54: {"buy": "1", "sell": "2"}[side], 60: "20261125-10:00:00.000"}
        fields |= {38: str(quantity), 40: "2", 44: price}
        parties = ((PARTIES, ({448: name[-12:], 447: "D", 452: "5"},)),)
        self.link.send(Outgoing("D", fields, parties, bool(again)))
        return name

    def until(self, count: int) -> list[Heard]:
        deadline = time.monotonic() + 20
        while len(self.heard) < count:
            assert time.monotonic() < deadline, [one.raw for one in self.heard]
            time.sleep(0.02)
        return self.heard


@pytest.mark.parametrize("start", [simulator, quickfix_j])
def test_orders_are_answered_and_their_trade_is_told_with_both_sides(start: Starter, port: int, tmp_path: Path) -> None:
    with start(port, tmp_path):
        member = Member(port, tmp_path / "ours")
        sell, buy = member.order("sell", 10, "25.00"), member.order("buy", 4, "25.00")
        accepted, other, told = member.until(3)
        member.link.stop()
    assert [(one.type, one[150], one[11]) for one in (accepted, other)] == [("8", "0", sell), ("8", "0", buy)]
    execution = hearing.execution(told)
    assert execution is not None
    assert (execution.kind, execution.side, execution.names) == ("trade", "both", {"buy": buy, "sell": sell})
    assert (execution.quantity, execution.price.rstrip("0").rstrip(".")) == (4, "25")
    assert execution.reference


@pytest.mark.parametrize(("start", "then"), [(simulator, ["0", "AE"]), (quickfix_j, ["0"])])
def test_what_was_sent_while_the_exchange_was_away_arrives_once(
    start: Starter, then: list[str], port: int, tmp_path: Path
) -> None:
    """The one on QuickFIX/J begins with an empty book, so that there nothing trades."""
    with start(port, tmp_path):
        member = Member(port, tmp_path / "ours")
        member.order("sell", 10, "25.00")
        member.until(1)
    member.wait_for(up=False)
    member.order("buy", 4, "25.00")
    assert len(member.heard) == 1
    with start(port, tmp_path):
        heard = member.until(1 + len(then))
        time.sleep(0.3)
        member.link.stop()
    assert [one[150] or one.type for one in heard] == ["0", *then]


def test_an_exchange_that_is_killed_answers_again_and_trades_once(port: int, tmp_path: Path) -> None:
    with simulator(port, tmp_path) as process:
        member = Member(port, tmp_path / "ours")
        sell = member.order("sell", 10, "25.00")
        member.until(1)
        process.kill()
    member.wait_for(up=False)
    member.order("buy", 4, "25.00")
    with simulator(port, tmp_path):
        member.until(3)
        member.order("sell", 10, "25.00", again=sell)
        heard = member.until(4)
        orders = control.ask(tmp_path / "exchange" / "control.sock", "orders")
        member.link.stop()
    assert [one[17] for one in heard[3:]] == [heard[0][17]], "the same report again, and not another one"
    assert heard[3][97] == "Y"
    assert [one["filled"] for one in orders] == [4, 4]


def test_reports_of_a_trade_are_read_side_by_side(port: int, tmp_path: Path) -> None:
    with simulator(port, tmp_path, "--reports"):
        member = Member(port, tmp_path / "ours")
        member.order("sell", 10, "25.00")
        member.order("buy", 4, "25.00")
        *_, buy, sell = [hearing.execution(one) for one in member.until(4)]
        member.link.stop()
    assert buy is not None
    assert sell is not None
    assert (buy.side, sell.side) == ("buy", "sell")
    assert buy.match == sell.match != ""
    assert buy.reference != sell.reference
