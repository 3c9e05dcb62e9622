"""What facts of offerings write, and how the worker drives an offering to its end from what is written alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from middleware import clock, ids, issuing, merkle
from middleware.database import Database
from middleware.issuing import Issuing
from middleware.lease import Lease
from middleware.ledger import wallet
from middleware.merkle import ALLOTMENT, Step
from middleware.models.event import Event
from middleware.models.instrument import Instrument
from middleware.models.key import HostedKey
from middleware.models.offering import Offering
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.services import allotments
from tests.middleware.test_services_folds import ACCOUNT, Ledger, admitted, fact, registered

OFFERING = f"ACME:{ids.new()}"
HOUR = timedelta(hours=1)


def opened(id: str = OFFERING, **terms: Any) -> dict[str, Any]:
    now = clock.now()
    base: dict[str, Any] = {
        "offering": id,
        "issuer": "ACME",
        "instrument": "ACME",
        "currency": "MXN.BANCO1",
        "kind": "public",
    }
    base |= {"cash_account": ACCOUNT["ACME"], "price_min_minor": "90", "price_max_minor": "110", "minimum": "100"}
    base |= {"maximum": "5000", "ticket_minimum": "1", "ticket_maximum": "0", "document": "", "tiers": []}
    base |= {"opens_at": clock.text(now - 2 * HOUR), "closes_at": clock.text(now - HOUR)}
    return fact("OfferingOpened", **{**base, "allot_by": clock.text(now + 24 * HOUR), **terms})


def subscribed(subscriber: str, quantity: int, limit: int, id: str = OFFERING) -> dict[str, Any]:
    accounts = {"account": ACCOUNT["ALICE"], "cash_account": ACCOUNT["ALICE"]}
    numbers = {"quantity": quantity, "limit_minor": limit, "reserved": quantity * limit, "sequence": 1}
    texts = {name: str(number) for name, number in numbers.items()}
    signed = {"kid": f"{subscriber}.1", "held": "platform", "investor_type": ""}
    return fact("OfferingSubscribed", offering=id, subscriber=subscriber, **accounts, **texts, **signed)


@dataclass
class World:
    """A ledger of our own making, and the driver that looks at what its facts have written."""

    ledger: Ledger
    issuing: Issuing

    def say(self, *facts: dict[str, Any]) -> None:
        self.ledger.say("ACME", "offering:open", *facts)

    def offering(self, id: str = OFFERING) -> dict[str, Any]:
        return self.ledger.row(Offering, id=id)

    def subscription(self, subscriber: str) -> dict[str, Any]:
        return self.ledger.row(Subscription, offering=OFFERING, subscriber=subscriber)

    def step(self) -> list[Submission]:
        """Look once; what is waiting then."""
        self.issuing.step("BOLSA")
        return self.waiting()

    def waiting(self) -> list[Submission]:
        with self.ledger.database.reading() as session:
            query = select(Submission).where(Submission.status != "done").order_by(Submission.arrival)
            found = list(session.scalars(query))
            session.expunge_all()
        return found

    def done(self, count: int, code: str = "") -> None:
        """The ledger has answered the first so many."""
        with self.ledger.database.writing() as session:
            for one in self.waiting()[:count]:
                change = update(Submission).where(Submission.arrival == one.arrival)
                session.execute(change.values(status="done", code=code))
            session.commit()

    def allot(self, price: int, quantity: int) -> None:
        """Issuer and custodian have signed what the rule makes of the book."""
        with self.ledger.database.reading() as session:
            found = allotments.summed(session, session.get_one(Offering, OFFERING), str(price), str(quantity))
        assert found.plan is not None
        args = {"price_minor": str(price), "allotted": str(quantity), "parts": str(len(found.plan.parts))}
        self.say(fact("OfferingAllotted", offering=OFFERING, **args, root=found.plan.root))

    def settle(self, parts: Sequence[dict[str, Any]]) -> None:
        """What the ledger says of parts that have settled."""
        for args in parts:
            row = self.offering()
            facts = [self._settled(one, row) for one in args["allotments"]]
            quantity = sum(int(one["quantity"]) for one in args["allotments"])
            status = "settled" if int(args["part"]) + 1 == row["parts"] else "allotting"
            numbers = {"quantity": str(quantity), "amount_minor": str(quantity * row["price_minor"])}
            numbers["issued"] = str(row["placed"] + quantity)
            done = fact("OfferingSettled", offering=OFFERING, part=args["part"], status=status, **numbers)
            self.ledger.say("BOLSA", "offering:settle", *facts, done)

    def _settled(self, one: dict[str, str], row: dict[str, Any]) -> dict[str, Any]:
        wish = self.subscription(one["subscriber"])
        named = {"offering": OFFERING, "subscriber": one["subscriber"]}
        if one["quantity"] == "0":
            return fact("SubscriptionReleased", **named, released=str(wish["reserved"]), reason="not_allotted")
        amount = int(one["quantity"]) * row["price_minor"]
        where = {"account": wish["account"], "cash_account": wish["cash_account"], "instrument": "ACME"}
        numbers = {"quantity": one["quantity"], "price_minor": str(row["price_minor"]), "amount_minor": str(amount)}
        return fact("SubscriptionSettled", **named, **where, **numbers, released_minor=str(wish["reserved"] - amount))


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    ledger = Ledger(database)
    for party, role in (("BOLSA", "venue"), ("BANCO1", "bank"), ("ACME", "issuer"), ("ALICE", "investor")):
        ledger.say("OPERATOR", "act:approve", admitted(party, role))
    for party in ("ACME", "ALICE"):
        account = fact("AccountOpened", account=ACCOUNT[party], owner=party, custodian="CUSTODIA1", kind="direct")
        ledger.say("CUSTODIA1", "account:open", account)
    money = {"currency": "", "authorised": "", "issuer": "BANCO1", "minor_digits": "2", "fee_bps": "0"}
    share = registered("ACME", "equity", authorised="100000")
    ledger.say("OPERATOR", "act:approve", registered("MXN.BANCO1", "currency", **money), share)
    with database.writing() as session:
        wallet.create_first(session, "BOLSA", ["*"])
        session.execute(update(HostedKey).values(status="active"))
        session.commit()
    lease = Lease(database, "worker/operator")
    assert lease.take() == ""
    yield World(ledger, Issuing(database, lease))
    lease.release()


def crowd(world: World, count: int, quantity: int = 10) -> None:
    world.say(opened(), *(subscribed(f"S{n:04}", quantity, 100 + n % 3) for n in range(count)))


def test_a_subscription_counts_until_it_is_withdrawn(world: World) -> None:
    world.say(opened(), subscribed("ALICE", 30, 100), subscribed("BRUNO", 20, 110))
    row = world.offering()
    assert (row["subscribers"], row["demand"], row["reserved_minor"]) == (2, 50, 5_200)
    world.say(fact("OfferingWithdrawn", offering=OFFERING, subscriber="ALICE", released="3000"))
    row = world.offering()
    assert (row["subscribers"], row["demand"], row["subscribed"], row["reserved_minor"]) == (1, 20, 20, 2_200)
    gone = world.subscription("ALICE")
    assert (gone["status"], gone["reserved"], gone["released_minor"]) == ("withdrawn", 0, 3_000)
    world.say(subscribed("ALICE", 5, 90))
    again = world.subscription("ALICE")
    assert (again["status"], again["quantity"], again["closed_at"]) == ("open", 5, None)
    assert world.offering()["demand"] == 25


def test_a_private_offering_is_told_to_those_it_concerns_alone(world: World) -> None:
    world.say(opened(kind="private"), fact("OfferingInvited", offering=OFFERING, invitations="2"))
    assert world.offering()["invitations"] == 2
    world.say(subscribed("ALICE", 30, 100))
    told = {(row["noun"], row["block"]): row["parties"] for row in world.ledger.rows(Event)}
    last = world.ledger.chain.blocks[-1].number
    assert told["offering", last - 1] == ["ACME", "CUSTODIA1"]
    assert told["offering", last] == ["ACME", "ALICE", "CUSTODIA1"]
    assert told["subscription", last] == ["ACME", "ALICE", "CUSTODIA1"]


def test_a_public_offering_is_told_to_everybody(world: World) -> None:
    world.say(opened())
    (told,) = [row for row in world.ledger.rows(Event) if row["noun"] == "offering"]
    assert told["parties"] == []


def test_what_settles_is_counted_to_the_last_unit_and_cent(world: World) -> None:
    crowd(world, 60)
    world.allot(101, 150)
    world.settle([one.args for one in world.step()])
    row = world.offering()
    assert (row["status"], row["part"], row["parts"], row["done"]) == ("settled", 3, 3, 60)
    assert (row["placed"], row["raised_minor"], row["subscriptions"], row["subscribed"]) == (150, 15_150, 0, 0)
    assert (row["subscribers"], row["demand"]) == (60, 600)  # what was wanted stays known
    rows = world.ledger.rows(Subscription)
    assert sum(one["allotted"] for one in rows) == 150
    for one in rows:
        assert one["amount_minor"] + one["released_minor"] == one["quantity"] * one["limit_minor"]
        assert (one["status"] == "settled") == (one["limit_minor"] >= 101)
    assert world.ledger.row(Instrument, instrument="ACME")["issued"] == 150


def test_every_part_is_sent_once_in_order_with_a_proof_that_leads_to_the_root(world: World) -> None:
    crowd(world, 60)
    world.allot(100, 600)
    sent = world.step()
    assert [one.args["part"] for one in sent] == ["0", "1", "2"]
    assert {(one.function, one.party, one.group) for one in sent} == {("offering:settle", "BOLSA", OFFERING)}
    for one in sent:
        texts = [text for each in one.args["allotments"] for text in (each["subscriber"], each["quantity"])]
        steps = [Step(**step) for step in one.args["proof"]]
        assert merkle.leads_to(ALLOTMENT, [OFFERING, one.args["part"], *texts], steps) == world.offering()["root"]
    assert [one.id for one in world.step()] == [one.id for one in sent]  # nothing is sent again meanwhile


def test_a_large_book_goes_out_a_batch_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "PARTS_AHEAD", 4)
    crowd(world, 25 * 10)
    world.allot(100, 2_500)
    first = world.step()
    assert [int(one.args["part"]) for one in first] == [0, 1, 2, 3]
    world.settle([one.args for one in first[:2]])
    world.done(2)
    assert [int(one.args["part"]) for one in world.step()] == [2, 3, 4, 5]
    for _ in range(10):
        if not (waiting := world.step()):
            break
        world.settle([one.args for one in waiting])
        world.done(len(waiting))
    assert world.offering()["status"] == "settled"
    assert sum(row["allotted"] for row in world.ledger.rows(Subscription)) == 2_500


def test_the_next_batch_waits_while_one_is_on_its_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "PARTS_AHEAD", 4)
    monkeypatch.setattr(issuing, "PARTS_AT_ONCE", 2)
    crowd(world, 25 * 10)
    world.allot(100, 2_500)
    assert [[int(one.args["part"]) for one in world.step()] for _ in range(3)] == [[0, 1], [0, 1, 2, 3], [0, 1, 2, 3]]


def test_another_worker_goes_on_at_the_ledgers_cursor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "PARTS_AHEAD", 2)
    crowd(world, 100)
    world.allot(100, 1_000)
    sent = world.step()
    world.settle([sent[0].args])
    world.done(1)
    monkeypatch.setattr(issuing, "PARTS_AHEAD", 80)
    world.issuing = Issuing(world.ledger.database, world.issuing._lease)  # nothing is remembered
    assert [int(one.args["part"]) for one in world.step()] == [1, 2, 3]


def test_what_the_ledger_refuses_is_not_sent_again_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(world, 30)
    world.allot(100, 300)
    assert len(world.step()) == 2
    world.done(2, code="wrong_status")
    assert world.step() == []
    monkeypatch.setattr(issuing, "AGAIN_SECONDS", 0.0)
    assert len(world.step()) == 2


def test_an_allotment_that_is_not_the_rules_is_not_settled(world: World) -> None:
    crowd(world, 30)
    args = {"price_minor": "100", "allotted": "300", "parts": "2", "root": "0" * 64}
    world.say(fact("OfferingAllotted", offering=OFFERING, **args))
    assert world.step() == []


@pytest.mark.parametrize("end", ["OfferingCancelled", "OfferingFailed"])
def test_an_offering_that_comes_to_nothing_is_released_whole(world: World, end: str) -> None:
    crowd(world, 120)
    world.say(fact(end, offering=OFFERING, reason="why"))
    assert (world.offering()["status"], world.offering()["reason"]) == (end.removeprefix("Offering").lower(), "why")
    sent = world.step()
    assert {one.function for one in sent} == {"offering:release"}
    assert [len(one.args["subscribers"]) for one in sent] == [50, 50, 20]
    assert world.step()[0].id == sent[0].id
    for one in sent:
        named = [{"offering": OFFERING, "subscriber": name} for name in one.args["subscribers"]]
        told = [fact("SubscriptionReleased", **each, released="1000", reason="offering_failed") for each in named]
        world.ledger.say("BOLSA", "offering:release", *told)
    world.done(3)
    row = world.offering()
    assert (row["subscriptions"], row["subscribed"], row["done"]) == (0, 0, 120)
    assert world.step() == []


@pytest.mark.parametrize(
    ("terms", "released"),
    [({"minimum": "301"}, True), ({}, False), ({"allot_by": "2026-11-22T00:00:00Z"}, True)],
)
def test_a_closed_offering_below_its_minimum_or_not_allotted_in_time_is_released(
    world: World, terms: dict[str, str], released: bool
) -> None:
    world.say(opened(**terms), *(subscribed(f"S{n:04}", 10, 100) for n in range(30)))
    assert [one.function for one in world.step()] == (["offering:release"] if released else [])


def test_an_open_offering_is_left_alone(world: World) -> None:
    later = {"closes_at": clock.text(clock.now() + HOUR)}
    world.say(opened(minimum="301", **later), subscribed("ALICE", 10, 100))
    assert world.step() == []
