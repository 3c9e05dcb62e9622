"""The exchange's trades and how it tells of them: both sides in one capture report, or a report for each order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scripts.exchange.orders import SIDES, Order, Told, price_of, price_text

NEW, CANCELLED, REPLACED = "0", "1", "2"  # 487


@dataclass
class Trade:
    """One execution; `sides` are the orders it was reported for, with the ExecID of each."""

    reference: str
    quantity: int
    price: int
    sides: list[tuple[Order, str]]
    alone: bool = False


class Trades:
    """Makes trades, busts and corrects them."""

    def __init__(self, *, reports: bool, name: Callable[[str], str]) -> None:
        self._reports = reports
        self._name = name
        self._trades: dict[str, Trade] = {}

    def all(self) -> list[dict[str, Any]]:
        """Every trade as it was made."""
        return [
            {"reference": t.reference, "quantity": t.quantity, "price": price_text(t.price), "alone": t.alone}
            for t in self._trades.values()
        ]

    def both(self, buy: Order, sell: Order, quantity: int, price: int) -> Iterator[Told]:
        """Both orders are known here."""
        trade = Trade(self._name("T"), quantity, price, [(buy, ""), (sell, "")])
        yield from self._tell(trade, "F")

    def lone(self, order: Order, quantity: int, price: int, _at: str) -> Iterator[Told]:
        """The other side is a stranger's."""
        trade = Trade(self._name("T"), quantity, price, [(order, "")], alone=True)
        yield from self._tell(trade, "F")

    def bust(self, input: dict[str, Any]) -> Iterator[Told]:
        """Take a trade back."""
        yield from self._tell(self._trades[input["trade"]], "H")

    def correct(self, input: dict[str, Any]) -> Iterator[Told]:
        """Say that a trade was of another quantity or at another price."""
        trade = self._trades[input["trade"]]
        trade.quantity = int(input.get("quantity") or trade.quantity)
        trade.price = price_of(input["price"]) if input.get("price") else trade.price
        yield from self._tell(trade, "G")

    def _tell(self, trade: Trade, kind: str) -> Iterator[Told]:
        self._trades[trade.reference] = trade
        if self._reports or trade.alone:
            yield from self._execution_reports(trade, kind)
        else:
            yield self._capture_report(trade, kind)

    def _execution_reports(self, trade: Trade, kind: str) -> Iterator[Told]:
        told = []
        last = {"last_quantity": str(trade.quantity), "last_price": price_text(trade.price)}
        for order, earlier in trade.sides:
            exec_id = self._name("X")
            told.append((order, exec_id))
            refers = {"refers_to": earlier} if earlier else {}
            yield order.report(kind, exec_id, match=trade.reference, **last, **refers)
        trade.sides = told

    def _capture_report(self, trade: Trade, kind: str) -> Told:
        buy, sell = (order for order, _ in trade.sides)
        transaction = {"F": NEW, "H": CANCELLED, "G": REPLACED}[kind]
        id = trade.reference if kind == "F" else self._name("T")
        fields = {571: id, 487: transaction, 570: "N", **buy.instrument}
        fields |= {32: str(trade.quantity), 31: price_text(trade.price)}
        if kind != "F":
            fields[572] = trade.reference
        return Told("AE", fields, (_side(buy), _side(sell)))


def _side(order: Order) -> dict[int, str]:
    return {54: SIDES[order.side], 37: order.id, 11: order.client_id}
