"""The continuous book: price-time priority as a pure fold over the ledger's facts.

Anyone who folds the same facts gets the same book, and so proposes the same executions: a second or restarted
matcher, or a regulator's. A fact says what happened; `due` says what should happen next and changes nothing.
"""

import heapq
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from middleware import ids
from middleware.market.ladder import Ladder, Resting
from middleware.market.matching import Match, Pit

# Refusals of our executions that say nothing about the orders or the instrument: proposing again is right.
TRANSIENT = frozenset({"number", "expired", "suspended"})
FREED_BY_EXPIRY = frozenset({"expired", "key"})
_CODE = r"[A-Z0-9][A-Z0-9.-]{1,31}"
_ORDER = rf"{_CODE}:[0-9a-f]{{8}}-[0-9a-f]{{4}}-[78][0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}"
_INTEGER = r"0|[1-9][0-9]{0,18}"
# What the ledger can read as an execution; by a venue, it then takes its number in turn, whatever becomes of it.
_ARGS = {
    "instrument": re.compile(_CODE, re.ASCII),
    "number": re.compile(_INTEGER, re.ASCII),
    "after": re.compile(_INTEGER, re.ASCII),
    "buy": re.compile(_ORDER, re.ASCII),
    "sell": re.compile(_ORDER, re.ASCII),
    "quantity": re.compile(_INTEGER, re.ASCII),
    "price_minor": re.compile(_INTEGER, re.ASCII),
}
_MAY_BE_ZERO = "after"
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Execution:
    """A trade the book says is due. `after` is the block of the book it was read from."""

    instrument: str
    number: int
    after: int
    buy: str
    sell: str
    quantity: int
    price_minor: int

    @property
    def id(self) -> str:
        """The command's id: the same for every matcher that proposes this pair under this number."""
        return ids.execution_id(self.instrument, self.number, self.buy, self.sell)

    @property
    def args(self) -> dict[str, str]:
        """What `trade:execute` signs."""
        return {name: str(getattr(self, name)) for name in _ARGS}


class Book:
    """The orders that name one venue, of every instrument."""

    def __init__(self, *, venue: str) -> None:
        self.venue = venue
        self._venues = {venue}
        self._pits: dict[str, Pit] = {}
        self._orders: dict[str, Resting] = {}
        self._suspended: set[str] = set()  # parties
        self._resting: set[str] = set()  # instruments
        self._aside: dict[str, str] = {}  # order: why
        self._by_good_till: list[tuple[str, str]] = []
        self._handlers = {
            "OrderPlaced": self._placed,
            "OrderReplaced": self._replaced,
            "OrderCancelled": self._left,
            "OrderExpired": self._left,
            "TradeExecuted": self._traded,
            "CommandRefused": self._refused,
            "PartyAdmitted": self._party_admitted,
            "InstrumentRegistered": self._instrument_registered,
            "PartySuspended": self._party_suspended,
            "PartyReinstated": self._party_reinstated,
            "KeyRevoked": self._key_revoked,
            "InstrumentSuspended": self._instrument_suspended,
            "InstrumentReinstated": self._instrument_reinstated,
        }

    def apply(self, name: str, fields: Mapping[str, Any]) -> None:
        """Fold one fact, in the ledger's order. Facts that do not concern the book are ignored."""
        if handler := self._handlers.get(name):
            handler(fields)

    def due(self, now: datetime, after: int, limit: int) -> list[Execution]:
        """The next executions, at most `limit`, the instruments taking turns so that none starves."""
        if limit <= 0 or self.venue in self._suspended:
            return []
        moment = instant(now)
        busy = [code for code in sorted(self._pits) if self._pits[code].fresh and not self._halt(code)]
        turns = [self._executions(code, moment, after) for code in busy]
        due: list[Execution] = []
        while turns:
            for turn in tuple(turns):
                if execution := next(turn, None):
                    due.append(execution)
                    if len(due) == limit:
                        return due
                else:
                    turns.remove(turn)
        return due

    def lapsed(self, now: datetime, limit: int) -> list[str]:
        """Orders that trade no more and whose reservation anyone may now free: past good_till, or of a bad key.

        Those of a suspended owner are not among them: reinstated, they trade as if they had waited.
        """
        moment = instant(now)
        found = [id for id, why in self._aside.items() if why in FREED_BY_EXPIRY]
        while self._by_good_till and self._by_good_till[0][1] not in self._orders:
            heapq.heappop(self._by_good_till)
        if self._by_good_till and self._by_good_till[0][0] <= moment:
            found += [id for id, order in self._orders.items() if order.good_till <= moment]
        return list(dict.fromkeys(found))[:limit]

    def last_execution(self, instrument: str) -> int:
        """The instrument's last execution number that is used up, by a trade or by a refusal."""
        pit = self._pits.get(instrument)
        return pit.last_execution if pit else 0

    @property
    def halted(self) -> dict[str, str]:
        """Instruments that do not match, and why: `suspended`, or the reason of the refusal that stopped them."""
        return {code: why for code in sorted(self._pits) if (why := self._halt(code))}

    def best(self, instrument: str) -> tuple[int | None, int | None]:
        """The best bid and the best ask among the orders that may trade."""
        bids, asks = self.depth(instrument)
        return (bids[0][0] if bids else None, asks[0][0] if asks else None)

    def depth(self, instrument: str) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        """Bids and asks, best first, each level as (limit, quantity, orders)."""
        pit = self._pits.get(instrument)
        return (self._levels(pit.bids), self._levels(pit.asks)) if pit else ([], [])

    def _levels(self, ladder: Ladder) -> list[tuple[int, int, int]]:
        levels = []
        for price in ladder.best_first():
            left = [o.remaining for o in ladder.levels[price].orders if o.remaining and self._may_trade(o)]
            if left:
                levels.append((price, sum(left), len(left)))
        return levels

    def _may_trade(self, order: Resting) -> bool:
        return order.owner not in self._suspended and order.id not in self._aside

    def _executions(self, code: str, moment: str, after: int) -> Iterator[Execution]:
        pit = self._pits[code]
        suspended, aside = self._suspended, self._aside

        def standing(order: Resting) -> bool:
            return order.good_till > moment and order.owner not in suspended and order.id not in aside

        number = pit.last_execution
        for match in pit.matches(standing):
            number += 1
            yield _execution(code, number, after, match)

    def _pit(self, instrument: str) -> Pit:
        pit = self._pits.get(instrument)
        if pit is None:
            pit = self._pits[instrument] = Pit()
        return pit

    def _placed(self, fields: Mapping[str, Any]) -> None:
        if fields["venue"] != self.venue or fields.get("book", "ledger") != "ledger":
            return  # another's, or matched elsewhere
        quantity = int(fields["quantity"])
        order = Resting(
            id=fields["order"],
            instrument=fields["instrument"],
            owner=fields["owner"],
            kid=fields["kid"],
            buy=fields["side"] == "buy",
            limit=int(fields["limit_minor"]),
            sequence=int(fields["sequence"]),
            good_till=fields["good_till"],
            quantity=quantity,
            remaining=quantity,
        )
        self._orders[order.id] = order
        heapq.heappush(self._by_good_till, (order.good_till, order.id))
        self._pit(order.instrument).add(order)

    def _replaced(self, fields: Mapping[str, Any]) -> None:
        """The order has other terms. With its old sequence it keeps its place; with a new one it goes to the end."""
        order = self._orders.get(fields["order"])
        if order is None:
            return
        pit, quantity = self._pits[order.instrument], int(fields["quantity"])
        remaining = quantity - (order.quantity - order.remaining)
        if remaining <= 0:
            self._drop(order.id)
            return
        if int(fields["sequence"]) != order.sequence:
            pit.remove(order)
            order = replace(order, limit=int(fields["limit_minor"]), sequence=int(fields["sequence"]))
            self._orders[order.id] = order
            pit.add(order)
        order.kid, order.quantity, order.remaining = fields["kid"], quantity, remaining
        if self._aside.pop(order.id, None):  # what stood in its way may be over: signed anew, or of another size
            pit.reconsider()

    def _left(self, fields: Mapping[str, Any]) -> None:
        self._drop(fields["order"])

    def _drop(self, id: str) -> None:
        order = self._orders.pop(id, None)
        if order is not None:
            self._aside.pop(id, None)
            self._pits[order.instrument].remove(order)

    def _traded(self, fields: Mapping[str, Any]) -> None:
        self._use_number(fields["instrument"], int(fields["number"]))
        for side in ("buy", "sell"):
            order = self._orders.get(fields[side])
            if order is None:
                continue
            remaining = order.quantity - int(fields[f"{side}_filled"])
            if fields[f"{side}_status"] == "filled" or remaining <= 0:
                self._drop(order.id)
            else:
                order.remaining = remaining

    def _use_number(self, instrument: str, number: int) -> None:
        pit = self._pit(instrument)
        pit.last_execution = max(pit.last_execution, number)

    def _refused(self, fields: Mapping[str, Any]) -> None:
        if fields["function"] != "trade:execute":
            return
        args, signer = fields["args"], fields["party"]
        pit = self._pits.get(args.get("instrument", ""))
        if pit is None:
            return
        if signer in self._venues and _is_execution(args) and int(args["number"]) == pit.last_execution + 1:
            pit.last_execution += 1
        if signer == self.venue:  # what others were refused says nothing about our orders
            self._learn(pit, args, fields["reason"])

    def _learn(self, pit: Pit, args: Mapping[str, str], reason: str) -> None:
        side, _, why = reason.partition("_")
        if side in ("buy", "sell") and why:
            if args.get(side) in self._orders:
                self._aside[args[side]] = why
        elif reason not in TRANSIENT:
            # The ledger found a fault that is neither order's: stop rather than propose it for ever.
            pit.halted = reason

    def _party_admitted(self, fields: Mapping[str, Any]) -> None:
        if "venue" in fields["roles"]:
            self._venues.add(fields["party"])

    def _instrument_registered(self, fields: Mapping[str, Any]) -> None:
        if fields["kind"] != "currency":
            self._pit(fields["instrument"]).currency = fields["currency"]

    def _party_suspended(self, fields: Mapping[str, Any]) -> None:
        self._suspended.add(fields["party"])

    def _party_reinstated(self, fields: Mapping[str, Any]) -> None:
        self._suspended.discard(fields["party"])
        self._aside = {id: why for id, why in self._aside.items() if why != "suspended"}
        for pit in self._pits.values():
            pit.reconsider()

    def _key_revoked(self, fields: Mapping[str, Any]) -> None:
        if fields["status"] != "compromised":
            return  # a retired key's orders stand: they were its owner's will
        kid = f"{fields['party']}.{fields['n']}"
        self._aside |= {id: "key" for id, order in self._orders.items() if order.kid == kid}

    def _instrument_suspended(self, fields: Mapping[str, Any]) -> None:
        self._resting.add(fields["instrument"])

    def _instrument_reinstated(self, fields: Mapping[str, Any]) -> None:
        """A share, or a currency that shares are paid in: what stopped them may be over."""
        self._resting.discard(fields["instrument"])
        for code, pit in self._pits.items():
            if fields["instrument"] in (code, pit.currency) or (pit.halted == "currency" and not pit.currency):
                pit.halted = ""

    def _halt(self, code: str) -> str:
        pit = self._pits[code]
        return pit.halted or ("suspended" if code in self._resting or pit.currency in self._resting else "")


def _is_execution(args: Mapping[str, Any]) -> bool:
    """Whether the ledger could read these args: exactly the names, each in its form."""
    if args.keys() != _ARGS.keys():
        return False
    if not all(isinstance(args[name], str) and form.fullmatch(args[name]) for name, form in _ARGS.items()):
        return False
    numbers = ("number", "quantity", "price_minor", _MAY_BE_ZERO)
    return all(int(args[name]) <= _LARGEST and (args[name] != "0" or name == _MAY_BE_ZERO) for name in numbers)


def instant(moment: datetime) -> str:
    """An instant as the ledger writes it; such texts compare as the instants do."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _execution(code: str, number: int, after: int, match: Match) -> Execution:
    buy, sell, quantity, price = match
    return Execution(code, number, after, buy.id, sell.id, quantity, price)
