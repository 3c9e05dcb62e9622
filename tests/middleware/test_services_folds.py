"""The folds of facts: what each one writes, that anything a stranger signed can be folded, that replay is the same."""

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select

from middleware import ids
from middleware.database import Database
from middleware.errors import Error
from middleware.matching import Matcher
from middleware.mirror import Fold, load_handlers
from middleware.models.account import Account
from middleware.models.act import Act
from middleware.models.attestation import Attestation
from middleware.models.base import Mirror
from middleware.models.cash import Withdrawal
from middleware.models.command import Command
from middleware.models.event import Event
from middleware.models.holding import Holding, Movement
from middleware.models.instrument import Instrument
from middleware.models.order import Order
from middleware.models.party import Party, PartyKey
from middleware.models.qualification import Qualification
from middleware.models.trade import Settlement, Trade
from middleware.models.transfer import Transfer
from tests.middleware.ledgers import Chain, Unused, outcome

Facts = list[dict[str, Any]]
PUBLIC = "B" * 87
BUY, SELL = (f"{party}:{ids.new()}" for party in ("ALICE", "BRUNO"))
ACCOUNT = {party: f"CUSTODIA1:{ids.new()}" for party in ("ALICE", "BRUNO", "ACME")}
TRADE = f"BOLSA:{ids.new()}"


def fact(name: str, **fields: Any) -> dict[str, Any]:
    return {"fact": name, **fields}


def admitted(party: str, *roles: str) -> dict[str, Any]:
    key = {"n": "1", "public": PUBLIC, "scope": ["*"], "held": "platform"}
    return fact("PartyAdmitted", party=party, organisation="", roles=list(roles), key=key)


def moved(instrument: str, party: str, quantity: int, reserved: int) -> dict[str, Any]:
    holding = {"instrument": instrument, "account": ACCOUNT[party]}
    return fact("HoldingMoved", **holding, quantity=str(quantity), reserved=str(reserved))


def placed(order: str, side: str, quantity: int, limit: int, sequence: int) -> dict[str, Any]:
    owner = order.partition(":")[0]
    reserved = quantity * limit + 10 if side == "buy" else quantity
    return fact(
        "OrderPlaced",
        order=order,
        owner=owner,
        kid=f"{owner}.1",
        held="platform",
        venue="BOLSA",
        book="ledger",
        broker="",
        account=ACCOUNT[owner],
        cash_account=ACCOUNT[owner],
        instrument="ACME",
        side=side,
        quantity=str(quantity),
        limit_minor=str(limit),
        good_till="2026-12-31T00:00:00Z",
        max_fee_minor="10",
        sequence=str(sequence),
        reserved=str(reserved),
    )


EXECUTED = fact(
    "TradeExecuted",
    trade=TRADE,
    number="1",
    after="3",
    instrument="ACME",
    buy=BUY,
    sell=SELL,
    buyer="ALICE",
    seller="BRUNO",
    buyer_account=ACCOUNT["ALICE"],
    seller_account=ACCOUNT["BRUNO"],
    quantity="6",
    price_minor="100",
    amount_minor="600",
    buyer_fee_minor="3",
    seller_fee_minor="3",
    buy_status="partially_filled",
    buy_filled="6",
    buy_reserved="407",
    sell_status="filled",
    sell_filled="6",
    sell_reserved="0",
    released_minor="0",
)
LEGS = [
    {"instrument": "ACME", "from_account": ACCOUNT["BRUNO"], "to_account": ACCOUNT["ALICE"], "quantity": "6"},
    {"instrument": "MXN.BANCO1", "from_account": ACCOUNT["ALICE"], "to_account": ACCOUNT["BRUNO"], "quantity": "597"},
]


def registered(code: str, kind: str, **terms: str) -> dict[str, Any]:
    base = {"currency": "MXN.BANCO1", "isin": "", "authorised": "1000", "lot": "1", "tick_minor": "1", "fee_bps": "50"}
    more = {"issuer": "ACME", "fee_account": "", "minor_digits": "0"}
    return fact("InstrumentRegistered", instrument=code, kind=kind, **{**base, **more, **terms})


class Ledger:
    """A chain of our own making, folded block by block."""

    def __init__(self, database: Database) -> None:
        load_handlers()
        self.database = database
        self.chain = Chain()
        self.fold = Fold(database.engine)
        self.fold.apply(self.chain.blocks[0])

    def say(
        self, party: str, function: str, *facts: dict[str, Any], args: Any = None, id: str = "", **more: str
    ) -> str:
        """One command in a block of its own; its id."""
        id = id or ids.new()
        payload = json.dumps({"args": {} if args is None else args}).encode()
        jws = f"e30.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}.x"
        said = outcome(party, id, function, *facts, **more)
        self.fold.apply(self.chain.submit([jws], [said], batch=len(self.chain.blocks)))
        return id

    def rows(self, model: type[Mirror]) -> list[dict[str, Any]]:
        with self.database.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(model.__table__)).mappings()]

    def row(self, model: type[Mirror], **key: Any) -> dict[str, Any]:
        (found,) = [row for row in self.rows(model) if key.items() <= row.items()]
        return found


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """A market with two investors, a share, money, and an order on each side."""
    made = Ledger(database)
    for party, role in (("OPERATOR", "operator"), ("CUSTODIA1", "custodian"), ("BOLSA", "venue"), ("BANCO1", "bank")):
        made.say("OPERATOR", "act:approve", admitted(party, role))
    for party, role in (("ACME", "issuer"), ("ALICE", "investor"), ("BRUNO", "investor")):
        made.say("OPERATOR", "act:approve", admitted(party, role))
        opened = fact("AccountOpened", account=ACCOUNT[party], owner=party, custodian="CUSTODIA1", kind="direct")
        made.say("CUSTODIA1", "account:open", opened)
    money = {"currency": "", "authorised": "", "issuer": "BANCO1", "minor_digits": "2", "fee_bps": "0"}
    made.say("OPERATOR", "act:approve", registered("MXN.BANCO1", "currency", **money), registered("ACME", "equity"))
    deposit = {"account": ACCOUNT["ALICE"], "bank": "BANCO1", "amount_minor": "5000", "reference": "R1"}
    come = fact("CashDeposited", instrument="MXN.BANCO1", **deposit, issued="5000")
    made.say("BANCO1", "cash:deposit", come, moved("MXN.BANCO1", "ALICE", 5000, 0))
    issue = fact(
        "InstrumentIssued", instrument="ACME", account=ACCOUNT["BRUNO"], quantity="6", issued="6", resolution=""
    )
    made.say("ACME", "act:approve", issue, moved("ACME", "BRUNO", 6, 0))
    made.say("ALICE", "order:place", placed(BUY, "buy", 10, 100, 1), moved("MXN.BANCO1", "ALICE", 5000, 1010))
    made.say("BRUNO", "order:place", placed(SELL, "sell", 6, 100, 2), moved("ACME", "BRUNO", 6, 6))
    return made


def execute(ledger: Ledger) -> None:
    settled = fact("SettlementSettled", settlement=TRADE, trade=TRADE, legs=LEGS)
    after = (moved("ACME", "ALICE", 6, 0), moved("ACME", "BRUNO", 0, 0), moved("MXN.BANCO1", "ALICE", 4397, 407))
    ledger.say("BOLSA", "trade:execute", EXECUTED, settled, *after, moved("MXN.BANCO1", "BRUNO", 597, 0))


def test_an_attestation_is_kept_and_stands_beside_its_currency(ledger: Ledger) -> None:
    stated = {"bank": "BANCO1", "balance_minor": "9000", "as_of": "2026-11-25T18:00:00Z", "reference": "S1"}
    told = fact("CashAttested", attestation="BANCO1:x", instrument="MXN.BANCO1", issued="5000", **stated)
    ledger.say("BANCO1", "cash:attest", told)
    kept = ledger.row(Attestation, id="BANCO1:x")
    assert kept | {"bank": "BANCO1", "balance_minor": 9000, "issued": 5000, "reference": "S1"} == kept
    currency = ledger.row(Instrument, instrument="MXN.BANCO1")
    assert currency | {"issued": 5000, "attested_minor": 9000, "attested_as_of": kept["as_of"]} == currency


def test_an_order_stands_as_it_was_placed(ledger: Ledger) -> None:
    order = ledger.row(Order, id=BUY)
    wanted = {
        "owner": "ALICE",
        "status": "new",
        "quantity": 10,
        "reserved": 1010,
        "currency": "MXN.BANCO1",
        "sequence": 1,
    }
    assert wanted.items() <= order.items()
    assert (order["kid"], order["held"]) == ("ALICE.1", "platform")
    assert order["ordinal"] == order["block"] << 32


def test_an_execution_fills_both_orders_and_leaves_a_trade_with_its_legs(ledger: Ledger) -> None:
    execute(ledger)
    buy, sell = ledger.row(Order, id=BUY), ledger.row(Order, id=SELL)
    assert {
        "status": "partially_filled",
        "filled": 6,
        "reserved": 407,
        "spent_minor": 600,
        "fees_minor": 3,
    }.items() <= (buy.items())
    assert {"status": "filled", "filled": 6, "reserved": 0, "closed_kid": "BOLSA.1"}.items() <= sell.items()
    assert buy["closed_at"] is None
    trade = ledger.row(Trade, id=TRADE)
    assert {"venue": "BOLSA", "number": 1, "price_minor": 100, "after": 3, "kid": "BOLSA.1"}.items() <= trade.items()
    assert ledger.row(Settlement, trade=TRADE)["legs"] == LEGS
    assert ledger.row(Instrument, instrument="ACME")["last_price_minor"] == 100
    assert ledger.row(Holding, instrument="ACME", account=ACCOUNT["ALICE"])["quantity"] == 6
    line = ledger.rows(Movement)[-1]
    assert (line["change"], line["command"].partition(":")[0], line["function"]) == (597, "BOLSA", "trade:execute")


def test_an_event_is_for_those_it_concerns(ledger: Ledger) -> None:
    execute(ledger)
    last = ledger.chain.blocks[-1].number
    told = {(row["noun"], row["id"]): row["parties"] for row in ledger.rows(Event) if row["block"] == last}
    assert told["order", BUY] == ["ALICE", "BOLSA", "CUSTODIA1"]
    assert told["trade", TRADE] == ["ALICE", "BOLSA", "BRUNO", "CUSTODIA1"]
    assert told["book", "ACME"] == []
    assert told["register", "ACME"] == ["@custodian", "ACME"]
    assert told["holding", f"ACME/{ACCOUNT['BRUNO']}"] == ["BRUNO", "CUSTODIA1"]


@pytest.mark.parametrize(
    ("function", "args", "told"),
    [
        ("instrument:issue", {"instrument": "ACME", "account": ACCOUNT["ACME"]}, ["ACME", "CUSTODIA1"]),
        ("instrument:authorise", {"instrument": "ACME", "authorised": "9"}, ["@custodian", "ACME"]),
        ("account:move", {"account": ACCOUNT["ACME"], "custodian": "CUSTODIA2"}, ["ACME", "CUSTODIA1", "CUSTODIA2"]),
    ],
)
def test_an_act_about_one_account_is_told_to_its_custodian_alone(
    ledger: Ledger, function: str, args: dict[str, str], told: list[str]
) -> None:
    act = {"act": f"ACME:{ids.new()}", "hash": "0" * 64, "proposer": "ACME", "organisation": ""}
    proposal = fact("ActProposed", function=function, args=args, good_till="2026-12-01T00:00:00Z", **act)
    ledger.say("ACME", "act:propose", proposal)
    assert ledger.row(Event, noun="act", id=act["act"])["parties"] == told


@pytest.mark.parametrize(("name", "status"), [("OrderCancelled", "cancelled"), ("OrderExpired", "expired")])
def test_an_order_that_ends_reserves_nothing(ledger: Ledger, name: str, status: str) -> None:
    ledger.say("ALICE", "order:cancel", fact(name, order=BUY, released="1010"), moved("MXN.BANCO1", "ALICE", 5000, 0))
    order = ledger.row(Order, id=BUY)
    assert (order["status"], order["reserved"], order["closed_kid"]) == (status, 0, "ALICE.1")


REFUSED = {"code": "insufficient", "reason": "cash", "message": "Not enough."}


def test_a_rejected_order_is_kept_with_its_sentence(ledger: Ledger) -> None:
    args = {
        "instrument": "ACME",
        "side": "buy",
        "quantity": "7",
        "limit_minor": "9",
        "good_till": "2026-12-01T00:00:00Z",
    }
    id = ledger.say("ALICE", "order:place", args=args, **REFUSED)
    order = ledger.row(Order, id=f"ALICE:{id}")
    assert {"status": "rejected", "quantity": 7, "limit_minor": 9, "message": "Not enough.", "reserved": 0}.items() <= (
        order.items()
    )
    command = ledger.row(Command, party="ALICE", id=id)
    assert (command["code"], command["function"], command["held"]) == ("insufficient", "order:place", "platform")


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"quantity": "-1", "limit_minor": "9" * 40, "good_till": "never", "instrument": "NONE", "side": ""},
        {"quantity": ["1"], "limit_minor": {"a": "b"}, "good_till": [], "venue": {}, "account": ["x"]},
        {"quantity": "٣", "instrument": "\u0000", "side": "x" * 10_000, "extra": {"deep": [{"er": []}]}},
    ],
)
def test_whatever_a_stranger_signed_can_be_folded(ledger: Ledger, args: dict[str, Any]) -> None:
    id = ledger.say("ALICE", "order:place", args=args, **REFUSED)
    order = ledger.row(Order, id=f"ALICE:{id}")
    assert (order["status"], order["quantity"], order["limit_minor"]) == ("rejected", None, None)


def test_a_refusal_that_is_told_again_stands_once(ledger: Ledger) -> None:
    id = ledger.say("ALICE", "order:place", args={"quantity": "7"}, **REFUSED)
    first = ledger.row(Order, id=f"ALICE:{id}")
    ledger.say("ALICE", "order:place", args={"quantity": "7"}, id=id, **REFUSED)
    assert ledger.row(Order, id=f"ALICE:{id}") == first
    assert len([row for row in ledger.rows(Command) if row["id"] == id]) == 1


def test_a_suspension_and_its_end(ledger: Ledger) -> None:
    ledger.say("OPERATOR", "party:suspend", fact("PartySuspended", party="ALICE", reason="why"))
    assert (ledger.row(Party, party="ALICE")["status"], ledger.row(Party, party="ALICE")["reason"]) == (
        "suspended",
        "why",
    )
    ledger.say("OPERATOR", "party:suspend", fact("PartyReinstated", party="ALICE", reason="well"))
    assert ledger.row(Party, party="ALICE")["status"] == "active"
    ledger.say("OPERATOR", "instrument:suspend", fact("InstrumentSuspended", instrument="ACME", reason="why"))
    assert ledger.row(Instrument, instrument="ACME")["status"] == "suspended"
    ledger.say("OPERATOR", "instrument:suspend", fact("InstrumentReinstated", instrument="ACME", reason=""))
    assert ledger.row(Instrument, instrument="ACME")["status"] == "active"


def test_a_qualification_takes_the_place_of_the_last(ledger: Ledger) -> None:
    terms = {"party": "ALICE", "jurisdiction": "MX", "investor_type": "retail", "limit_minor": "500"}
    terms |= {"commitment": "c" * 64, "good_till": "2027-01-01T00:00:00Z"}
    ledger.say("OPERATOR", "party:qualify", fact("PartyQualified", **terms))
    ledger.say("OPERATOR", "party:qualify", fact("PartyQualified", **{**terms, "investor_type": "qualified"}))
    (row,) = ledger.rows(Qualification)
    assert (row["party"], row["investor_type"], row["limit_minor"]) == ("ALICE", "qualified", 500)


def test_keys_come_and_go(ledger: Ledger) -> None:
    key = {"n": "2", "public": PUBLIC, "scope": ["order:place"], "held": "own"}
    ledger.say("ALICE", "key:add", fact("KeyAdded", party="ALICE", key=key))
    ledger.say("ALICE", "key:rotate", fact("KeyRotated", party="ALICE", n="2", key={**key, "n": "3"}))
    ledger.say("ALICE", "key:revoke", fact("KeyRevoked", party="ALICE", n="3", status="compromised"))
    keys = {row["n"]: (row["held"], row["status"]) for row in ledger.rows(PartyKey) if row["party"] == "ALICE"}
    assert keys == {1: ("platform", "active"), 2: ("own", "retired"), 3: ("own", "compromised")}


def test_an_act_is_proposed_and_approved(ledger: Ledger) -> None:
    id = f"OPERATOR:{ids.new()}"
    args = {"party": "CARLA", "n": "1", "reason": "retired"}
    proposal = {"act": id, "proposer": "OPERATOR", "organisation": "operator", "function": "key:revoke", "args": args}
    ledger.say(
        "OPERATOR", "act:propose", fact("ActProposed", **proposal, hash="0" * 64, good_till="2026-12-01T00:00:00Z")
    )
    assert (ledger.row(Act, id=id)["status"], ledger.row(Act, id=id)["subject"]) == ("proposed", "CARLA")
    ledger.say("CUSTODIA1", "act:approve", fact("ActApproved", act=id, approver="CUSTODIA1"))
    assert (ledger.row(Act, id=id)["status"], ledger.row(Act, id=id)["approver"]) == ("approved", "CUSTODIA1")


@pytest.mark.parametrize("end", ["CashPaid", "CashRefused"])
def test_a_withdrawal_ends_one_way_or_the_other(ledger: Ledger, end: str) -> None:
    id = f"ALICE:{ids.new()}"
    wish = {"owner": "ALICE", "bank": "BANCO1", "instrument": "MXN.BANCO1", "account": ACCOUNT["ALICE"]}
    asked = fact("CashWithdrawn", withdrawal=id, **wish, amount_minor="100", destination_hash="0" * 64)
    ledger.say("ALICE", "cash:withdraw", asked, moved("MXN.BANCO1", "ALICE", 5000, 1110))
    assert ledger.row(Withdrawal, id=id)["status"] == "pending"
    fields = {"amount_minor": "100", "reference": "S1", "issued": "4900"} if end == "CashPaid" else {"reason": "why"}
    ledger.say("BANCO1", "cash:pay", fact(end, withdrawal=id, **fields))
    found = ledger.row(Withdrawal, id=id)
    assert (found["status"], found["reference"], found["reason"]) in [("paid", "S1", ""), ("refused", "", "why")]
    assert ledger.row(Instrument, instrument="MXN.BANCO1")["issued"] == (4900 if end == "CashPaid" else 5000)


def test_a_transfer_and_a_closed_account(ledger: Ledger) -> None:
    move = {"instrument": "ACME", "from_account": ACCOUNT["BRUNO"], "to_account": ACCOUNT["ALICE"]}
    id = ledger.say("BRUNO", "holding:transfer", fact("HoldingTransferred", **move, quantity="2", reason="gift"))
    assert ledger.row(Transfer, id=f"BRUNO:{id}")["quantity"] == 2
    ledger.say("CUSTODIA1", "account:close", fact("AccountClosed", account=ACCOUNT["BRUNO"]))
    assert ledger.row(Account, id=ACCOUNT["BRUNO"])["status"] == "closed"


def test_a_moved_account_has_another_custodian_and_both_are_told(ledger: Ledger) -> None:
    account = ACCOUNT["BRUNO"]
    move = {"account": account, "owner": "BRUNO", "from": "CUSTODIA1", "custodian": "CUSTODIA2"}
    ledger.say("CUSTODIA2", "act:approve", fact("AccountMoved", **move))
    assert ledger.row(Account, id=account)["custodian"] == "CUSTODIA2"
    *_, told = [row for row in ledger.rows(Event) if (row["noun"], row["id"]) == ("account", account)]
    assert set(told["parties"]) == {"BRUNO", "CUSTODIA1", "CUSTODIA2"}


def test_a_fact_about_what_was_never_made_stops_the_fold(ledger: Ledger) -> None:
    with pytest.raises(Error) as stopped:
        ledger.say("ALICE", "order:cancel", fact("OrderCancelled", order=f"ALICE:{ids.new()}", released="1"))
    assert (stopped.value.code, stopped.value.reason) == ("internal", "fold")


def test_a_replay_writes_the_same_rows(ledger: Ledger) -> None:
    execute(ledger)
    ledger.say("ALICE", "order:place", args={"quantity": "x"}, **REFUSED)
    ledger.say("ALICE", "order:cancel", fact("OrderCancelled", order=BUY, released="407"))
    every = [mapper.class_ for mapper in Mirror.registry.mappers]
    tables = [model for model in every if model.__module__.startswith("middleware.")]  # other tests have tables too
    before = {model: ledger.rows(model) for model in tables}
    Mirror.metadata.drop_all(ledger.database.engine)
    Mirror.metadata.create_all(ledger.database.engine)
    again = Fold(ledger.database.engine)
    for block in ledger.chain.blocks:
        again.apply(block)
    assert {model: ledger.rows(model) for model in tables} == before


def test_a_book_made_anew_knows_what_each_instrument_is_paid_in(ledger: Ledger) -> None:
    ledger.say("OPERATOR", "instrument:suspend", fact("InstrumentSuspended", instrument="MXN.BANCO1", reason="x"))
    matcher = Matcher(ledger.database, "BOLSA")
    matcher.restore(NoBooks())
    assert matcher.halted == {"ACME": "suspended"}


def test_a_book_made_anew_has_replaced_orders_where_the_ledger_put_them(ledger: Ledger) -> None:
    later = f"ALICE:{ids.new()}"
    ledger.say("ALICE", "order:place", placed(later, "buy", 5, 90, 3))
    terms = {"quantity": "12", "limit_minor": "90", "max_fee_minor": "10", "sequence": "4", "reserved": "1090"}
    ledger.say(
        "ALICE", "order:replace", fact("OrderReplaced", order=BUY, kid="ALICE.1", held="own", status="new", **terms)
    )
    matcher = Matcher(ledger.database, "BOLSA")
    matcher.restore(NoBooks())
    waiting = matcher._book._pits["ACME"].bids.levels[90].orders
    assert [(order.id, order.remaining, order.sequence) for order in waiting] == [(later, 5, 3), (BUY, 12, 4)]


class NoBooks(Unused):
    """A ledger in which no order was ever placed."""

    def query(self, function: str, *args: str) -> Any:
        return {"items": [{"key": key, "value": None} for key in args]}
