"""What offerings and agreed instructions are to statements, portfolios and the inbox: read from folded facts."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock
from middleware.auth import Principal
from middleware.database import Database
from middleware.models.application import Application
from middleware.models.holding import Movement
from middleware.services import notifications, portfolio
from middleware.services.causes import explained
from tests.middleware.test_offering_folds import OFFERING, opened, subscribed
from tests.middleware.test_services_folds import ACCOUNT, Ledger, admitted, fact, moved, registered

TERMS = "ab" * 32
SETTLEMENT = "ALICE:0192f0c1-0000-7000-8000-000000000001"


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Alice subscribed for 30 and was allotted 20 at 1.00; then she sold 5 of them to Bruno for 6.00 as agreed."""
    ledger = Ledger(database)
    for party, role in (("ACME", "issuer"), ("ALICE", "investor"), ("BRUNO", "investor")):
        ledger.say("OPERATOR", "act:approve", admitted(party, role))
        account = fact("AccountOpened", account=ACCOUNT[party], owner=party, custodian="CUSTODIA1", kind="direct")
        ledger.say("CUSTODIA1", "account:open", account)
    money = {"currency": "", "authorised": "", "issuer": "BANCO1", "minor_digits": "2", "fee_bps": "0"}
    share = registered("ACME", "equity", authorised="100000")
    ledger.say("OPERATOR", "act:approve", registered("MXN.BANCO1", "currency", **money), share)
    for party in ("ALICE", "BRUNO"):
        ledger.say("BANCO1", "cash:deposit", moved("MXN.BANCO1", party, 5_000, 0))
    ledger.say("ACME", "offering:open", opened(), subscribed("ALICE", 30, 100))
    _settle(ledger)
    _agree(ledger)
    with database.reading() as made:
        yield made


def _settle(ledger: Ledger) -> None:
    allotted = {"price_minor": "100", "allotted": "20", "parts": "1", "root": "0" * 64}
    ledger.say("ACME", "act:approve", fact("OfferingAllotted", offering=OFFERING, **allotted))
    where = {"account": ACCOUNT["ALICE"], "cash_account": ACCOUNT["ALICE"], "instrument": "ACME"}
    numbers = {"quantity": "20", "price_minor": "100", "amount_minor": "2000", "released_minor": "1000"}
    done = {"part": "0", "status": "settled", "quantity": "20", "amount_minor": "2000", "issued": "20"}
    ledger.say(
        "BOLSA",
        "offering:settle",
        fact("SubscriptionSettled", offering=OFFERING, subscriber="ALICE", **where, **numbers),
        fact("OfferingSettled", offering=OFFERING, **done),
        moved("ACME", "ALICE", 20, 0),
        moved("MXN.BANCO1", "ALICE", 3_000, 0),
        moved("MXN.BANCO1", "ACME", 2_000, 0),
    )


def _agree(ledger: Ledger) -> None:
    sides = {"owner": "ALICE", "counterparty": "BRUNO", "side": "deliver", "account": ACCOUNT["ALICE"]}
    sides |= {"cash_account": ACCOUNT["ALICE"], "instrument": "ACME", "currency": "MXN.BANCO1"}
    numbers = {"quantity": "5", "amount_minor": "600", "reserved": "5"}
    till = clock.text(clock.after(3_600))
    signed = {"kid": "ALICE.1", "held": "platform"}
    entered = fact("InstructionEntered", terms=TERMS, **sides, **numbers, **signed, good_till=till)
    ledger.say("ALICE", "instruction:enter", entered)
    met = {"receiver_account": ACCOUNT["BRUNO"], "receiver_cash_account": ACCOUNT["BRUNO"], "settlement": SETTLEMENT}
    ledger.say(
        "BRUNO",
        "instruction:enter",
        fact("InstructionSettled", terms=TERMS, **met, kid="BRUNO.1", held="platform"),
        moved("ACME", "ALICE", 15, 0),
        moved("ACME", "BRUNO", 5, 0),
        moved("MXN.BANCO1", "ALICE", 3_600, 0),
        moved("MXN.BANCO1", "BRUNO", 4_400, 0),
    )


def user(party: str, role: str) -> Principal:
    return Principal(
        1, party.lower(), party, "en", clock.parse("2026-01-01T00:00:00Z"), "", frozenset({role}), "active"
    )


def causes(session: Session, party: str) -> list[tuple[str, str, int]]:
    query = select(*Movement.__table__.columns).where(Movement.account == ACCOUNT[party])
    lines = [dict(row) for row in session.execute(query.order_by(Movement.ordinal, Movement.instrument)).mappings()]
    found = explained(session, lines)
    return [(row["what"], row["noun"], row["change"]) for row in found if row["function"] != "cash:deposit"]


def test_a_statement_tells_of_allotments_and_of_what_was_agreed(session: Session) -> None:
    assert causes(session, "ALICE") == [
        ("allotment", "offering", 20),
        ("allotment", "offering", -2_000),
        ("agreed_delivery", "instruction", -5),
        ("agreed_delivery", "instruction", 600),
    ]
    assert causes(session, "BRUNO") == [
        ("agreed_receipt", "instruction", 5),
        ("agreed_receipt", "instruction", -600),
    ]
    assert causes(session, "ACME") == [("raised", "offering", 2_000)]


def test_without_a_trade_a_share_is_worth_what_it_was_offered_at(session: Session) -> None:
    (position,) = portfolio.show(session, user("ALICE", "investor"))["positions"]
    assert (position["quantity"], position["cost_minor"], position["realised_minor"]) == (15, 1_500, 100)
    assert (position["price_minor"], position["price_source"], position["price_by"]) == (100, "offering", "ACME")
    assert position["value_minor"] == 1_500


def kinds(session: Session, party: str, role: str) -> set[str]:
    rows: list[dict[str, Any]] = notifications.index(session, user(party, role)).items
    assert {row["kind"] for row in rows} <= set(notifications.KINDS)
    return {row["kind"] for row in rows} - {"deposit_credited"}


def test_each_hears_of_what_concerns_him(session: Session) -> None:
    assert kinds(session, "ALICE", "investor") == {"subscription_settled", "instruction_settled"}
    assert kinds(session, "BRUNO", "investor") == set()
    assert kinds(session, "ACME", "issuer") == {"offering_settled"}


def test_an_operator_hears_of_applications_and_the_applicant_of_what_was_decided(database: Database) -> None:
    now = clock.now()
    blank = dict.fromkeys(
        ("reason", "jurisdiction", "investor_type", "commitment", "act", "qualification", "reviewer"), ""
    )
    for party, status in (("DORA", "submitted"), ("ELSA", "refused")):
        base = {"id": party.lower(), "party": party, "kind": "natural_person", "purpose": "admission", "status": status}
        times = {"created_at": now, "changed_at": now, "nonce": b"", "ciphertext": b"", "limit_minor": 0, "roles": []}
        with database.writing() as session:
            session.add(Application(**{**base, **times, **blank}))
            session.commit()
    with database.reading() as session:
        assert kinds(session, "OPERATOR", "operator") == {"application_waiting"}
        assert kinds(session, "ELSA", "investor") == {"application_refused"}
        assert kinds(session, "DORA", "investor") == set()
