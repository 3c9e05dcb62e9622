"""What exchanges tell: reported once, paired, parked, claimed; and what operator and exchange do about the queue."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from middleware import clock, ids
from middleware.auth import Principal
from middleware.errors import Error
from middleware.ledger import wallet
from middleware.mirror import Fold
from middleware.models.base import Mirror
from middleware.models.execution import Execution, Route
from middleware.models.key import HostedKey
from middleware.models.submission import Submission
from middleware.services import executions, parking
from middleware.services.pages import Page
from middleware.services.submissions import Intent
from tests.middleware import test_listed_folds as market
from tests.middleware.test_listed_folds import THERE
from tests.middleware.test_services_folds import REFUSED, Ledger, fact

ledger, listed = market.ledger, market.listed
NAMES = {"buy": "OUR-BUY", "sell": "OUR-SELL"}  # what our orders go by at the exchange


def principal(party: str, *roles: str) -> Principal:
    return Principal(1, party.lower(), party, "en", clock.now(), "operator", frozenset(roles), "active")


EXCHANGE, OPERATOR = principal("MERCADO", "exchange"), principal("OPERATOR", "operator")


@dataclass
class Door:
    """The exchange's link: each thing that it tells is one commit."""

    ledger: Ledger

    def tell(self, reference: str, **said: Any) -> Execution:
        """An execution of both orders, unless `said` says otherwise; the row as it then stands."""
        whole = {"kind": "trade", "side": "both", **NAMES, "quantity": 6, "price_minor": 100, "raw": "35=AE"}
        with self.ledger.database.writing() as session:
            executions.receive(session, EXCHANGE, reference=reference, **{**whole, **said})
            session.commit()
        return self.row(reference)

    def side(self, reference: str, side: str, **said: Any) -> Execution:
        """One side of match M-1."""
        other = "sell" if side == "buy" else "buy"
        return self.tell(reference, side=side, **{"match": "M-1", other: "", **said})

    def row(self, reference: str) -> Execution:
        with self.ledger.database.reading() as session:
            found = executions.find(session, "MERCADO", reference)
            assert found is not None
            return found

    def commands(self) -> list[Submission]:
        with self.ledger.database.reading() as session:
            return list(session.scalars(select(Submission).order_by(Submission.arrival)))

    def settle(self, reference: str) -> None:
        """The ledger takes the command of a row."""
        row = self.row(reference)
        if row.kind == "trade":
            market.report(self.ledger, id=row.id)
        else:
            claim = {"claim": f"MERCADO:{row.id}", "venue": "MERCADO", "reference": "X-1", "trade": market.REPORTED}
            terms = {"kind": row.kind, "quantity": "0", "price_minor": "0", "notice": "N", "buyer": "ALICE"}
            self.ledger.say("MERCADO", "claim:open", fact("ClaimOpened", **claim, **terms, seller="BRUNO"), id=row.id)

    def refuse(self, reference: str) -> None:
        self.ledger.say("MERCADO", "trade:report", id=self.row(reference).id, **REFUSED)

    def park_overdue(self, seconds: float = 11) -> int:
        with self.ledger.database.writing() as session:
            return parking.park_overdue(session, clock.now() + timedelta(seconds=seconds))

    def retry(self, reference: str, id: str = "", by: Principal = OPERATOR) -> dict[str, Any]:
        number = self.row(reference).number
        with self.ledger.database.writing() as session:
            return parking.retry(session, by, Intent(id or ids.new()), number)

    def dismiss(self, reference: str, reason: str = "settled by hand", by: Principal = OPERATOR) -> dict[str, Any]:
        number = self.row(reference).number
        with self.ledger.database.writing() as session:
            return parking.dismiss(session, by, number, reason=reason)


@pytest.fixture
def door(listed: Ledger) -> Door:
    """Both orders were sent to the exchange, whose key the platform keeps."""
    with listed.database.writing() as session:
        wallet.create(session, "MERCADO", 1, ["*"])
        session.execute(update(HostedKey).values(status="active"))
        for name, order in zip(NAMES.values(), (THERE["ALICE"], THERE["BRUNO"]), strict=True):
            route = {"client_id": name, "venue": "MERCADO", "order": order, "kind": "new", "original": "", "text": ""}
            session.add(Route(**route, status="accepted", exchange_id="E", sent_at=clock.now(), answered_at=None))
        session.commit()
    return Door(listed)


def test_both_sides_are_reported_at_once_under_the_rows_id(door: Door) -> None:
    row = door.tell("X-1")
    (sent,) = door.commands()
    assert (row.status, row.id, row.instrument) == ("reported", sent.id, "ACME")
    assert (sent.party, sent.function, sent.held) == ("MERCADO", "trade:report", "platform")
    wanted = {"instrument": "ACME", "buy": THERE["ALICE"], "sell": THERE["BRUNO"], "quantity": "6"}
    assert sent.args == {**wanted, "price_minor": "100", "reference": "X-1"}


def test_a_reference_counts_once_whatever_it_says_the_second_time(door: Door) -> None:
    first = door.tell("X-1")
    again = door.tell("X-1", quantity=5, kind="bust")
    assert (again.number, again.quantity, again.kind) == (first.number, 6, "trade")
    assert len(door.commands()) == 1


def test_what_the_ledger_takes_is_settled(door: Door) -> None:
    door.tell("X-1")
    door.settle("X-1")
    assert door.row("X-1").status == "settled"


def test_two_lone_sides_of_one_match_are_one_execution_under_the_firsts_name(door: Door) -> None:
    assert door.side("X-S", "sell").status == "waiting"
    assert door.commands() == []
    second = door.side("X-B", "buy")
    first = door.row("X-S")
    assert (first.status, first.side, first.buy, first.sell) == ("reported", "both", THERE["ALICE"], THERE["BRUNO"])
    assert (second.status, second.refers_to) == ("paired", "X-S")
    (sent,) = door.commands()
    assert (sent.id, sent.args["reference"]) == (first.id, "X-S")


@pytest.mark.parametrize(
    "other", [{"quantity": 5}, {"price_minor": 101}, {"match": "M-2"}, {"match": ""}, {"side": "sell"}]
)
def test_sides_that_do_not_fit_wait_each_for_its_own(door: Door, other: dict[str, Any]) -> None:
    door.side("X-S", "sell")
    names = {"sell": NAMES["sell"], "buy": ""} if "side" in other else {"buy": NAMES["buy"], "sell": ""}
    door.tell("X-B", **{"side": "buy", "match": "M-1", **names, **other})
    assert (door.row("X-S").status, door.row("X-B").status) == ("waiting", "waiting")
    assert door.commands() == []


def test_two_fills_of_one_match_pair_each_with_one_of_its_own_size(door: Door) -> None:
    door.side("X-S1", "sell", quantity=2)
    door.side("X-S2", "sell", quantity=4)
    door.side("X-B2", "buy", quantity=4)
    door.side("X-B1", "buy", quantity=2)
    assert [(sent.args["reference"], sent.args["quantity"]) for sent in door.commands()] == [
        ("X-S2", "4"),
        ("X-S1", "2"),
    ]


def test_a_lone_side_is_parked_when_its_other_side_does_not_come(door: Door) -> None:
    door.side("X-B", "buy")
    assert door.park_overdue(seconds=9) == 0
    assert door.park_overdue() == 1
    row = door.row("X-B")
    assert (row.status, row.code, row.reason) == ("parked", "not_found", "other_side")
    assert "M-1 is not on the ledger" in row.message
    assert door.park_overdue() == 0


def test_an_other_side_that_comes_late_still_makes_the_execution(door: Door) -> None:
    door.side("X-B", "buy")
    door.park_overdue()
    door.side("X-S", "sell")
    first = door.row("X-B")
    assert (first.status, first.code, first.message, door.row("X-S").status) == ("reported", "", "", "paired")


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        ({"buy": "NO-SUCH"}, "order", "NO-SUCH"),
        ({"sell": ""}, "order", "no order on the sell side"),
        ({"side": "buy", "match": "M-1", "buy": "NO-SUCH", "sell": ""}, "order", "NO-SUCH"),
        ({"problem": "32=x", "quantity": 0}, "message", "32=x"),
        ({"price_minor": None}, "message", "price"),
        ({"kind": "bust", "refers_to": "X-0"}, "execution", "X-0"),
        ({"kind": "bust", "refers_to": "X-1"}, "execution", "X-1"),  # itself
    ],
)
def test_what_cannot_become_a_command_is_parked_with_what_is_wrong(
    door: Door, said: dict[str, Any], reason: str, words: str
) -> None:
    row = door.tell("X-1", **said)
    assert (row.status, row.reason) == ("parked", reason)
    assert words in row.message
    assert door.commands() == []


def test_an_execution_without_a_reference_is_kept_once_and_parked(door: Door) -> None:
    for _ in range(2):
        with door.ledger.database.writing() as session:
            said = {"kind": "trade", "side": "both", "quantity": 6, "price_minor": 100, "raw": "35=8"}
            row = executions.receive(session, EXCHANGE, reference="", **said)
            session.commit()
            assert (row.status, row.reason) == ("parked", "message")
    with door.ledger.database.reading() as session:
        assert len(list(session.scalars(select(Execution)))) == 1


def test_what_the_ledger_refuses_is_parked_with_its_sentence(door: Door) -> None:
    door.tell("X-1")
    door.refuse("X-1")
    row = door.row("X-1")
    assert (row.status, row.code, row.message) == ("parked", "insufficient", "Not enough.")


def test_a_command_that_ended_without_a_block_is_parked_too(door: Door) -> None:
    door.tell("X-1")
    with door.ledger.database.writing() as session:
        ended = {"status": "done", "code": "wrong_status", "reason": "expired", "message": "It expired."}
        session.execute(update(Submission).values(**ended))
        session.commit()
    assert door.park_overdue(seconds=0) == 1
    assert (door.row("X-1").status, door.row("X-1").reason) == ("parked", "expired")


def test_without_the_exchanges_key_it_is_parked_and_waits_for_one(door: Door) -> None:
    with door.ledger.database.writing() as session:
        session.execute(update(HostedKey).values(status="retired"))
        session.commit()
    row = door.tell("X-1")
    assert (row.status, row.code, row.reason) == ("parked", "forbidden", "key")
    with door.ledger.database.writing() as session:
        session.execute(update(HostedKey).values(status="active"))
        session.commit()
    assert door.retry("X-1")["status"] == "reported"


def test_nothing_is_stored_while_no_command_can_be(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("middleware.relay.MOST_WAITING", 0)
    with pytest.raises(Error, match="commands wait"):
        door.tell("X-1")
    with door.ledger.database.reading() as session:
        assert executions.find(session, "MERCADO", "X-1") is None


# Busts and corrections


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("bust", {"quantity": "0", "price_minor": "0"}), ("correct", {"quantity": "4", "price_minor": "90"})],
)
def test_a_bust_or_correction_of_what_was_reported_opens_a_claim(
    door: Door, kind: str, numbers: dict[str, str]
) -> None:
    door.tell("X-1")
    door.settle("X-1")
    row = door.tell("C-1", kind=kind, refers_to="X-1", quantity=4, price_minor=90)
    sent = door.commands()[-1]
    assert (row.status, sent.function, sent.id) == ("reported", "claim:open", row.id)
    assert sent.args == {"execution": "X-1", "kind": kind, "notice": "C-1", **numbers}
    door.settle("C-1")
    assert (door.row("C-1").status, door.row("X-1").status) == ("claimed", "settled")


def test_a_bust_told_to_each_side_is_one_claim_on_the_one_execution(door: Door) -> None:
    door.side("X-S", "sell")
    door.side("X-B", "buy")
    door.settle("X-S")
    first = door.side("C-B", "buy", kind="bust", refers_to="X-B", quantity=0, price_minor=0)
    second = door.side("C-S", "sell", kind="bust", refers_to="X-S", quantity=0, price_minor=0)
    assert (first.status, first.refers_to, second.status) == ("reported", "X-S", "paired")
    assert [sent.function for sent in door.commands()] == ["trade:report", "claim:open"]


def test_a_correction_may_name_an_earlier_correction(door: Door) -> None:
    door.tell("X-1")
    door.settle("X-1")
    door.tell("C-1", kind="correct", refers_to="X-1", price_minor=90)
    door.settle("C-1")
    row = door.tell("C-2", kind="correct", refers_to="C-1", price_minor=80)
    assert (row.status, row.refers_to, door.commands()[-1].args["price_minor"]) == ("reported", "X-1", "80")


def test_a_bust_of_what_still_waits_forgets_it(door: Door) -> None:
    door.side("X-B", "buy")
    row = door.side("C-B", "buy", kind="bust", refers_to="X-B")
    assert (row.status, row.note) == ("dismissed", "X-B had not settled: it was waiting")
    assert (door.row("X-B").status, door.row("X-B").note) == ("dismissed", "taken back by C-B")
    assert door.side("X-S", "sell").status == "waiting"
    assert door.commands() == []


def test_a_correction_of_what_still_waits_gives_it_the_right_numbers(door: Door) -> None:
    door.side("X-B", "buy", quantity=5)
    door.side("X-S", "sell")
    row = door.side("C-B", "buy", kind="correct", refers_to="X-B", quantity=6)
    assert row.status == "dismissed"
    (sent,) = door.commands()  # corrected, it has found its other side
    assert (sent.args["quantity"], door.row("X-S").status) == ("6", "reported")


def test_a_bust_of_what_was_dismissed_claims_nothing(door: Door) -> None:
    door.tell("X-1")
    door.refuse("X-1")
    door.dismiss("X-1")
    assert door.tell("C-1", kind="bust", refers_to="X-1").status == "dismissed"
    assert (door.row("X-1").status, len(door.commands())) == ("dismissed", 1)


# The queue


def test_a_retry_is_a_new_command_and_the_first_refusal_says_nothing_more(door: Door) -> None:
    before = door.tell("X-1")
    door.refuse("X-1")
    id = ids.new()
    again = door.retry("X-1", id)
    assert (again["status"], again["id"], again["message"]) == ("reported", id, "")
    assert [sent.id for sent in door.commands()] == [before.id, id]
    assert door.retry("X-1", id) == again  # the same press
    assert len(door.commands()) == 2
    door.ledger.say("MERCADO", "trade:report", id=before.id, **REFUSED)  # as a replay tells it
    assert door.row("X-1").status == "reported"
    door.settle("X-1")
    assert door.row("X-1").status == "settled"


def test_a_retry_finds_an_order_that_was_unknown(door: Door) -> None:
    assert door.tell("X-1", buy="LATE").status == "parked"
    with door.ledger.database.writing() as session:
        session.execute(update(Route).where(Route.client_id == NAMES["buy"]).values(client_id="LATE"))
        session.commit()
    assert door.retry("X-1", by=EXCHANGE)["status"] == "reported"
    assert door.commands()[0].args["buy"] == THERE["ALICE"]


def test_a_retry_of_a_lone_side_waits_again(door: Door) -> None:
    door.side("X-B", "buy")
    door.park_overdue()
    assert door.retry("X-B")["status"] == "waiting"
    assert door.park_overdue() == 1


def test_only_what_is_parked_and_readable_is_retried(door: Door) -> None:
    door.tell("X-1")
    for reference, said in (("X-1", {}), ("X-2", {"problem": "32=x"})):
        door.tell(reference, **said)
        with pytest.raises(Error, match="the execution") as caught:
            door.retry(reference)
        assert (caught.value.code, caught.value.reason) == ("wrong_status", "execution")


def test_an_id_that_was_used_is_not_taken_for_a_retry(door: Door) -> None:
    used = door.tell("X-1").id
    door.tell("X-2", buy="NO-SUCH")
    with pytest.raises(Error) as caught:
        door.retry("X-2", used)
    assert (caught.value.code, caught.value.field) == ("duplicate", "Idempotency-Key")


def test_a_dismissal_says_who_and_why_and_is_for_ever(door: Door) -> None:
    door.tell("X-1")
    with pytest.raises(Error, match="is reported"):
        door.dismiss("X-1")
    door.refuse("X-1")
    row = door.dismiss("X-1", "settled by hand")
    assert (row["status"], row["note"], row["code"]) == (
        "dismissed",
        "OPERATOR, operator: settled by hand",
        "insufficient",
    )
    assert (row["retryable"], row["dismissable"]) == (False, False)
    assert door.dismiss("X-1", "settled by hand") == row
    for again in (lambda: door.dismiss("X-1", "another"), lambda: door.retry("X-1")):
        with pytest.raises(Error, match="is dismissed"):
            again()
    door.refuse("X-1")  # as a replay tells it
    assert door.row("X-1").status == "dismissed"


def test_an_exchange_sees_its_own_executions_and_a_regulator_deals_with_none(door: Door) -> None:
    door.tell("X-1", buy="NO-SUCH")
    door.tell("X-2")
    number = door.row("X-1").number
    with door.ledger.database.reading() as session:
        found = parking.index(session, EXCHANGE, page=Page())
        assert [row["reference"] for row in found.items] == ["X-2", "X-1"]
        assert [row["reference"] for row in parking.index(session, OPERATOR, page=Page(), status="parked").items] == [
            "X-1"
        ]
        assert parking.index(session, OPERATOR, page=Page(), venue="BOLSA").items == []
        watched = parking.show(session, principal("CNBV", "regulator"), number)
        assert (watched["retryable"], watched["dismissable"]) == (False, False)
        for other in (principal("OTRA", "exchange"), principal("CASA1", "broker"), principal("MERCADO", "investor")):
            assert parking.index(session, other, page=Page()).items == []
            with pytest.raises(Error, match="there is no execution"):
                parking.show(session, other, number)


def test_a_rebuild_of_the_mirror_changes_no_execution(door: Door) -> None:
    for reference in ("X-1", "X-2", "X-3"):
        door.tell(reference)
    door.settle("X-1")
    for reference in ("X-2", "X-3"):
        door.refuse(reference)
    door.dismiss("X-2")
    door.retry("X-3")
    door.tell("C-1", kind="bust", refers_to="X-1", quantity=0, price_minor=0)
    door.settle("C-1")
    before = [
        (door.row(reference).status, door.row(reference).changed_at) for reference in ("X-1", "X-2", "X-3", "C-1")
    ]
    assert [status for status, _ in before] == ["settled", "dismissed", "reported", "claimed"]
    Mirror.metadata.drop_all(door.ledger.database.engine)
    Mirror.metadata.create_all(door.ledger.database.engine)
    again = Fold(door.ledger.database.engine)
    for block in door.ledger.chain.blocks:
        again.apply(block)
    after = [(door.row(reference).status, door.row(reference).changed_at) for reference in ("X-1", "X-2", "X-3", "C-1")]
    assert after == before


# What it says of orders


@pytest.mark.parametrize(
    ("say", "function", "said"),
    [
        (executions.release, "order:release", {"status": "expired"}),
        (executions.amend, "order:amend", {"outcome": "refused"}),
    ],
)
def test_a_word_about_an_order_is_one_command_however_often_it_comes(
    door: Door, say: Callable[..., None], function: str, said: dict[str, str]
) -> None:
    for reference in ("17-A", "17-A", "17-B"):
        with door.ledger.database.writing() as session:
            say(session, EXCHANGE, client_id=NAMES["buy"], **said, reason="too\tlate \ufffd", reference=reference)
            session.commit()
    assert [sent.function for sent in door.commands()] == [function, function]
    assert door.commands()[0].args == {"order": THERE["ALICE"], **said, "reason": "too late"}
    with door.ledger.database.writing() as session, pytest.raises(Error, match="was never sent"):
        say(session, EXCHANGE, client_id="NO-SUCH", **said, reason="", reference="17-C")


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ("A", "A"),
        ("x-1" * 11, "x-1" * 11),
        ("X" * 36, "XE4GVIMIGXUMC3WBV5KFMK2NKOSSDUUL5A5"),
        ("20261125/7.1", "XQFJYZWBVD4ZCXKS7OYH4NHATSAZ2YA46TC"),
        ("ñ", "XAJF3SCEIZKE2CWQZ5G65RRYSX6YHARS7ZY"),
    ],
)
def test_a_reference_keeps_its_form_or_gets_one_of_the_ledgers(reference: str, named: str) -> None:
    assert executions.ledger_reference(reference) == named


def test_a_reason_becomes_one_line_that_the_ledger_takes() -> None:
    assert executions.plain(" no\x01such\u00adorder ") == "no such order"
    assert executions.plain("e\u0301xito") == "éxito"
    assert len(executions.plain("x" * 500)) == 140
    assert executions.plain("\x01") == ""
