"""The trading floor: what comes in, one thing after the other, and what it makes the exchange say.

Nothing here knows a socket, a file or the clock: the same inputs make the same book and the same words, which is how a
restarted exchange finds its book again.
"""

from collections.abc import Callable, Iterator
from typing import Any

from middleware.market.ladder import Resting
from middleware.market.matching import Pit
from scripts.exchange.orders import SIDES, Order, Told, price_of, refused, rejected
from scripts.exchange.trades import Trades

Input = dict[str, Any]
SAME_INSTRUMENT = (55, 48, 22)
UNKNOWN, TOO_LATE, BY_CHOICE = ("1", "there is no such order"), ("0", "the order is closed"), ("2", "not now")


class Floor:
    """One exchange's orders and trades. `reports`: executions as two reports instead of one trade capture report;
    `slices`: an execution is of at most so many units, 0 for as many as meet."""

    def __init__(self, *, reports: bool = False, slices: int = 0) -> None:
        self._slices = slices
        self._pits: dict[str, Pit] = {}
        self._orders: dict[str, Order] = {}  # by every name it ever had
        self._by_id: dict[str, Order] = {}
        self._names: dict[str, int] = {}
        self._refuse = 0
        self._opened_at = ""
        self._trades = Trades(reports=reports, name=self._name)
        self._does: dict[str, Callable[[Input], Iterator[Told]]] = {
            "D": self._place,
            "F": self._cancel,
            "G": self._replace,
            "opened": self._open,
            "outsider": self._outsider,
            "bust": self._trades.bust,
            "correct": self._trades.correct,
            "refuse": self._refuse_next,
            "expire": self._expire,
        }

    def apply(self, input: Input) -> list[Told]:
        """What the exchange says to it, in order."""
        return list(self._does[input["do"]](input))

    def lapsed(self, now: str) -> list[str]:
        """Orders past their time. FIX writes instants so that they compare as texts."""
        live = (order for order in self._by_id.values() if order.open and order.good_till)
        return [order.client_id for order in live if order.good_till <= now]

    def orders(self) -> list[dict[str, Any]]:
        """Every order as it stands, for who asks."""
        names = ("id", "client_id", "side", "quantity", "filled", "status")
        return [{name: getattr(order, name) for name in names} for order in self._by_id.values()]

    def trades(self) -> list[dict[str, Any]]:
        """Every trade, for who asks."""
        return self._trades.all()

    # What comes by FIX

    def _place(self, input: Input) -> Iterator[Told]:
        fields = tags(input)
        if problem := self._problem(fields):
            yield rejected(fields, self._name("X"), *problem)
            return
        order = Order(
            id=self._name("O"),
            client_id=fields[11],
            instrument={tag: fields[tag] for tag in SAME_INSTRUMENT if tag in fields},
            side="buy" if fields[54] == SIDES["buy"] else "sell",
            quantity=int(fields[38]),
            limit=price_of(fields[44]),
            owner=input.get("owner") or fields[11],
            good_till=fields.get(126, ""),
        )
        self._orders[order.client_id] = self._by_id[order.id] = order
        yield order.report("0", self._name("X"))
        yield from self._rest(order)

    def _problem(self, fields: dict[int, str]) -> tuple[str, str] | None:
        """(103, 58) of what cannot be an order here."""
        if fields[11] in self._orders:
            return "6", f"ClOrdID {fields[11]} was used before"
        if self._refused():
            return "0", "the exchange does not take this order"
        if fields.get(40) != "2":
            return "11", "limit orders only"
        try:
            good = int(fields[38]) > 0 and price_of(fields[44]) and fields[54] in SIDES.values()
        except (KeyError, ValueError) as error:
            return "99", f"not an order: {error}"
        return None if good else ("99", "not an order")

    def _cancel(self, input: Input) -> Iterator[Told]:
        fields = tags(input)
        order = self._orders.get(fields.get(41, ""))
        if problem := self._not_now(order):
            yield refused(fields, order, *problem)
            return
        assert order is not None  # noqa: S101 - _not_now says so
        original = self._rename(order, fields[11])
        yield order.report("6", self._name("X"), original=original, status="6")
        self._close(order, "4")
        yield order.report("4", self._name("X"), original=original)

    def _replace(self, input: Input) -> Iterator[Told]:
        fields = tags(input)
        order = self._orders.get(fields.get(41, ""))
        if problem := self._not_now(order) or (TOO_LATE if int(fields[38]) <= order.filled else None):  # type: ignore[union-attr]
            yield refused(fields, order, *problem)
            return
        assert order is not None  # noqa: S101 - _not_now says so
        original = self._rename(order, fields[11])
        yield order.report("E", self._name("X"), original=original, status="E")
        self._leave(order)
        order.quantity, order.limit = int(fields[38]), price_of(fields[44])
        yield order.report("5", self._name("X"), original=original)
        yield from self._rest(order)

    def _not_now(self, order: Order | None) -> tuple[str, str] | None:
        """(102, 58) where an order cannot be changed."""
        if order is None:
            return UNKNOWN
        if not order.open:
            return TOO_LATE
        return BY_CHOICE if self._refused() else None

    # What somebody at the exchange does

    def _open(self, input: Input) -> Iterator[Told]:
        self._opened_at = input["at"]
        yield from ()

    def _refuse_next(self, input: Input) -> Iterator[Told]:
        self._refuse = int(input["count"])
        yield from ()

    def _expire(self, input: Input) -> Iterator[Told]:
        order = self._orders[input["order"]]
        if order.open:
            self._close(order, "C")
            yield order.report("C", self._name("X"))

    def _outsider(self, input: Input) -> Iterator[Told]:
        """An execution against somebody whose orders are not ours: one side only."""
        order = self._orders[input["order"]]
        price = price_of(input["price"]) if input.get("price") else order.limit
        quantity = int(input["quantity"])
        self._fill(order, quantity, price)
        yield from self._trades.lone(order, quantity, price, input["at"])

    # The book

    def _rest(self, order: Order) -> Iterator[Told]:
        """Put an order on the book and trade what meets."""
        code = order.instrument.get(48) or order.instrument.get(55, "")
        pit = self._pits.setdefault(code, Pit())
        order.resting = Resting(
            id=order.id,
            instrument=code,
            owner=order.owner,
            kid="",
            buy=order.side == "buy",
            limit=order.limit,
            sequence=int(self._name("").rpartition("-")[2]),
            good_till=order.good_till,
            quantity=order.quantity,
            remaining=order.quantity - order.filled,
        )
        pit.add(order.resting)
        for match in list(pit.matches(lambda _: True)):
            yield from self._trade(self._by_id[match.buy.id], self._by_id[match.sell.id], match.quantity, match.price)

    def _trade(self, buy: Order, sell: Order, quantity: int, price: int) -> Iterator[Told]:
        left = quantity
        while left:
            part = min(left, self._slices or left)
            self._fill(buy, part, price)
            self._fill(sell, part, price)
            yield from self._trades.both(buy, sell, part, price)
            left -= part

    def _fill(self, order: Order, quantity: int, price: int) -> None:
        order.take(quantity, price)
        if not order.open:
            self._leave(order)
        elif order.resting:
            order.resting.remaining -= quantity

    def _close(self, order: Order, status: str) -> None:
        self._leave(order)
        order.status = status

    def _leave(self, order: Order) -> None:
        if order.resting is not None:
            self._pits[order.resting.instrument].remove(order.resting)
            order.resting = None

    def _rename(self, order: Order, client_id: str) -> str:
        original, order.client_id = order.client_id, client_id
        self._orders[client_id] = order
        return original

    def _refused(self) -> bool:
        if not self._refuse:
            return False
        self._refuse -= 1
        return True

    def _name(self, kind: str) -> str:
        """The next name of a kind, unique also beside those of an earlier exchange whose journal is gone."""
        self._names[kind] = self._names.get(kind, 0) + 1
        return f"{kind}{self._opened_at}-{self._names[kind]}"


def tags(input: Input) -> dict[int, str]:
    """The fields of a FIX message in the journal, where tags are texts."""
    return {int(tag): value for tag, value in input["fields"].items()}
