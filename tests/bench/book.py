"""Operations a second of the pure book: facts folded and executions found, on one seeded stream."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from middleware.market.book import Book, Execution

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPERATIONS = 100_000
BATCH = 250
MIDDLE = 10_000


class Stream:
    """60 % orders, 25 % cancels, 15 % orders that cross, within `ticks` of the middle; and what comes of them."""

    def __init__(self, ticks: int) -> None:
        self._random = random.Random(7)  # noqa: S311 - a workload, not a secret
        self._ticks = ticks
        self._open: list[str] = []
        self._quantity: dict[str, int] = {}
        self._filled: dict[str, int] = {}

    def operations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for number in range(OPERATIONS):
            if self._random.random() < 0.25 and self._open:
                yield "OrderCancelled", {"order": self._pick(), "released": "0"}
            else:
                yield "OrderPlaced", self._place(number + 1)

    def _pick(self) -> str:
        at = self._random.randrange(len(self._open))
        self._open[at], self._open[-1] = self._open[-1], self._open[at]
        return self._open.pop()

    def _place(self, sequence: int) -> dict[str, Any]:
        buys, crosses = self._random.random() < 0.5, self._random.random() < 0.2
        away = self._random.randint(1, self._ticks)
        limit = MIDDLE + (away if buys == crosses else -away)
        owner = f"P{sequence % 40}"
        order, quantity = f"{owner}:{sequence}", self._random.randint(1, 100)
        self._open.append(order)
        self._quantity[order], self._filled[order] = quantity, 0
        names = {"order": order, "owner": owner, "kid": f"{owner}.1", "venue": "V", "instrument": "ACME"}
        terms = {"side": "buy" if buys else "sell", "quantity": str(quantity), "limit_minor": str(limit)}
        return {**names, **terms, "good_till": "2027-01-01T00:00:00Z", "sequence": str(sequence)}

    def executed(self, execution: Execution) -> dict[str, Any]:
        fields: dict[str, Any] = dict(execution.args)
        for side, order in (("buy", execution.buy), ("sell", execution.sell)):
            self._filled[order] += execution.quantity
            fields[f"{side}_filled"] = str(self._filled[order])
            whole = self._filled[order] == self._quantity[order]
            fields[f"{side}_status"] = "filled" if whole else "partially_filled"
        return fields


def operations_a_second(ticks: int) -> float:
    """Facts folded, trades found and folded in turn, batch by batch as the worker does it; by the processor's clock."""
    book, stream = Book(venue="V"), Stream(ticks)
    facts: list[tuple[str, dict[str, Any]]] = []
    folded, seconds = 0, 0.0
    for fact in stream.operations():
        facts.append(fact)
        if len(facts) < BATCH:
            continue
        began = time.process_time()
        for name, fields in facts:
            book.apply(name, fields)
        due = book.due(NOON, 1, BATCH)
        seconds += time.process_time() - began
        folded += len(facts)
        facts = [("TradeExecuted", stream.executed(execution)) for execution in due]
    return folded / seconds
