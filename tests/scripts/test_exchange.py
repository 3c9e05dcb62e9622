"""The exchange's floor: price before time, nobody with himself, and the same words again after a restart."""

from pathlib import Path
from typing import Any

import pytest

from scripts.exchange.exchange import Exchange
from scripts.exchange.floor import Floor
from scripts.exchange.journal import Journal
from scripts.exchange.orders import Told
from scripts.exchange.reading import read


def order(client_id: str, side: str, quantity: int, price: str, owner: str = "", **more: str) -> dict[str, Any]:
    fields = {"35": "D", "11": client_id, "55": "ACME", "54": {"buy": "1", "sell": "2"}[side], "40": "2"}
    return {
        "do": "D",
        "fields": {**fields, "38": str(quantity), "44": price, **more},
        "owner": owner or client_id,
        "again": False,
    }


def change(do: str, client_id: str, original: str, **more: str) -> dict[str, Any]:
    return {"do": do, "fields": {"35": do, "11": client_id, "41": original, **more}, "owner": "", "again": False}


def said(told: list[Told]) -> list[tuple[str, str]]:
    return [(one.fields.get(150, one.type), one.fields.get(11, "")) for one in told]


@pytest.fixture
def floor() -> Floor:
    floor = Floor()
    floor.apply({"do": "opened", "at": "261125120000"})
    return floor


def test_an_order_is_accepted_and_meets_the_better_price_first_then_the_earlier_one(floor: Floor) -> None:
    floor.apply(order("S1", "sell", 5, "25.10"))
    floor.apply(order("S2", "sell", 5, "25"))
    floor.apply(order("S3", "sell", 5, "25"))
    told = floor.apply(order("B1", "buy", 12, "25.10"))
    assert said(told)[0] == ("0", "B1")
    assert [(t.fields[31], t.fields[32], t.sides[1][11]) for t in told[1:]] == [
        ("25", "5", "S2"),
        ("25", "5", "S3"),
        ("25.1", "2", "S1"),
    ]
    assert [one["status"] for one in floor.orders()] == ["1", "2", "2", "2"]


def test_nobody_trades_with_himself(floor: Floor) -> None:
    floor.apply(order("S1", "sell", 5, "25", owner="ALICE"))
    assert said(floor.apply(order("B1", "buy", 5, "25", owner="ALICE"))) == [("0", "B1")]


def test_one_match_can_become_several_executions() -> None:
    floor = Floor(slices=4)
    floor.apply({"do": "opened", "at": "261125120000"})
    floor.apply(order("S1", "sell", 10, "25"))
    told = floor.apply(order("B1", "buy", 10, "25"))
    assert [one.fields[32] for one in told if one.type == "AE"] == ["4", "4", "2"]


def test_two_reports_of_one_trade_carry_the_same_match() -> None:
    floor = Floor(reports=True)
    floor.apply({"do": "opened", "at": "261125120000"})
    floor.apply(order("S1", "sell", 10, "25"))
    _, buy, sell = floor.apply(order("B1", "buy", 4, "26"))
    assert (buy.fields[150], buy.fields[39], sell.fields[39]) == ("F", "2", "1")
    assert (sell.fields[14], sell.fields[151], sell.fields[38]) == ("4", "6", "10")
    assert buy.fields[20880] == sell.fields[20880]
    assert buy.fields[17] != sell.fields[17]


def test_a_cancel_is_pending_then_done_and_too_late_for_a_filled_order(floor: Floor) -> None:
    floor.apply(order("S1", "sell", 10, "25"))
    assert said(floor.apply(change("F", "C1", "S1"))) == [("6", "C1"), ("4", "C1")]
    (told,) = floor.apply(change("F", "C2", "S1"))
    assert (told.type, told.fields[434], told.fields[102]) == ("9", "1", "0")
    (told,) = floor.apply(change("F", "C3", "NONE"))
    assert (told.fields[102], told.fields[37]) == ("1", "NONE")


def test_a_replaced_order_trades_on_its_new_terms_under_its_new_name(floor: Floor) -> None:
    floor.apply(order("S1", "sell", 10, "25"))
    floor.apply(order("B1", "buy", 4, "24"))
    told = floor.apply(change("G", "R1", "B1", **{"38": "6", "44": "25"}))
    assert said(told)[:2] == [("E", "R1"), ("5", "R1")]
    assert (told[2].fields[32], told[2].sides[0][11]) == ("6", "R1")
    (told_late,) = floor.apply(change("G", "R2", "R1", **{"38": "9", "44": "25"}))
    assert (told_late.type, told_late.fields[434]) == ("9", "2")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"40": "1"}, "11"), ({"38": "x"}, "99"), ({"38": "0"}, "99"), ({"44": "-1"}, "99"), ({"54": "7"}, "99")],
)
def test_what_is_no_order_is_rejected(floor: Floor, changes: dict[str, str], reason: str) -> None:
    (told,) = floor.apply(order("B1", "buy", 1, "25", **changes))
    assert (told.fields[150], told.fields[39], told.fields[103]) == ("8", "8", reason)


def test_a_name_is_used_once(floor: Floor) -> None:
    floor.apply(order("B1", "buy", 1, "25"))
    assert floor.apply(order("B1", "buy", 1, "25"))[0].fields[103] == "6"


def test_a_bust_and_a_correction_name_the_trade(floor: Floor) -> None:
    floor.apply(order("S1", "sell", 10, "25"))
    trade = floor.apply(order("B1", "buy", 10, "25"))[1].fields[571]
    (corrected,) = floor.apply({"do": "correct", "trade": trade, "price": "24"})
    assert (corrected.fields[487], corrected.fields[572], corrected.fields[31]) == ("2", trade, "24")
    (busted,) = floor.apply({"do": "bust", "trade": trade})
    assert (busted.fields[487], busted.fields[572]) == ("1", trade)
    assert len({trade, corrected.fields[571], busted.fields[571]}) == 3


def test_a_stranger_on_the_other_side_leaves_a_lone_report_and_its_bust_refers_to_it(floor: Floor) -> None:
    floor.apply(order("S1", "sell", 10, "25"))
    (told,) = floor.apply({"do": "outsider", "order": "S1", "quantity": "3", "at": "261125120000"})
    assert (told.type, told.fields[150], told.fields[32], told.fields[151]) == ("8", "F", "3", "7")
    (busted,) = floor.apply({"do": "bust", "trade": told.fields[20880]})
    assert (busted.fields[150], busted.fields[19]) == ("H", told.fields[17])


def test_an_order_past_its_time_is_found(floor: Floor) -> None:
    floor.apply(order("B1", "buy", 1, "25", **{"126": "20261125-23:59:59"}))
    assert floor.lapsed("20261125-23:59:58.999") == []
    assert floor.lapsed("20261125-23:59:59.001") == ["B1"]
    assert said(floor.apply({"do": "expire", "order": "B1"})) == [("C", "B1")]


def test_a_restarted_exchange_has_its_book_and_says_again_what_it_may_not_have_said(tmp_path: Path) -> None:
    heard: list[tuple[Told, bool]] = []

    def opened() -> Exchange:
        return Exchange(Floor(), Journal(tmp_path), lambda told, again: heard.append((told, again)))

    first = opened()
    first.receive(order("S1", "sell", 5, "25"))
    first.receive(order("B1", "buy", 3, "25"))
    second = opened()
    second.stop()
    second._speak()
    assert said([told for told, _ in heard]) == [("0", "S1"), ("0", "B1"), ("AE", "")]
    assert [again for _, again in heard] == [True, True, True]
    third = opened()
    third.receive({**order("B1", "buy", 3, "25"), "again": True})
    third.stop()
    third._speak()
    assert heard[3:] == heard[1:3], "a repeat is answered as it was the first time, and trades nothing"
    assert [one["filled"] for one in third.command({"do": "orders"})] == [3, 3]


def test_what_came_while_it_was_silent_is_done_when_it_speaks(tmp_path: Path) -> None:
    exchange = Exchange(Floor(), Journal(tmp_path), lambda told, again: None)
    exchange.command({"do": "silent"})
    exchange.receive(order("S1", "sell", 5, "25"))
    assert exchange.command({"do": "orders"}) == []
    exchange.command({"do": "speak"})
    assert len(exchange.command({"do": "orders"})) == 1


def test_a_message_is_read_with_its_investor() -> None:
    raw = "8=FIX.4.4|35=D|43=Y|11=A|453=2|448=CASA1|447=D|452=1|448=ALICE|447=D|452=5|10=000|".replace("|", "\x01")
    said = read(raw)
    assert (said["do"], said["owner"], said["again"], said["fields"]["11"]) == ("D", "ALICE", True, "A")
