"""The book against a matcher that is too plain to be wrong, over random days of trading."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.market.book import Book, Execution
from tests.middleware import naive_book
from tests.middleware.naive_book import Order, proper

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OWNERS = ("ALICE", "BRUNO", "CARLA")
Facts = list[tuple[str, dict[str, Any]]]

place = st.tuples(
    st.just("place"), st.sampled_from(OWNERS), st.sampled_from(("buy", "sell")), st.integers(1, 9), st.integers(96, 104)
)
replace = st.tuples(st.just("replace"), st.integers(0, 99), st.integers(1, 9), st.sampled_from((0, 0, 0, -1, 1, 2)))
cancel = st.tuples(st.just("cancel"), st.integers(0, 99))
trade = st.tuples(st.just("trade"), st.integers(1, 5))
refuse = st.tuples(st.just("refuse"), st.sampled_from(("buy_status", "sell_expired", "number", "expired")))
suspend = st.tuples(st.just("suspend"), st.sampled_from(OWNERS))
days = st.lists(st.one_of(place, place, place, replace, cancel, trade, refuse, suspend), max_size=60)


class Ledger:
    """Orders as the ledger has them, and the facts it tells: no book in it."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.facts: Facts = []
        self.suspended: set[str] = set()
        self.aside: set[str] = set()
        self.number = 0
        self.sequence = 0

    def tell(self, name: str, **fields: Any) -> None:
        self.facts.append((name, fields))

    def may_trade(self) -> list[Order]:
        return [o for o in self.orders if o.left and o.owner not in self.suspended and o.id not in self.aside]

    def place(self, owner: str, side: str, quantity: int, limit: int) -> None:
        self.sequence += 1
        order = Order(proper(f"{owner}:{len(self.orders) + 1}"), owner, side, limit, self.sequence, quantity)
        self.orders.append(order)
        names = {"order": order.id, "owner": owner, "kid": f"{owner}.1", "venue": "BOLSA", "instrument": "ACME"}
        terms = {"side": side, "quantity": str(quantity), "limit_minor": str(limit), "good_till": order.good_till}
        self.tell("OrderPlaced", **names, **terms, sequence=str(self.sequence))

    def replace(self, which: int, left: int, further: int) -> None:
        """A smaller quantity at the same limit keeps its place; anything else goes to the end."""
        open_orders = [o for o in self.orders if o.left]
        if not open_orders:
            return
        order = open_orders[which % len(open_orders)]
        quantity = order.filled + left
        if further or quantity > order.quantity:
            self.sequence += 1
            order.sequence = self.sequence
        order.quantity, order.limit = quantity, order.limit + further
        self.aside.discard(order.id)
        terms = {"quantity": str(quantity), "limit_minor": str(order.limit), "sequence": str(order.sequence)}
        self.tell("OrderReplaced", order=order.id, kid=f"{order.owner}.1", **terms)

    def cancel(self, which: int) -> None:
        open_orders = [o for o in self.orders if o.left]
        if open_orders:
            order = open_orders[which % len(open_orders)]
            order.open = False
            self.tell("OrderCancelled", order=order.id, released="0")

    def suspend(self, party: str) -> None:
        known = party in self.suspended
        self.suspended ^= {party}
        self.tell("PartyReinstated" if known else "PartySuspended", party=party, reason="-")

    def execute(self, execution: Execution) -> None:
        self.number += 1
        assert execution.number == self.number
        fields: dict[str, Any] = dict(execution.args)
        for side, id in (("buy", execution.buy), ("sell", execution.sell)):
            order = next(o for o in self.orders if o.id == id)
            order.filled += execution.quantity
            fields[f"{side}_filled"] = str(order.filled)
            fields[f"{side}_status"] = "partially_filled" if order.left else "filled"
        self.tell("TradeExecuted", **fields)

    def refuse(self, execution: Execution, reason: str) -> None:
        side, args = reason.partition("_")[0], execution.args
        if reason == "number":
            args["number"] = str(self.number)
        else:
            self.number += 1
        if side in ("buy", "sell"):
            self.aside.add(args[side])
        refusal = {"function": "trade:execute", "party": "BOLSA", "args": args}
        self.tell("CommandRefused", **refusal, code="wrong_status", reason=reason)


class Day:
    """A ledger and a book that hears its facts, checked against the plain matcher after every step."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.book = Book(venue="BOLSA")

    def step(self, verb: str, *args: Any) -> None:
        before = len(self.ledger.facts)
        if verb == "trade":
            for execution in self.book.due(NOON, 1, args[0]):
                self.ledger.execute(execution)
        elif verb == "refuse":
            for execution in self.book.due(NOON, 1, 1):
                self.ledger.refuse(execution, args[0])
        else:
            getattr(self.ledger, verb)(*args)
        for name, fields in self.ledger.facts[before:]:
            self.book.apply(name, fields)

    def due(self) -> list[tuple[str, str, int, int]]:
        return pairs(self.book.due(NOON, 1, 10_000))


def pairs(executions: Sequence[Execution]) -> list[tuple[str, str, int, int]]:
    return [(e.buy, e.sell, e.quantity, e.price_minor) for e in executions]


def lived(steps: Sequence[tuple[Any, ...]], after_each: Callable[[Day], None]) -> Day:
    day = Day()
    for step in steps:
        day.step(*step)
        after_each(day)
    return day


@settings(max_examples=400, deadline=None)
@given(days)
def test_the_book_proposes_what_the_plain_matcher_does(steps: list[tuple[Any, ...]]) -> None:
    def agree(day: Day) -> None:
        expected = naive_book.trades(day.ledger.may_trade())
        assert day.due() == expected
        assert day.due() == expected  # asking changes nothing

    lived(steps, agree)


@settings(max_examples=200, deadline=None)
@given(days, st.integers(1, 7))
def test_folding_the_facts_again_gives_the_same_book(steps: list[tuple[Any, ...]], limit: int) -> None:
    day = lived(steps, lambda day: None)
    again = Book(venue="BOLSA")
    for name, fields in day.ledger.facts:
        again.apply(name, fields)
    assert again.due(NOON, 1, limit) == day.book.due(NOON, 1, limit)
    assert again.depth("ACME") == day.book.depth("ACME")
    assert again.last_execution("ACME") == day.ledger.number


@settings(max_examples=200, deadline=None)
@given(days)
def test_a_trade_never_has_one_owner_on_both_sides_nor_a_price_outside_a_limit(steps: list[tuple[Any, ...]]) -> None:
    def sound(day: Day) -> None:
        left = {order.id: order for order in day.ledger.orders}
        traded: dict[str, int] = {}
        for buy, sell, quantity, price in day.due():
            assert left[buy].owner != left[sell].owner
            assert left[sell].limit <= price <= left[buy].limit
            assert price == min(left[buy], left[sell], key=lambda o: o.sequence).limit
            for id in (buy, sell):
                traded[id] = traded.get(id, 0) + quantity
                assert quantity > 0
                assert traded[id] <= left[id].left

    lived(steps, sound)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(place, trade), max_size=40))
def test_where_the_batches_are_cut_never_changes_who_trades(steps: list[tuple[Any, ...]]) -> None:
    cut = lived(steps, lambda day: None)
    whole = lived([step for step in steps if step[0] == "place"], lambda day: None)
    for day in (cut, whole):
        day.step("trade", 10_000)
    trades = [[f for name, f in day.ledger.facts if name == "TradeExecuted"] for day in (cut, whole)]
    assert [_terms(f) for f in trades[0]] == [_terms(f) for f in trades[1]]


def _terms(fields: dict[str, Any]) -> tuple[str, ...]:
    return tuple(fields[name] for name in ("number", "buy", "sell", "quantity", "price_minor"))


@settings(max_examples=200, deadline=None)
@given(days)
def test_depth_is_the_sum_of_what_is_left(steps: list[tuple[Any, ...]]) -> None:
    def sums(day: Day) -> None:
        for side, levels in zip(("buy", "sell"), day.book.depth("ACME"), strict=True):
            orders = [o for o in day.ledger.may_trade() if o.side == side]
            prices = sorted({o.limit for o in orders}, reverse=side == "buy")
            at = {p: [o.left for o in orders if o.limit == p] for p in prices}
            assert levels == [(p, sum(at[p]), len(at[p])) for p in prices]

    lived(steps, sums)
