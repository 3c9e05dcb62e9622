"""A matcher so plain that it can be read in one breath: what the real book must agree with.

Every order comes onto an empty book, in the ledger's order; it takes from the other side, best price first, then
earliest, never from its own owner; what is left waits. No levels, no cursors, no memory between calls.
"""

from dataclasses import dataclass


@dataclass
class Order:
    id: str
    owner: str
    side: str
    limit: int
    sequence: int
    quantity: int
    good_till: str = "2026-12-31T00:00:00Z"
    filled: int = 0
    open: bool = True

    @property
    def left(self) -> int:
        return self.quantity - self.filled if self.open else 0


def proper(order: str) -> str:
    """`ALICE:1` as the ledger would call it."""
    owner, _, number = order.partition(":")
    return f"{owner}:01900000-0000-7000-8000-{int(number):012}"


def short(id: str) -> str:
    """The other way round."""
    owner, _, uuid = id.partition(":")
    return f"{owner}:{int(uuid[-12:])}"


def trades(orders: list[Order]) -> list[tuple[str, str, int, int]]:
    """The trades due among `orders`: (buy, sell, quantity, price)."""
    left = {order.id: order.left for order in orders}
    waiting: list[Order] = []
    done = []
    for order in sorted(orders, key=lambda o: o.sequence):
        for other in sorted((o for o in waiting if _meet(order, o)), key=_priority):
            quantity = min(left[order.id], left[other.id])
            if quantity:
                left[order.id] -= quantity
                left[other.id] -= quantity
                buy, sell = (order, other) if order.side == "buy" else (other, order)
                done.append((buy.id, sell.id, quantity, other.limit))
        waiting.append(order)
    return done


def _meet(order: Order, other: Order) -> bool:
    buy, sell = (order, other) if order.side == "buy" else (other, order)
    return order.side != other.side and order.owner != other.owner and buy.limit >= sell.limit


def _priority(order: Order) -> tuple[int, int]:
    return (-order.limit if order.side == "buy" else order.limit, order.sequence)
