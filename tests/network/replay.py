"""A regulator's check: was every trade the one that price and time called for, on the book its venue says it used?

Reads nothing but blocks, and matches with the plainest matcher there is, so that it owes nothing to the product's own.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from middleware import clock
from middleware.ledger import Block, Transaction
from tests.middleware import naive_book
from tests.middleware.naive_book import Order

Json = dict[str, Any]
Trade = tuple[str, str, int, int]


class Replay:
    """What an onlooker knows of one venue's orders after so many blocks."""

    def __init__(self, blocks: Sequence[Block], venue: str) -> None:
        self._blocks = blocks
        self._venue = venue
        self._seen = 0
        self._orders: dict[str, dict[str, Order]] = defaultdict(dict)
        self._suspended: set[str] = set()
        self.checked = 0

    def differences(self) -> list[str]:
        """Every batch of executions that is not the beginning of what was due; empty when all is well."""
        return [said for block in self._blocks for t in block.transactions for said in self._differs(block.number, t)]

    def _differs(self, number: int, transaction: Transaction) -> Iterator[str]:
        executed: dict[str, list[Json]] = defaultdict(list)
        for fact in _facts(transaction):
            if fact["fact"] == "TradeExecuted" and fact["trade"].startswith(f"{self._venue}:"):
                executed[fact["instrument"]].append(fact)
        for instrument, facts in executed.items():
            self._advance(int(facts[0]["after"]))
            due, done = self._due(instrument, clock.text(transaction.at)), [_trade(fact) for fact in facts]
            self.checked += len(done)
            if due[: len(done)] != done:
                yield f"block {number}, {instrument}: {done} was executed, {due[: len(done)]} was due"

    def _due(self, instrument: str, now: str) -> list[Trade]:
        orders = self._orders[instrument].values()
        live = [o for o in orders if o.left and o.owner not in self._suspended and o.good_till > now]
        return naive_book.trades(live)

    def _advance(self, until: int) -> None:
        while self._seen <= until:
            for transaction in self._blocks[self._seen].transactions:
                for fact in _facts(transaction):
                    self._learn(fact)
            self._seen += 1

    def _learn(self, fact: Json) -> None:
        match fact["fact"]:
            case "OrderPlaced" if fact["venue"] == self._venue and fact.get("book", "ledger") == "ledger":
                self._orders[fact["instrument"]][fact["order"]] = _order(fact)
            case "OrderReplaced":
                for orders in self._orders.values():
                    if order := orders.get(fact["order"]):
                        order.limit, order.quantity = int(fact["limit_minor"]), int(fact["quantity"])
                        order.sequence = int(fact["sequence"])
            case "OrderCancelled" | "OrderExpired":
                for orders in self._orders.values():
                    orders.pop(fact["order"], None)
            case "TradeExecuted":
                for side in ("buy", "sell"):
                    if order := self._orders[fact["instrument"]].get(fact[side]):
                        order.filled = int(fact[f"{side}_filled"])
            case "PartySuspended":
                self._suspended.add(fact["party"])
            case "PartyReinstated":
                self._suspended.discard(fact["party"])


def _facts(transaction: Transaction) -> Iterator[Json]:
    for command in (transaction.event or {}).get("commands", []):
        yield from command.get("facts", [])


def _order(fact: Json) -> Order:
    return Order(
        id=fact["order"],
        owner=fact["owner"],
        side=fact["side"],
        limit=int(fact["limit_minor"]),
        sequence=int(fact["sequence"]),
        quantity=int(fact["quantity"]),
        good_till=fact["good_till"],
    )


def _trade(fact: Json) -> Trade:
    return fact["buy"], fact["sell"], int(fact["quantity"]), int(fact["price_minor"])
