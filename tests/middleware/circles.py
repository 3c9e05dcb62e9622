"""Two circles of parties for the authorisation matrix: one of every role each, and one of every thing between them.

Nobody of one circle deals with anybody of the other. The users who ask in the matrix belong to the first.
"""

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from middleware import clock, ids
from middleware.models.webhook import Delivery
from middleware.services import confirmations, messages
from scripts.cast import CURRENCY, PASSWORD, SECOND
from tests import uploads
from tests.middleware.applicants import PERSON, SHOWN, Applicant, applicant, good
from tests.middleware.door import Broker, Client, Door, Json, Owner, Share, eventually
from tests.middleware.listed import PRICE, Exchange
from tests.middleware.placement import Placement, terms

CASH = 10_000_000
DAY = 86_400


@dataclass(frozen=True)
class Member:
    """A party of a circle with its login."""

    party: str
    client: Client


@dataclass
class Circle:
    """The parties, and by name whatever the rows of the matrix ask for."""

    door: Door
    currency: str
    custodian: Member
    bank: Member
    clerk: Client  # the bank's second user
    venue: Member
    names: dict[str, str] = field(default_factory=dict)
    investor: Owner = field(init=False)
    issuer: Owner = field(init=False)
    share: Share = field(init=False)
    broker: Broker = field(init=False)
    newcomer: Applicant = field(init=False)
    exchange: Exchange = field(init=False)

    def meet(self) -> "Circle":
        """Everybody comes, and everything happens between them once."""
        self._come()
        for happen in (self._pay, self._trade, self._list, self._offer, self._talk, self._write, self._apply):
            self.names |= happen()
        return self

    def owner(self, role: str) -> Owner:
        """A new party with an account at the circle's custodian."""
        new = member(self.door, role)
        return Owner(new.party, self.account(new.party), new.client)

    def account(self, owner: str, kind: str = "direct") -> str:
        opened: str = self.custodian.client.command("/accounts", {"owner": owner, "kind": kind})["account"]["id"]
        return opened

    def money(self, amount_minor: int) -> Json:
        """The body of a deposit into the investor's account."""
        into = {"instrument": self.currency, "account": self.investor.account}
        return {**into, "amount_minor": str(amount_minor), "reference": ids.new()[-12:]}

    def _come(self) -> None:
        self.investor, self.issuer = self.owner("investor"), self.owner("issuer")
        self.share = Share(f"S{ids.new()[-10:].upper()}", self.issuer)
        body = {"instrument": self.share.code, "kind": "equity", "issuer": self.issuer.party, "fee_bps": "0"}
        body |= {"authorised": "1000000", "lot": "1", "tick_minor": "1", "minor_digits": "0"}
        operator = self.door.party("OPERATOR")
        self.door.agree(operator.command("/instruments", {**body, "currency": self.currency}))
        self.door.agree(self._issue(1_000), by=self.custodian.client)
        self.share.give(self.investor, 100)
        broker = member(self.door, "broker")
        self.broker = Broker(broker.party, broker.client)
        self.exchange = Exchange(self.door)
        parties = {"investor": self.investor, "issuer": self.issuer, "broker": self.broker, "bank": self.bank}
        parties |= {"custodian": self.custodian, "venue": self.venue, "exchange": self.exchange}
        self.names |= {name: one.party for name, one in parties.items()}  # type: ignore[attr-defined]
        self.names |= {"share": self.share.code, "currency": self.currency, "account": self.investor.account}
        self.names |= {"issuer_account": self.issuer.account}

    def _issue(self, quantity: int) -> Json:
        issue = {"account": self.issuer.account, "quantity": str(quantity), "resolution": "0" * 64}
        return self.issuer.client.command(f"/instruments/{self.share.code}/issuances", issue)

    def _pay(self) -> dict[str, str]:
        """Money comes and is asked for; the bank's second user has entered something that waits."""
        deposit = self.bank.client.command("/deposits", self.money(CASH))["deposit"]
        good(self.bank.client.post("/four-eyes", {"required": "yes"}, key=ids.new()))
        draft = good(self.clerk.post("/deposits", self.money(1), key=ids.new()), 202)["draft"]
        wish = {"instrument": self.currency, "account": self.investor.account, "amount_minor": "100"}
        asked = self.investor.client.command("/withdrawals", {**wish, "destination": "0123456789"})
        moved = self.share.give(self.investor, 1)["transfer"]
        attested = self.bank.client.items("/attestations", instrument=self.currency)[0]
        made = {"deposit": deposit, "withdrawal": asked["withdrawal"], "transfer": moved, "draft": draft}
        found = {name: str(row["id"]) for name, row in {**made, "attestation": attested}.items()}
        return {**found, "submission": f"{self.investor.party}:{asked['submission']['id']}"}

    def _trade(self) -> dict[str, str]:
        """The broker signs orders for the investor at the venue; later ones he only enters."""
        self.investor.mandate(self.broker.party, "none")
        met, order = (self._bought(5, 1_000, self.venue.party), self._bought(10, 900, self.venue.party))
        sold = self._sold(5, self.venue.party)
        trade = self._executed(met, sold)
        self.names["listed"] = self._bought(50, 1_000, self.exchange.party)
        self.investor.mandate(self.broker.party, "each")
        waits = self.broker.enter(self._order("buy", 1, 800, self.venue.party))
        return {"order": order, "trade": trade, "entry": waits["id"]}

    def _order(self, side: str, quantity: int, limit_minor: int, venue: str) -> Json:
        owner = self.investor if side == "buy" else self.issuer
        return owner.order(side, self.share.code, quantity, limit_minor, venue=venue)

    def _bought(self, quantity: int, limit_minor: int, venue: str) -> str:
        """An order that the broker has signed for the investor, once it is on the book."""
        entry = self.broker.enter(self._order("buy", quantity, limit_minor, venue))
        found = eventually(lambda: self.broker.client.get(f"/entries/{entry['id']}").json["order"])
        eventually(lambda: self.broker.client.get(f"/orders/{found}").json["status"] != "pending_new")
        return str(found)

    def _sold(self, quantity: int, venue: str) -> str:
        placed = self.issuer.client.command("/orders", self._order("sell", quantity, 800, venue))
        return str(placed["order"]["id"])

    def _executed(self, buy: str, sell: str) -> str:
        """The trade of both: the market's own venue matches by itself, another says what it has matched."""
        if self.venue.party != "BOLSA":
            body = {"instrument": self.share.code, "number": "1", "after": "1", "buy": buy, "sell": sell}
            id = ids.execution_id(self.share.code, 1, buy, sell)
            self.venue.client.command("/trades", {**body, "quantity": "5", "price_minor": "1000"}, key=id)
        return str(eventually(lambda: self.venue.client.items("/trades", instrument=self.share.code))[0]["id"])

    def _list(self) -> dict[str, str]:
        """An execution at the exchange, confirmed to the broker and taken back by a claim; another is parked."""
        sold = self._sold(50, self.exchange.party)
        self.exchange.take(self.names["listed"], sold)
        sides, reference = {"buy": self.names["listed"], "sell": sold}, ids.new()[-12:]
        self.exchange.until(self.exchange.tell(reference, **sides, quantity=10, price_minor=PRICE), "settled")
        self.exchange.until(self.exchange.tell(kind="bust", refers_to=reference), "claimed")
        parked = self.exchange.tell(buy="NOBODYS-1", sell="NOBODYS-2")
        self.exchange.until(parked, "parked")
        claim = self.exchange.client.items("/claims")[0]
        confirmation = self._confirmed()
        found = {"claim": claim["id"], "execution": str(parked), "confirmation": confirmation["id"]}
        session = {"comp_id": self.broker.party, "party": self.broker.party, "kind": "broker", "certificate": "0" * 64}
        good(self.door.party("OPERATOR").post("/sessions", session), 201)
        return {**found, "session": self.broker.party, "message": self._said()}

    def _said(self) -> str:
        """A heartbeat of the broker's session, as the FIX process stores it."""
        with self.door.app.extensions["lonja"].writing() as session:
            raw = f"8=FIX.4.4|35=0|34=1|49={self.broker.party}|52=20261126-00:00:00|".replace("|", messages.SOH)
            number = messages.keep(session, self.broker.party, "in", raw)
            session.commit()
        return str(number)

    def _confirmed(self) -> Json:
        """The broker's confirmation, which no FIX process makes here."""
        with self.door.app.extensions["lonja"].writing() as session:
            confirmations.follow(session)
            session.commit()
        return self.broker.client.items("/confirmations")[0]

    def _offer(self) -> dict[str, str]:
        """A private offering to the investor, who has subscribed, and a public one."""
        made = []
        for kind in ("private", "public"):
            body = terms(self.share, kind=kind, price_min_minor="1", ticket_minimum="1")
            made.append(self.issuer.client.command("/offerings", body)["offering"]["id"])
        placed = Placement(self.door, self.share, made[0])
        placed.invite(self.investor)
        placed.subscribe(self.investor, 10, 1_000)
        return {"offering": made[0], "public_offering": made[1]}

    def _talk(self) -> dict[str, str]:
        """The investor has asked the issuer, who has offered; and has signed his side of something else."""
        soon, till = clock.text(clock.after(DAY)), clock.text(clock.after(5 * DAY))
        ask = {"instrument": self.share.code, "side": "buy", "quantity": "5", "parties": [self.issuer.party]}
        asked = good(self.investor.client.post("/negotiations", {**ask, "expires_at": till}, key=ids.new()), 201)
        said = {"quantity": "5", "price_minor": "1000", "account": self.issuer.account, "good_till": soon}
        path = f"/negotiations/{asked['id']}/offers"
        offered = good(self.issuer.client.post(path, said, key=ids.new()), 201)["talks"][0]["offers"][0]
        terms = hashlib.sha256(ids.token()).hexdigest()
        mine = {"account": self.investor.account, "cash_account": self.investor.account, "side": "deliver"}
        deal = {"counterparty": self.issuer.party, "instrument": self.share.code, "quantity": "5"}
        self.investor.client.command(
            "/instructions", {**mine, **deal, "amount_minor": "5000", "terms": terms, "good_till": till}
        )
        return {"negotiation": asked["id"], "offer": offered["id"], "instruction": terms}

    def _write(self) -> dict[str, str]:
        """What is on paper: an act that waits, a document, a disclosure, a certificate; and who wants to be told."""
        act = self._issue(1)["act"]
        file = {"file": (BytesIO(uploads.pdf(text=self.issuer.party)), "bylaws.pdf")}
        document = good(self.issuer.client.send("POST", "/documents", data=file), 201)
        said = {"document": document["id"], "kind": "bylaws"}
        published = self.issuer.client.command(f"/instruments/{self.share.code}/publications", said)["publication"]
        omnibus = self.account(self.custodian.party, "omnibus")
        self.share.give(Owner(self.custodian.party, omnibus, self.custodian.client), 10)
        parts = {"as_of": clock.text(clock.now()), "clients": [{"client": "C-1", "quantity": "10"}]}
        body = {"instrument": self.share.code, **parts}
        disclosed = self.custodian.client.command(f"/accounts/{omnibus}/disclosures", body)["disclosure"]
        holding = {"account": self.investor.account, "instrument": self.share.code}
        certificate = good(self.investor.client.post("/certificates", holding), 201)
        months = good(self.investor.client.get("/statements"))["months"]
        hook = {"url": f"https://93.184.216.34/{self.investor.party}", "events": ["*"]}
        webhook = good(self.investor.client.post("/webhooks", hook), 201)["webhook"]["number"]
        self._delivered(webhook)
        found = {"act": act["id"], "hash": act["hash"], "document": document["id"], "publication": published["id"]}
        found |= {
            "letter": self._letter(),
            "omnibus": omnibus,
            "disclosure": disclosed["id"],
            "certificate": certificate["fingerprint"],
        }
        return {**found, "webhook": str(webhook), "month": months[0]}

    def _letter(self) -> str:
        """The issuer has written to its holders: the investor and, for the omnibus account, the custodian."""
        said = {"subject": "A meeting", "text": "We meet on Monday."}
        sent = self.issuer.client.post(f"/instruments/{self.share.code}/letters", said, key=ids.new())
        return str(good(sent, 201)["id"])

    def _delivered(self, webhook: int) -> None:
        """A message to the webhook, as the process that sends them stores it."""
        with self.door.app.extensions["lonja"].writing() as session:
            row = {
                "message": "msg_1",
                "event": "order.new",
                "body": "{}",
                "status": "failed",
                "error": "",
                "attempts": 1,
            }
            row |= {"http_status": None, "attempted_at": None, "delivered_at": None}
            session.add(Delivery(webhook=webhook, sequence=1, created_at=clock.now(), next_at=clock.now(), **row))
            session.commit()

    def _apply(self) -> dict[str, str]:
        """A newcomer's application, complete and not yet handed in."""
        self.newcomer = applicant(self.door)
        self.newcomer.begin()
        self.newcomer.answer(**PERSON)
        for kind in SHOWN["natural_person"]:
            good(self.newcomer.show(kind), 201)
        return {"application": self.newcomer.id}


def first(door: Door) -> Circle:
    """The circle whose custodian, bank and venue are those of the cast."""
    custodian, venue, bank = (Member(party, door.party(party)) for party in ("CUSTODIA1", "BOLSA", "BANCO1"))
    return Circle(door, CURRENCY, custodian, bank, door.user(SECOND["BANCO1"]), venue).meet()


def second(door: Door) -> Circle:
    """A circle with a custodian, a bank and a venue of its own."""
    custodian, bank = member(door, "custodian", organisation="custodian"), member(door, "bank")
    currency = f"MXN.{bank.party}"
    body = {"instrument": currency, "kind": "currency", "issuer": bank.party, "lot": "1", "tick_minor": "1"}
    door.agree(door.party("OPERATOR").command("/instruments", {**body, "fee_bps": "0", "minor_digits": "2"}))
    balance = {"instrument": currency, "balance_minor": str(CASH * 10), "reference": "S-1"}
    bank.client.command("/attestations", {**balance, "as_of": clock.text(clock.now())})
    clerk = login(door, bank.party, f"clerk-{bank.party.lower()}")
    return Circle(door, currency, custodian, bank, clerk, member(door, "venue")).meet()


def member(door: Door, role: str, **more: Any) -> Member:
    party = door.admit(role, **more)
    return Member(party, login(door, party, party.lower()))


def login(door: Door, party: str, username: str) -> Client:
    """A new user of a party, signed in."""
    said = {"username": username, "party": party, "password": PASSWORD}
    good(door.party("OPERATOR").post("/users", said), 201)
    return door.user(username)
