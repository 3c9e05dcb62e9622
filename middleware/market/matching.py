"""One instrument's orders, and which of them trade with each other as they stand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from middleware.market.ladder import Ladder, Level, Resting


class Match(NamedTuple):
    """Two orders that meet: the one that came later takes from the one that waited, at its price."""

    buy: Resting
    sell: Resting
    quantity: int
    price: int


class Pit:
    """Both sides of one instrument, and the orders not yet known to be without a counterpart."""

    __slots__ = ("asks", "bids", "currency", "fresh", "halted", "last_execution")

    def __init__(self) -> None:
        self.bids = Ladder(buy=True)
        self.asks = Ladder(buy=False)
        self.fresh: dict[str, Resting] = {}  # by sequence
        self.last_execution = 0
        self.halted = ""  # the reason of the refusal that stopped it
        self.currency = ""  # what it is paid in, once that is known

    def add(self, order: Resting) -> None:
        (self.bids if order.buy else self.asks).add(order)
        self.fresh[order.id] = order

    def remove(self, order: Resting) -> None:
        (self.bids if order.buy else self.asks).remove(order)
        self.fresh.pop(order.id, None)

    def orders(self) -> list[Resting]:
        """Every order on the book, by sequence."""
        levels = [*self.bids.levels.values(), *self.asks.levels.values()]
        return sorted((o for level in levels for o in level.orders if o.remaining), key=lambda o: o.sequence)

    def reconsider(self) -> None:
        """Look at every order again: one that could not trade now can."""
        self.fresh = {order.id: order for order in self.orders()}

    def matches(self, standing: Callable[[Resting], bool]) -> Iterator[Match]:
        """Trades due, as if the fresh orders came one after the other onto the book.

        Taking them by sequence and not the best prices first makes the trades the same
        however the ledger's batches were cut: an order meets those that were there before it.
        """
        overlay = _Overlay(standing)
        quiet = True
        for order in list(self.fresh.values()):
            if standing(order):
                for match in self._taken_by(order, overlay):
                    quiet = False
                    yield match
            if quiet:  # true of the book itself, not only of the overlay: never look at it again
                del self.fresh[order.id]

    def _taken_by(self, order: Resting, overlay: "_Overlay") -> Iterator[Match]:
        other_side = self.asks if order.buy else self.bids
        while left := overlay.left(order):
            resting = overlay.first(other_side, order)
            if resting is None:
                return
            quantity = min(left, overlay.left(resting))
            overlay.take(order, resting, quantity)
            buy, sell = (order, resting) if order.buy else (resting, order)
            yield Match(buy, sell, quantity, resting.limit)


@dataclass(slots=True)
class _Overlay:
    """What the trades proposed so far leave of each order. The book itself is not touched."""

    standing: Callable[[Resting], bool]
    taken: dict[str, int] = field(default_factory=dict)
    cursors: dict[tuple[Level, str], int] = field(default_factory=dict)  # by level and owner
    drained: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})  # by side: so many of the best levels

    def left(self, order: Resting) -> int:
        return order.remaining - self.taken.get(order.id, 0)

    def take(self, order: Resting, resting: Resting, quantity: int) -> None:
        for side in (order, resting):
            self.taken[side.id] = self.taken.get(side.id, 0) + quantity

    def first(self, ladder: Ladder, order: Resting) -> Resting | None:
        """The order that `order` meets first on the other side: better price, then earlier, never its owner's own."""
        for rank in range(self.drained[ladder.buy], len(ladder.prices)):
            price = ladder.at(rank)
            if not ladder.accepts(price, order.limit):
                return None
            level = ladder.levels[price]
            if found := self._first_at(level, order):
                return found
            if rank == self.drained[ladder.buy] and self._is_drained(level):
                self.drained[ladder.buy] += 1
        return None

    def _first_at(self, level: Level, order: Resting) -> Resting | None:
        # One cursor per owner and level: what an owner has passed once (his own, taken, not standing) he never
        # meets again, so that somebody with ten thousand orders of his own in the way costs one walk, not many.
        orders, key = level.orders, (level, order.owner)
        at = self.cursors.get(key, level.head)
        found = None
        while at < len(orders) and orders[at].sequence < order.sequence:
            candidate = orders[at]
            if candidate.owner != order.owner and self.left(candidate) and self.standing(candidate):
                found = candidate
                break
            at += 1
        self.cursors[key] = at
        return found

    def _is_drained(self, level: Level) -> bool:
        """Whether nobody, now or later, can trade with anything of this level."""
        orders, key = level.orders, (level, "")
        at = self.cursors.get(key, level.head)
        while at < len(orders) and not (self.left(orders[at]) and self.standing(orders[at])):
            at += 1
        self.cursors[key] = at
        return at == len(orders)
