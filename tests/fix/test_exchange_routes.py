"""From the ledger's word to a message and from the exchange's word to a command, each once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from middleware import ids
from middleware.auth import Principal
from middleware.database import Database
from middleware.fix import answers, hearing, routing
from middleware.models.entry import ClientId, Notice
from middleware.models.report import Report
from middleware.services import messages, routes, sessions
from tests.fix.rows import ACCOUNT, ISIN, VENUE, Market, made, prepared
from tests.middleware.sandboxes import installed, tables


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with tables(prepared(installed(tmp_path))) as database:
        yield Market(database, 1)


@pytest.fixture
def database(market: Market) -> Database:
    return market.database


def follow(market: Market) -> list[routes.Outgoing]:
    with market.database.writing() as session:
        routes.follow(session, VENUE)
        return routes.waiting(session, VENUE)


def sent(market: Market, *client_ids: str) -> None:
    with market.database.writing() as session:
        routes.sent(session, client_ids)


def hear(market: Market, type: str, **said: str) -> None:
    """One message of the exchange: f150="F" is 150=F."""
    fields = {35: type, **{int(name[1:]): value for name, value in said.items()}}
    raw = "".join(f"{tag}={value}\x01" for tag, value in fields.items())
    with market.database.writing() as session:
        answers.take(session, principal(market), hearing.read(raw))
        session.commit()


def capture(market: Market, buy: str, sell: str, **said: str) -> None:
    """A trade capture report of these two names."""
    head = {35: "AE", 571: "T1", 487: "0", 55: "ACME", 32: "5", 31: "25.5"}
    head |= {int(name[1:]): value for name, value in said.items()}
    raw = "".join(f"{tag}={value}\x01" for tag, value in head.items())
    raw += f"552=2\x0154=1\x0137=O1\x0111={buy}\x0154=2\x0137=O2\x0111={sell}\x01"
    with market.database.writing() as session:
        answers.take(session, principal(market), hearing.read(raw))
        session.commit()


def principal(market: Market) -> Principal:
    with market.database.reading() as session:
        return sessions.principal_of(session, VENUE)


def name(order: str) -> str:
    return ids.split(order)[1]


def test_a_valid_order_becomes_a_message_under_its_own_id(market: Market) -> None:
    order = market.order("buy", 10, 2550, entry="C-7")
    (outgoing,) = follow(market)
    fields = routing.fields_of(outgoing)
    assert routing.TYPES[outgoing.kind] == "D"
    assert (fields[11], fields[526], fields[38], fields[44], fields[54]) == (name(order), "C-7", "10", "25.50", "1")
    assert (fields[48], fields[22], fields[55], fields[1], fields[15]) == (ISIN, "4", "ACME", ACCOUNT, "MXN")
    assert (fields[40], fields[59], len(fields[126])) == ("2", "6", 17)
    assert routing.parties_of(outgoing) == [("CASA1", "1"), ("CUSTODIA1", "28"), ("FONDO1", "5")]
    assert market.routes() == {name(order): "sending"}


def test_what_was_told_is_made_a_message_once(market: Market) -> None:
    order = market.order("buy", 10, 2550)
    follow(market)
    sent(market, name(order))
    assert follow(market) == []
    with market.database.reading() as session:
        assert not routes.behind(session, VENUE)


def test_orders_of_our_own_venue_stay_here(market: Market) -> None:
    with market.database.writing() as session:
        session.add(made(Report, block=1, index=0, kind="new", order="ALICE:x", venue="BOLSA"))
        session.commit()
    assert follow(market) == []


def test_two_parties_may_have_used_the_same_id(market: Market) -> None:
    first = market.order("buy", 10, 2550)
    second = "BRUNO:" + name(first)
    with market.database.writing() as session:
        session.add(market.report("new", second))
        session.commit()
    follow(market)
    assert len(market.routes()) == 2


def test_a_cancel_names_the_order_it_is_about(market: Market) -> None:
    order = market.order("sell", 10, 2550)
    command = market.cancel(order)
    _, outgoing = follow(market)
    fields = routing.fields_of(outgoing)
    assert (routing.TYPES[outgoing.kind], fields[11], fields[41], fields[54]) == ("F", command, name(order), "2")
    assert 44 not in fields


def test_a_replace_carries_the_new_terms_and_then_is_the_orders_name(market: Market) -> None:
    order = market.order("buy", 10, 2550)
    command = market.replace(order, 12, 2600)
    _, outgoing = follow(market)
    fields = routing.fields_of(outgoing)
    assert (routing.TYPES[outgoing.kind], fields[41], fields[38], fields[44]) == ("G", name(order), "12", "26.00")
    market.cancel(order)
    assert routing.fields_of(follow(market)[-1])[41] == command


def test_the_exchanges_new_accepts_the_route(market: Market) -> None:
    order = market.order("buy", 10, 2550)
    follow(market)
    sent(market, name(order))
    hear(market, "8", f150="0", f11=name(order), f37="O1", f17="X1")
    assert market.routes() == {name(order): "accepted"}
    assert market.commands() == []


def test_an_order_that_the_exchange_rejects_is_freed(market: Market) -> None:
    order = market.order("buy", 10, 2550)
    follow(market)
    hear(market, "8", f150="8", f11=name(order), f103="0", f58="closed today", f17="X1")
    assert market.commands() == [("order:release", {"order": order, "status": "rejected", "reason": "closed today"})]
    hear(market, "8", f150="8", f11=name(order), f103="0", f58="closed today", f17="X1")
    assert len(market.commands()) == 1


def test_that_the_exchange_knows_the_order_already_rejects_nothing(market: Market) -> None:
    order = market.order("buy", 10, 2550)
    follow(market)
    hear(market, "8", f150="8", f11=name(order), f103="6", f17="X1")
    assert market.routes() == {name(order): "accepted"}
    assert market.commands() == []


@pytest.mark.parametrize(("said", "status"), [("4", "cancelled"), ("C", "expired")])
def test_only_the_exchanges_word_ends_an_order(market: Market, said: str, status: str) -> None:
    order = market.order("buy", 10, 2550)
    command = market.cancel(order)
    follow(market)
    hear(market, "8", f150="6", f11=command, f41=name(order), f17="X1")
    assert market.commands() == []
    hear(market, "8", f150=said, f11=command, f41=name(order), f17="X2")
    assert market.commands() == [("order:release", {"order": order, "status": status, "reason": ""})]


def test_of_a_cancel_that_comes_too_late_the_broker_hears(market: Market) -> None:
    order = market.order("buy", 10, 2550, entry="C-7")
    command = market.cancel(order, client_id="C-8")
    follow(market)
    hear(market, "9", f11=command, f41=name(order), f434="1", f102="0", f58="filled")
    assert market.commands() == []
    (notice,) = market.all(Notice)
    assert (notice.kind, notice.client_id, notice.order, notice.text) == ("refused", "C-8", order, "filled")
    assert [one.status for one in market.all(ClientId)] == ["rejected"]


def test_a_replace_is_done_or_refused_as_the_exchange_says(market: Market) -> None:
    order = market.order("buy", 10, 2550)
    done, refused = market.replace(order, 12, 2600), market.replace(order, 13, 2600)
    follow(market)
    hear(market, "8", f150="E", f11=done, f41=name(order), f17="X1")
    hear(market, "8", f150="5", f11=done, f41=name(order), f17="X2")
    hear(market, "9", f11=refused, f41=done, f434="2", f102="0", f58="too late")
    assert market.commands() == [
        ("order:amend", {"order": order, "outcome": "replaced", "reason": ""}),
        ("order:amend", {"order": order, "outcome": "refused", "reason": "too late"}),
    ]


def test_that_the_exchange_knows_the_replace_already_refuses_nothing(market: Market) -> None:
    order = market.order("buy", 10, 2550)
    command = market.replace(order, 12, 2600)
    follow(market)
    hear(market, "9", f11=command, f41=name(order), f434="2", f102="6")
    assert market.commands() == []


def test_a_capture_report_is_reported_at_once_and_once(market: Market) -> None:
    buy, sell = market.order("buy", 10, 2550), market.order("sell", 10, 2550, "FONDO2")
    follow(market)
    capture(market, name(buy), name(sell))
    capture(market, name(buy), name(sell))
    assert market.commands() == [
        (
            "trade:report",
            {"instrument": "ACME", "buy": buy, "sell": sell, "quantity": "5", "price_minor": "2550", "reference": "T1"},
        )
    ]


def test_a_lone_side_waits_for_the_other_whichever_comes_first(market: Market) -> None:
    buy, sell = market.order("buy", 10, 2550), market.order("sell", 10, 2550, "FONDO2")
    follow(market)
    lone = {"f150": "F", "f32": "5", "f31": "25.5", "f55": "ACME", "f20880": "M1"}
    hear(market, "8", f11=name(sell), f54="2", f17="X1", **lone)
    assert market.commands() == []
    hear(market, "8", f11=name(buy), f54="1", f17="X2", **lone)
    ((function, args),) = market.commands()
    assert function == "trade:report"
    assert (args["buy"], args["sell"], args["quantity"], args["price_minor"]) == (buy, sell, "5", "2550")


@pytest.mark.parametrize(
    "said",
    [{"f32": "x"}, {"f31": "25.555"}, {"f32": "1.5"}, {"f31": ""}],
    ids=["no quantity", "finer than the currency", "part of a unit", "no price"],
)
def test_what_cannot_be_reported_is_parked(market: Market, said: dict[str, str]) -> None:
    buy, sell = market.order("buy", 10, 2550), market.order("sell", 10, 2550, "FONDO2")
    follow(market)
    capture(market, name(buy), name(sell), **said)
    assert [one.status for one in market.executions()] == ["parked"]
    assert market.commands() == []


def test_an_execution_of_an_order_that_we_never_sent_is_parked(market: Market) -> None:
    buy = market.order("buy", 10, 2550)
    follow(market)
    capture(market, name(buy), "nobody's")
    assert [one.status for one in market.executions()] == ["parked"]
    assert market.commands() == []


def test_a_bust_and_a_correction_open_a_claim(market: Market) -> None:
    buy, sell = market.order("buy", 10, 2550), market.order("sell", 10, 2550, "FONDO2")
    follow(market)
    capture(market, name(buy), name(sell))
    capture(market, name(buy), name(sell), f571="T2", f487="2", f572="T1", f31="25")
    capture(market, name(buy), name(sell), f571="T3", f487="1", f572="T1")
    _, (correct, corrected), (bust, busted) = market.commands()
    assert (correct, bust) == ("claim:open", "claim:open")
    assert (corrected["kind"], corrected["price_minor"], corrected["notice"]) == ("correct", "2500", "T2")
    assert busted == {"execution": "T1", "kind": "bust", "quantity": "0", "price_minor": "0", "notice": "T3"}


def test_words_about_what_we_never_sent_change_nothing(market: Market) -> None:
    hear(market, "8", f150="4", f11="x", f41="y", f17="X1")
    hear(market, "9", f11="x", f41="y", f434="1")
    hear(market, "B", f148="news")
    assert market.commands() == []


def test_a_message_is_kept_once_also_when_it_comes_again_as_a_repeat(market: Market) -> None:
    first = "8=FIX.4.4\x019=1\x0135=8\x0134=7\x0149=MERCADO\x0152=20261125-23:59:59.900\x0156=LONJA\x0117=X\x01"
    again = first.replace(
        "\x0152=20261125-23:59:59.900", "\x0143=Y\x0152=20261126-00:00:03\x01122=20261125-23:59:59.900"
    )
    with market.database.writing() as session:
        assert messages.keep(session, VENUE, "in", first)
        assert not messages.keep(session, VENUE, "in", again)
        assert messages.keep(session, VENUE, "out", first)
