"""The folds of the listed market: mandates used, terms replaced, executions of exchanges, claims, and their reports."""

from typing import Any

import pytest

from middleware import ids
from middleware.mirror import Fold
from middleware.models.base import Mirror
from middleware.models.execution import Claim
from middleware.models.mandate import Mandate
from middleware.models.order import Order
from middleware.models.report import Report
from middleware.models.trade import Trade
from middleware.services import feed
from middleware.services.feed import Cursor
from tests.middleware import test_services_folds as market
from tests.middleware.test_services_folds import ACCOUNT, BUY, EXECUTED, LEGS, REFUSED, SELL, Ledger, admitted, fact

ledger = market.ledger
THERE = {party: f"{party}:{ids.new()}" for party in ("ALICE", "BRUNO")}  # orders at the exchange
REPORTED = f"MERCADO:{ids.new()}"
CLAIM = f"MERCADO:{ids.new()}"
TERMS = {"order": THERE["ALICE"], "kid": "ALICE.1", "held": "platform"}
WANTED = {"quantity": "8", "limit_minor": "110", "max_fee_minor": "10"}


def placed(order: str, side: str, **more: str) -> dict[str, Any]:
    """An order at the exchange that CASA1 entered."""
    return {**market.placed(order, side, 6, 100, 0), "venue": "MERCADO", "book": "exchange", "broker": "CASA1", **more}


@pytest.fixture
def listed(ledger: Ledger) -> Ledger:
    """The market of the other folds, with a broker, an exchange, and an order at it on each side."""
    for party, role in (("CASA1", "broker"), ("MERCADO", "exchange")):
        ledger.say("OPERATOR", "act:approve", admitted(party, role))
    ledger.say("ALICE", "order:place", placed(THERE["ALICE"], "buy"))
    ledger.say("BRUNO", "order:place", placed(THERE["BRUNO"], "sell"))
    return ledger


def grant(ledger: Ledger, **changed: str) -> None:
    terms = {"affirmation": "none", "order_minor": "5000", "total_minor": "9000", "good_till": "2026-12-31T00:00:00Z"}
    named = {"owner": "ALICE", "agent": "CASA1", "kid": "ALICE.1"}
    ledger.say("ALICE", "mandate:grant", fact("MandateGranted", **named, **{**terms, **changed}))


def place_for_alice(ledger: Ledger) -> str:
    """An order of 6 at 100 that CASA1 signs for ALICE; its reference."""
    id = f"CASA1:{ids.new()}"
    ledger.say("CASA1", "order:place", {**placed(THERE["ALICE"], "buy"), "order": id, "kid": "CASA1.1"})
    return id


def report(ledger: Ledger, id: str = "") -> None:
    """The exchange's execution of both orders, settled."""
    named = {"buy": THERE["ALICE"], "sell": THERE["BRUNO"], "trade": REPORTED, "venue": "MERCADO", "reference": "X-1"}
    said = {name: value for name, value in EXECUTED.items() if name not in ("fact", "number", "after")}
    said |= {"buy_status": "filled", "sell_status": "filled", "buy_reserved": "0", **named}
    settled = fact("SettlementSettled", settlement=REPORTED, trade=REPORTED, legs=LEGS)
    ledger.say("MERCADO", "trade:report", fact("TradeReported", **said), settled, id=id)


def kinds(ledger: Ledger, order: str) -> list[str]:
    return [row["kind"] for row in ledger.rows(Report) if row["order"] == order]


def test_what_an_agent_signs_uses_its_mandate_and_what_the_owner_signs_does_not(listed: Ledger) -> None:
    grant(listed)
    id = place_for_alice(listed)
    assert listed.row(Mandate, owner="ALICE", agent="CASA1")["used_minor"] == 610  # 6 x 100 and a fee of 10
    assert listed.row(Order, id=id)["owner"] == "ALICE"
    listed.say("ALICE", "order:place", placed(f"ALICE:{ids.new()}", "buy"))
    assert listed.row(Mandate, owner="ALICE", agent="CASA1")["used_minor"] == 610


@pytest.mark.parametrize(("limit", "used"), [("120", 730), ("90", 610)])  # 6 x 120 + 10; a decrease gives nothing back
def test_a_replacement_by_an_agent_counts_with_its_increase(listed: Ledger, limit: str, used: int) -> None:
    grant(listed)
    id = place_for_alice(listed)
    terms = {"quantity": "6", "limit_minor": limit, "max_fee_minor": "10", "reserved": "730"}
    asked = fact("OrderReplaceRequested", order=id, by="CASA1", kid="CASA1.1", held="platform", **terms)
    listed.say("CASA1", "order:replace", asked)
    assert listed.row(Mandate, owner="ALICE", agent="CASA1")["used_minor"] == used
    answer = fact("OrderReplaced", order=id, kid="CASA1.1", held="platform", status="new", sequence="0", **terms)
    listed.say("MERCADO", "order:amend", answer)
    assert listed.row(Mandate, owner="ALICE", agent="CASA1")["used_minor"] == used  # counted once


def test_a_new_mandate_begins_anew_and_a_revoked_one_says_when(listed: Ledger) -> None:
    grant(listed)
    place_for_alice(listed)
    grant(listed, affirmation="each")
    given = listed.row(Mandate, owner="ALICE", agent="CASA1")
    assert (given["affirmation"], given["used_minor"], given["status"]) == ("each", 0, "active")
    listed.say("ALICE", "mandate:revoke", fact("MandateRevoked", owner="ALICE", agent="CASA1"))
    ended = listed.row(Mandate, owner="ALICE", agent="CASA1")
    assert (ended["status"], ended["revoked_at"] is not None) == ("revoked", True)


def test_a_replacement_waits_for_the_exchange_with_its_increase_reserved(listed: Ledger) -> None:
    asked = fact("OrderReplaceRequested", by="ALICE", **TERMS, **WANTED, reserved="890")
    listed.say("ALICE", "order:replace", asked)
    order = listed.row(Order, id=THERE["ALICE"])
    assert {
        "quantity": 6,
        "limit_minor": 100,
        "pending_quantity": 8,
        "pending_limit_minor": 110,
    }.items() <= order.items()
    assert order["reserved"] == 890
    listed.say(
        "MERCADO", "order:amend", fact("OrderReplaced", **TERMS, **WANTED, sequence="0", reserved="890", status="new")
    )
    order = listed.row(Order, id=THERE["ALICE"])
    assert {"quantity": 8, "limit_minor": 110, "pending_quantity": None, "reserved": 890}.items() <= order.items()
    assert kinds(listed, THERE["ALICE"]) == ["new", "pending_replace", "replaced"]


def test_a_replacement_that_the_exchange_refuses_leaves_the_old_terms(listed: Ledger) -> None:
    listed.say("ALICE", "order:replace", fact("OrderReplaceRequested", by="ALICE", **TERMS, **WANTED, reserved="890"))
    refused = fact("OrderReplaceRefused", order=THERE["ALICE"], reason="too late", reserved="610", status="new")
    listed.say("MERCADO", "order:amend", refused)
    order = listed.row(Order, id=THERE["ALICE"])
    assert {"quantity": 6, "pending_quantity": None, "reserved": 610, "status": "new"}.items() <= order.items()
    told = listed.rows(Report)[-1]
    assert (told["kind"], told["text"]) == ("replace_refused", "too late")


def test_a_cancel_is_a_wish_until_the_exchange_releases(listed: Ledger) -> None:
    order = THERE["ALICE"]
    listed.say("CASA1", "order:cancel", fact("OrderCancelRequested", order=order, by="CASA1"))
    assert {"status": "new", "reserved": 610}.items() <= listed.row(Order, id=order).items()
    listed.say("MERCADO", "order:release", fact("OrderCancelled", order=order, released="610"))
    assert {"status": "cancelled", "reserved": 0}.items() <= listed.row(Order, id=order).items()
    assert kinds(listed, order) == ["new", "pending_cancel", "cancelled"]


def test_an_order_that_the_exchange_rejects_says_why(listed: Ledger) -> None:
    order = THERE["ALICE"]
    listed.say("MERCADO", "order:release", fact("OrderRejected", order=order, released="610", reason="not listed"))
    found = listed.row(Order, id=order)
    assert (found["status"], found["reserved"], found["message"]) == ("rejected", 0, "not listed")
    assert kinds(listed, order) == ["new", "rejected"]


@pytest.mark.parametrize(
    ("function", "kind"), [("order:cancel", "cancel_refused"), ("order:replace", "replace_refused")]
)
def test_a_refused_cancel_or_replacement_is_told_and_changes_nothing(listed: Ledger, function: str, kind: str) -> None:
    before = listed.row(Order, id=THERE["ALICE"])
    listed.say("CASA1", function, args={"order": THERE["ALICE"]}, **REFUSED)
    told = listed.rows(Report)[-1]
    assert (told["kind"], told["order"], told["code"], told["text"]) == (
        kind,
        before["id"],
        "insufficient",
        "Not enough.",
    )
    assert listed.row(Order, id=THERE["ALICE"]) == before
    listed.say("BRUNO", function, args={"order": THERE["ALICE"]}, **REFUSED)  # no business of his
    for args in ({}, {"order": ["x"]}, {"order": f"ALICE:{ids.new()}"}):
        listed.say("CASA1", function, args=args, **REFUSED)
    assert listed.rows(Report)[-1] == told


def test_an_order_that_an_agent_may_not_place_is_its_owners_rejected_one(listed: Ledger) -> None:
    id = listed.say("CASA1", "order:place", args={"account": ACCOUNT["ALICE"], "broker": "CASA1"}, **REFUSED)
    assert {"owner": "ALICE", "status": "rejected"}.items() <= listed.row(Order, id=f"CASA1:{id}").items()
    assert kinds(listed, f"CASA1:{id}") == ["rejected"]


def test_an_execution_is_told_to_both_sides_with_the_exchanges_reference(listed: Ledger) -> None:
    report(listed)
    trade = listed.row(Trade, id=REPORTED)
    assert {"venue": "MERCADO", "reference": "X-1", "number": None, "status": "settled"}.items() <= trade.items()
    bought, sold = listed.rows(Report)[-2:]
    assert (bought["side"], sold["side"], bought["block"]) == ("buy", "sell", sold["block"])
    wanted = {"kind": "trade", "status": "filled", "last_quantity": 6, "last_price_minor": 100, "reference": "X-1"}
    assert wanted.items() <= bought.items()
    assert wanted.items() <= sold.items()


@pytest.mark.parametrize(("kind", "status"), [("bust", "reversed"), ("correct", "corrected")])
def test_a_claim_marks_the_trade_once_it_has_settled(listed: Ledger, kind: str, status: str) -> None:
    report(listed)
    quantity, price = ("0", "0") if kind == "bust" else ("4", "100")
    said = {"claim": CLAIM, "venue": "MERCADO", "reference": "X-1", "trade": REPORTED, "kind": kind}
    said |= {"quantity": quantity, "price_minor": price}
    opened = fact("ClaimOpened", **said, notice="B-1", buyer="ALICE", seller="BRUNO")
    listed.say("MERCADO", "claim:open", opened)
    listed.say("ALICE", "claim:accept", fact("ClaimAccepted", claim=CLAIM, party="ALICE"))
    assert (listed.row(Claim, id=CLAIM)["status"], listed.row(Trade, id=REPORTED)["status"]) == ("open", "settled")
    consent = fact("ClaimAccepted", claim=CLAIM, party="BRUNO")
    listed.say("BRUNO", "claim:accept", consent, fact("ClaimSettled", **said))
    claim = listed.row(Claim, id=CLAIM)
    assert (claim["status"], claim["accepted"]) == ("settled", ["ALICE", "BRUNO"])
    assert listed.row(Trade, id=REPORTED)["status"] == status
    assert [row["kind"] for row in listed.rows(Report)[-2:]] == [kind, kind]


def test_the_feed_tells_each_broker_its_own_in_order_and_nothing_twice(listed: Ledger) -> None:
    with listed.database.writing() as session:
        start, _ = feed.cursors(session, "session/CASA1")
        session.commit()
    report(listed)
    listed.say("ALICE", "order:place", market.placed(f"ALICE:{ids.new()}", "buy", 5, 90, 3))  # of no broker
    with listed.database.reading() as session:
        told = feed.after(session, start, broker="CASA1")
        assert [(one.kind, one.payload["order"]) for one in told] == [
            ("trade", THERE["ALICE"]),
            ("trade", THERE["BRUNO"]),
        ]
        assert [one.id for one in told] == [f"R{one.cursor.block}.{one.cursor.index}" for one in told]
        assert feed.after(session, told[0].cursor, broker="CASA1") == told[1:]
        assert feed.after(session, told[-1].cursor, broker="CASA1") == []
        assert {"ALICE", "CASA1", "MERCADO", "CUSTODIA1"} == set(told[0].parties)
        every = feed.after(session, Cursor())
        assert len({one.id for one in every}) == len(every) == len(listed.rows(Report))


def test_what_was_attempted_and_not_told_is_known_after_a_restart(listed: Ledger) -> None:
    with listed.database.writing() as session:
        start, _ = feed.cursors(session, "session/CASA1")
        feed.attempt(session, "session/CASA1", Cursor(90, 2, 1))
        session.commit()
    with listed.database.writing() as session:
        assert feed.cursors(session, "session/CASA1") == (start, Cursor(90, 2, 1))
        feed.tell(session, "session/CASA1", Cursor(90, 2, 1))
        session.commit()
        assert feed.cursors(session, "session/CASA1") == (Cursor(90, 2, 1), Cursor(90, 2, 1))


def test_a_replay_of_the_listed_market_writes_the_same_rows(listed: Ledger) -> None:
    grant(listed)
    listed.say("ALICE", "order:replace", fact("OrderReplaceRequested", by="ALICE", **TERMS, **WANTED, reserved="890"))
    report(listed)
    listed.say("CASA1", "order:cancel", args={"order": BUY}, **REFUSED)
    listed.say("CASA1", "order:cancel", args={"order": SELL}, **REFUSED)
    every = [mapper.class_ for mapper in Mirror.registry.mappers if mapper.class_.__module__.startswith("middleware.")]
    before = {model: listed.rows(model) for model in every}
    Mirror.metadata.drop_all(listed.database.engine)
    Mirror.metadata.create_all(listed.database.engine)
    again = Fold(listed.database.engine)
    for block in listed.chain.blocks:
        again.apply(block)
    assert {model: listed.rows(model) for model in every} == before
