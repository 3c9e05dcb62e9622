"""One side of one instrument's book: price levels, and in each level the orders by time."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Resting:
    """An order on the book. `remaining` is what may still trade; 0 means it has left."""

    id: str
    instrument: str
    owner: str
    kid: str
    buy: bool
    limit: int
    sequence: int
    good_till: str
    quantity: int
    remaining: int


@dataclass(slots=True, eq=False)
class Level:
    """The orders at one price, earliest first. Those that left stay as gaps until half of the list is gaps."""

    orders: list[Resting] = field(default_factory=list)
    live: int = 0
    head: int = 0  # everything before it is a gap

    def add(self, order: Resting) -> None:
        self.orders.append(order)
        self.live += 1

    def drop(self) -> None:
        """An order of the level has just become a gap."""
        self.live -= 1
        if len(self.orders) > 32 and self.live * 2 < len(self.orders):
            self.orders = [order for order in self.orders if order.remaining]
            self.head = 0
        while self.live and not self.orders[self.head].remaining:
            self.head += 1


class Ladder:
    """The price levels of one side, best first for the other side."""

    __slots__ = ("buy", "levels", "prices")

    def __init__(self, *, buy: bool) -> None:
        self.buy = buy
        self.prices: list[int] = []  # ascending
        self.levels: dict[int, Level] = {}

    def add(self, order: Resting) -> None:
        """Put an order at the end of its level: the ledger numbers orders as they come."""
        level = self.levels.get(order.limit)
        if level is None:
            level = self.levels[order.limit] = Level()
            insort(self.prices, order.limit)
        level.add(order)

    def remove(self, order: Resting) -> None:
        """Take an order off, wherever it stands in its level."""
        order.remaining = 0
        level = self.levels[order.limit]
        level.drop()
        if not level.live:
            del self.levels[order.limit]
            self.prices.pop(bisect_left(self.prices, order.limit))

    def at(self, rank: int) -> int:
        """The price that is the best but `rank` for the other side."""
        return self.prices[-1 - rank] if self.buy else self.prices[rank]

    def best_first(self) -> Iterator[int]:
        """Every price, the other side's best first."""
        return reversed(self.prices) if self.buy else iter(self.prices)

    def accepts(self, price: int, limit: int) -> bool:
        """Whether a level at `price` of this side trades with an order of the other side limited to `limit`."""
        return price >= limit if self.buy else price <= limit
