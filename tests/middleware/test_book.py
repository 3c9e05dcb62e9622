"""The book, order by order: what trades with what, at whose price, and what does not."""

from datetime import UTC, datetime
from typing import Any

from middleware.market.book import Book, Execution
from tests.middleware.naive_book import proper, short

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Market:
    """A book, and short words for the facts that reach it."""

    def __init__(self) -> None:
        self.book = Book(venue="BOLSA")
        self.sequences: dict[str, int] = {}
        self.filled: dict[str, int] = {}
        self.quantity: dict[str, int] = {}
        self.placed: dict[str, int] = {}  # sequence

    def place(self, name: str, side: str, terms: str, **more: str) -> None:
        """`place("ALICE:1", "buy", "40@2500")`: the owner is what stands before the colon."""
        order, (quantity, limit) = proper(name), terms.split("@")
        instrument = more.pop("instrument", "ACME")
        self.sequences[instrument] = self.sequences.get(instrument, 0) + 1
        owner = order.split(":")[0]
        self.quantity[order], self.filled[order] = int(quantity), 0
        self.placed[order] = self.sequences[instrument]
        fields = {"order": order, "owner": owner, "kid": f"{owner}.1", "venue": "BOLSA", "instrument": instrument}
        fields |= {"side": side, "quantity": quantity, "limit_minor": limit, "good_till": "2026-11-22T18:00:00Z"}
        self.book.apply("OrderPlaced", fields | {"sequence": str(self.sequences[instrument])} | more)

    def replace(self, name: str, terms: str, *, kid: str = "", keeps_place: bool = False) -> None:
        """`replace("ALICE:1", "30@2500")`: other terms, at the end of the book unless it keeps its place."""
        order, (quantity, limit) = proper(name), terms.split("@")
        if not keeps_place:
            self.sequences["ACME"] += 1
            self.placed[order] = self.sequences["ACME"]
        self.quantity[order] = int(quantity)
        fields = {"order": order, "kid": kid or f"{order.split(':')[0]}.1", "quantity": quantity, "limit_minor": limit}
        self.book.apply("OrderReplaced", fields | {"sequence": str(self.placed[order])})

    def due(self, limit: int = 250, now: datetime = NOON) -> list[str]:
        return [_words(execution) for execution in self.book.due(now, 7, limit)]

    def lapsed(self) -> list[str]:
        return [short(order) for order in self.book.lapsed(NOON, 10)]

    def settle(self, limit: int = 250) -> list[str]:
        """What the ledger does when the executions due are sent to it, and all are good."""
        due = self.book.due(NOON, 7, limit)
        for execution in due:
            self.book.apply("TradeExecuted", self.traded(execution))
        return [_words(execution) for execution in due]

    def traded(self, execution: Execution) -> dict[str, str]:
        fields: dict[str, str] = dict(execution.args)
        for side, order in (("buy", execution.buy), ("sell", execution.sell)):
            self.filled[order] += execution.quantity
            fields[f"{side}_filled"] = str(self.filled[order])
            whole = self.filled[order] == self.quantity[order]
            fields[f"{side}_status"] = "filled" if whole else "partially_filled"
        return fields

    def refuse(self, code: str, reason: str, *, by: str = "BOLSA", **changes: str) -> None:
        """The ledger refuses the next execution, or what `changes` make of it."""
        args = self.book.due(NOON, 7, 1)[0].args | changes
        refusal: dict[str, Any] = {"function": "trade:execute", "args": args, "party": by}
        self.book.apply("CommandRefused", refusal | {"code": code, "reason": reason})


def crossed() -> Market:
    """Alice would buy what Bruno, and after him Carla, would sell."""
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.place("CARLA:1", "sell", "10@2500")
    market.place("ALICE:1", "buy", "10@2500")
    return market


def _words(execution: Execution) -> str:
    pair = f"{short(execution.buy)} {short(execution.sell)}"
    return f"{execution.instrument} {execution.number}: {pair} {execution.quantity}@{execution.price_minor}"


def test_orders_that_do_not_cross_wait() -> None:
    market = Market()
    market.place("ALICE:1", "buy", "40@2400")
    market.place("BRUNO:1", "sell", "40@2500")
    assert market.due() == []
    assert market.book.best("ACME") == (2400, 2500)
    assert market.book.depth("ACME") == ([(2400, 40, 1)], [(2500, 40, 1)])


def test_a_trade_is_at_the_price_of_the_order_that_waited() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "60@2400")
    market.place("ALICE:1", "buy", "40@2500")
    assert market.settle() == ["ACME 1: ALICE:1 BRUNO:1 40@2400"]
    assert market.book.depth("ACME") == ([], [(2400, 20, 1)])


def test_a_seller_who_comes_later_gets_the_buyers_price() -> None:
    market = Market()
    market.place("ALICE:1", "buy", "40@2500")
    market.place("BRUNO:1", "sell", "60@2400")
    assert market.settle() == ["ACME 1: ALICE:1 BRUNO:1 40@2500"]


def test_a_better_price_goes_first_and_then_the_earlier_order() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2600")
    market.place("CARLA:1", "sell", "10@2500")
    market.place("BRUNO:2", "sell", "10@2500")
    market.place("ALICE:1", "buy", "25@2600")
    assert market.settle() == [
        "ACME 1: ALICE:1 CARLA:1 10@2500",
        "ACME 2: ALICE:1 BRUNO:2 10@2500",
        "ACME 3: ALICE:1 BRUNO:1 5@2600",
    ]


def test_how_the_batches_are_cut_does_not_change_who_trades() -> None:
    """Bruno was there before Carla undercut him, and Alice's order met him first: Carla came too late for it."""
    orders = [("BRUNO:1", "sell", "10@2500"), ("ALICE:1", "buy", "10@2500"), ("CARLA:1", "sell", "10@2400")]
    together = Market()
    for order in orders:
        together.place(*order)
    one_by_one = Market()
    trades = []
    for order in orders:
        one_by_one.place(*order)
        trades += one_by_one.settle()
    assert together.settle() == trades == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]


def test_an_owner_never_trades_with_himself() -> None:
    market = Market()
    market.place("ALICE:1", "sell", "10@2400")
    market.place("BRUNO:1", "sell", "10@2500")
    market.place("ALICE:2", "buy", "30@2600")
    assert market.settle() == ["ACME 1: ALICE:2 BRUNO:1 10@2500"]
    assert market.due() == []
    market.place("CARLA:1", "sell", "5@2550")
    assert market.due() == ["ACME 2: ALICE:2 CARLA:1 5@2600"]


def test_due_changes_nothing() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "60@2400")
    market.place("ALICE:1", "buy", "40@2500")
    assert market.due() == market.due()
    assert market.book.depth("ACME") == ([(2500, 40, 1)], [(2400, 60, 1)])


def test_a_limit_cuts_the_list_and_the_rest_follows() -> None:
    market = Market()
    for n in range(5):
        market.place(f"BRUNO:{n}", "sell", "1@2500")
    market.place("ALICE:1", "buy", "5@2500")
    whole = market.due()
    assert market.settle(2) + market.settle(2) + market.settle(2) == whole
    assert len(whole) == 5


def test_instruments_take_turns() -> None:
    market = Market()
    for base, instrument in ((10, "ACME"), (20, "ZETA")):
        for n in range(3):
            market.place(f"BRUNO:{base + n}", "sell", "1@2500", instrument=instrument)
        market.place(f"ALICE:{base}", "buy", "3@2500", instrument=instrument)
    assert [line.split(":")[0] for line in market.due(4)] == ["ACME 1", "ZETA 1", "ACME 2", "ZETA 2"]


def test_an_order_past_its_good_till_does_not_trade_swept_or_not() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500", good_till="2026-11-22T12:00:00Z")
    market.place("CARLA:1", "sell", "10@2500")
    market.place("ALICE:1", "buy", "10@2500")
    assert market.due(now=NOON.replace(hour=11)) == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]
    assert market.due() == ["ACME 1: ALICE:1 CARLA:1 10@2500"]
    assert market.lapsed() == ["BRUNO:1"]
    market.book.apply("OrderExpired", {"order": proper("BRUNO:1"), "released": "10"})
    assert market.lapsed() == []
    assert market.book.depth("ACME")[1] == [(2500, 10, 1)]


def test_a_cancelled_order_is_gone() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.book.apply("OrderCancelled", {"order": proper("BRUNO:1"), "released": "10"})
    market.place("ALICE:1", "buy", "10@2500")
    assert market.due() == []


def test_a_suspended_party_does_not_trade_until_it_is_reinstated() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.book.apply("PartySuspended", {"party": "BRUNO", "reason": "-"})
    market.place("ALICE:1", "buy", "10@2500")
    assert market.due() == []
    assert market.book.best("ACME") == (2500, None)
    assert market.lapsed() == [], "it may come back"
    market.book.apply("PartyReinstated", {"party": "BRUNO", "reason": "-"})
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]


def test_a_suspended_venue_matches_nothing() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.place("ALICE:1", "buy", "10@2500")
    market.book.apply("PartySuspended", {"party": "BOLSA", "reason": "-"})
    assert market.due() == []


def test_orders_of_a_compromised_key_do_not_trade_and_those_of_a_retired_one_do() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2400")
    market.place("CARLA:1", "sell", "10@2500")
    market.book.apply("KeyRevoked", {"party": "BRUNO", "n": "1", "status": "compromised"})
    market.book.apply("KeyRevoked", {"party": "CARLA", "n": "1", "status": "retired"})
    market.place("ALICE:1", "buy", "10@2500")
    assert market.due() == ["ACME 1: ALICE:1 CARLA:1 10@2500"]
    assert market.lapsed() == ["BRUNO:1"]


def test_an_order_for_another_venue_is_not_ours_but_its_execution_numbers_are() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500", venue="OTRA")
    market.place("ALICE:1", "buy", "10@2500")
    assert market.due() == []
    elsewhere = {"instrument": "ACME", "number": "4", "buy": proper("X1:1"), "sell": proper("Y1:1")}
    filled = {"buy_filled": "1", "sell_filled": "1", "buy_status": "filled", "sell_status": "filled"}
    market.book.apply("TradeExecuted", elsewhere | filled)
    market.place("CARLA:1", "sell", "10@2500")
    assert market.due() == ["ACME 5: ALICE:1 CARLA:1 10@2500"]


def test_a_refusal_that_names_a_side_sets_that_order_aside_and_uses_the_number_up() -> None:
    market = crossed()
    market.refuse("wrong_status", "sell_expired")
    assert market.due() == ["ACME 2: ALICE:1 CARLA:1 10@2500"]
    assert market.book.last_execution("ACME") == 1


def test_a_refusal_for_the_instrument_halts_it_until_it_is_reinstated() -> None:
    market = crossed()
    market.refuse("wrong_status", "instrument")
    assert market.due() == []
    assert market.book.halted == {"ACME": "instrument"}
    market.book.apply("InstrumentReinstated", {"instrument": "ACME", "reason": "-"})
    assert market.due() == ["ACME 2: ALICE:1 BRUNO:1 10@2500"]


def test_a_refusal_nobody_foresaw_halts_the_instrument_rather_than_being_proposed_for_ever() -> None:
    market = crossed()
    market.refuse("invalid", "price_minor")
    assert market.due() == []
    assert market.book.halted == {"ACME": "price_minor"}


def test_a_number_out_of_turn_uses_nothing_up() -> None:
    market = crossed()
    market.refuse("wrong_status", "number", number="2")
    market.refuse("duplicate", "number", number="0")
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]


def test_an_execution_that_came_too_late_is_proposed_again_under_the_next_number() -> None:
    market = crossed()
    market.refuse("wrong_status", "expired")
    assert market.due() == ["ACME 2: ALICE:1 BRUNO:1 10@2500"]


def test_what_the_ledger_could_not_read_uses_no_number_up() -> None:
    market = crossed()
    for field, value in (("quantity", "0"), ("quantity", "1.5"), ("buy", "ALICE"), ("number", "01"), ("extra", "1")):
        market.refuse("invalid", "expired", **{field: value})
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]


def test_only_a_venue_uses_numbers_up_and_only_our_own_refusals_teach_us_about_our_orders() -> None:
    market = crossed()
    market.refuse("forbidden", "role", by="MALLORY")
    market.refuse("wrong_status", "expired", by="MALLORY")
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]
    market.book.apply("PartyAdmitted", {"party": "OTRA", "roles": ["venue"]})
    market.refuse("forbidden", "buy_venue", by="OTRA")
    assert market.due() == ["ACME 2: ALICE:1 BRUNO:1 10@2500"]


def test_another_venue_uses_up_the_numbers_of_an_instrument_that_nobody_has_ordered_here() -> None:
    market = Market()
    market.book.apply("InstrumentRegistered", {"instrument": "ACME", "kind": "equity", "currency": "EUR.B"})
    market.book.apply("PartyAdmitted", {"party": "OTRA", "roles": ["venue"]})
    args = {"instrument": "ACME", "number": "1", "after": "0", "buy": proper("X1:1"), "sell": proper("Y1:1")}
    refusal: dict[str, Any] = {"function": "trade:execute", "party": "OTRA", "code": "not_found", "reason": "buy_order"}
    market.book.apply("CommandRefused", refusal | {"args": args | {"quantity": "1", "price_minor": "1"}})
    assert market.book.last_execution("ACME") == 1


def test_a_suspended_instrument_does_not_match() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.book.apply("InstrumentSuspended", {"instrument": "ACME", "reason": "news"})
    market.place("ALICE:1", "buy", "10@2500")
    assert market.due() == []
    market.book.apply("InstrumentReinstated", {"instrument": "ACME", "reason": "news"})
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]


def test_an_instrument_whose_currency_is_suspended_rests_with_it() -> None:
    market = Market()
    market.book.apply("InstrumentRegistered", {"instrument": "ACME", "kind": "equity", "currency": "MXN.BANCO1"})
    market.place("BRUNO:1", "sell", "10@2500")
    market.place("ALICE:1", "buy", "10@2500")
    market.book.apply("InstrumentSuspended", {"instrument": "MXN.BANCO1", "reason": "-"})
    assert market.due() == []
    assert market.book.halted == {"ACME": "suspended"}
    market.book.apply("InstrumentReinstated", {"instrument": "MXN.BANCO1", "reason": "-"})
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]


def test_a_refusal_for_the_currency_is_over_when_the_currency_is_reinstated() -> None:
    market = crossed()
    market.refuse("wrong_status", "currency")
    assert market.due() == []
    market.book.apply("InstrumentReinstated", {"instrument": "MXN.BANCO1", "reason": "-"})
    assert market.due() == ["ACME 2: ALICE:1 BRUNO:1 10@2500"]


def test_the_same_pair_under_the_same_number_has_the_same_id_at_every_matcher() -> None:
    ids = set()
    for _ in range(2):
        market = Market()
        market.place("BRUNO:1", "sell", "10@2500")
        market.place("ALICE:1", "buy", "10@2500")
        ids.add(market.book.due(NOON, 7, 1)[0].id)
    assert len(ids) == 1


def test_an_order_that_asks_for_less_keeps_its_place() -> None:
    market = crossed()
    market.replace("BRUNO:1", "4@2500", keeps_place=True)
    assert market.settle() == ["ACME 1: ALICE:1 BRUNO:1 4@2500", "ACME 2: ALICE:1 CARLA:1 6@2500"]


def test_an_order_that_asks_for_more_goes_behind_those_of_its_price() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.place("CARLA:1", "sell", "10@2500")
    market.replace("BRUNO:1", "12@2500")
    market.place("ALICE:1", "buy", "15@2500")
    assert market.settle() == ["ACME 1: ALICE:1 CARLA:1 10@2500", "ACME 2: ALICE:1 BRUNO:1 5@2500"]
    assert market.book.depth("ACME") == ([], [(2500, 7, 1)])


def test_another_limit_makes_an_order_the_one_that_came_last() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.place("ALICE:1", "buy", "10@2400")
    market.replace("BRUNO:1", "10@2300")
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2400"]  # the buyer waited
    assert market.book.depth("ACME")[1] == [(2300, 10, 1)]


def test_what_was_filled_counts_against_a_replaced_order() -> None:
    market = Market()
    market.place("BRUNO:1", "sell", "10@2500")
    market.place("ALICE:1", "buy", "4@2500")
    market.settle()
    market.replace("BRUNO:1", "7@2500", keeps_place=True)
    assert market.book.depth("ACME")[1] == [(2500, 3, 1)]
    market.replace("BRUNO:1", "4@2500", keeps_place=True)  # nothing is left of it
    assert market.book.depth("ACME")[1] == []
    market.replace("BRUNO:1", "9@2500")  # of what has left the book, nothing returns
    assert market.book.depth("ACME")[1] == []


def test_an_order_signed_anew_trades_although_its_first_key_was_compromised() -> None:
    market = crossed()
    market.book.apply("KeyRevoked", {"party": "BRUNO", "n": "1", "status": "compromised"})
    market.replace("BRUNO:1", "10@2500", kid="BRUNO.2", keeps_place=True)
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]
    market.book.apply("KeyRevoked", {"party": "BRUNO", "n": "2", "status": "compromised"})
    assert market.due() == ["ACME 1: ALICE:1 CARLA:1 10@2500"]


def test_an_order_at_an_exchange_never_enters_the_book() -> None:
    market = crossed()
    market.place("CARLA:2", "sell", "10@2400", venue="MERCADO", book="exchange")
    market.place("CARLA:3", "sell", "10@2400", book="exchange")
    assert market.due() == ["ACME 1: ALICE:1 BRUNO:1 10@2500"]
    assert market.book.best("ACME") == (2500, 2500)


def test_facts_of_others_are_ignored() -> None:
    market = Market()
    market.book.apply("HoldingMoved", {"instrument": "ACME"})
    market.book.apply("CommandRefused", {"function": "order:place", "args": {}, "code": "invalid", "reason": "lot"})
    market.book.apply("OrderCancelled", {"order": proper("NOBODY:1"), "released": "0"})
    assert market.due() == []
