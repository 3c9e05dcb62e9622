"""A listed share for tests of the door: an exchange and its link, a broker, and an investor on each side."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from middleware import clock, ids
from middleware.auth import Principal
from middleware.models.execution import Execution, Route
from middleware.services import executions
from scripts.cast import PASSWORD
from tests.middleware.door import Broker, Client, Door, Json, Owner, Share, eventually

PRICE = 900


@dataclass
class Exchange:
    """An exchange, and what comes over its link. Orders go by their own references there."""

    door: Door
    party: str = field(init=False)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.party = self.door.admit("exchange")
        login = {"username": self.party.lower(), "party": self.party, "password": PASSWORD}
        assert self.door.party("OPERATOR").post("/users", login).status_code == 201
        self.client = self.door.user(self.party.lower())

    def take(self, *orders: str) -> None:
        """The exchange has these orders."""
        nothing = dict.fromkeys(("original", "exchange_id", "text"), "")
        with self.door.app.extensions["lonja"].writing() as session:
            for order in orders:
                row = {"client_id": order, "venue": self.party, "order": order, "kind": "new", "status": "accepted"}
                session.add(Route(**row, **nothing, sent_at=clock.now(), answered_at=clock.now()))
            session.commit()

    def tell(self, reference: str = "", **said: Any) -> int:
        """An execution, or what is said of one; the number of its row."""
        whole = {"kind": "trade", "side": "both", "price_minor": PRICE, "quantity": 1, "raw": "35=AE", **said}
        with self.door.app.extensions["lonja"].writing() as session:
            me = Principal(0, "fix", self.party, "en", clock.now(), "", frozenset({"exchange"}), "active")
            row = executions.receive(session, me, reference=reference or ids.new()[-12:], **whole)
            session.commit()
            return row.number

    def row(self, number: int) -> Json:
        found: Json | None = self.client.get(f"/executions/{number}").json
        assert found is not None
        return found

    def until(self, number: int, status: str) -> Json:
        """The row once it stands so."""

        def look() -> Json | None:
            row = self.row(number)
            return row if row["status"] == status else None

        found: Json = eventually(look)
        return found


@dataclass(frozen=True)
class Listed:
    """An order on each side at the exchange: the buyer's through a broker who may sign, the seller's own."""

    door: Door
    exchange: Exchange
    share: Share
    broker: Broker
    buyer: Owner
    seller: Owner
    buy: str
    sell: str

    def trade(self, quantity: int = 10, price_minor: int = PRICE, **said: Any) -> Json:
        """An execution of both orders, settled; the trade as the exchange sees it."""
        reference = ids.new()[-12:]
        sides = {"buy": self.buy, "sell": self.sell}
        number = self.exchange.tell(reference, **sides, quantity=quantity, price_minor=price_minor, **said)
        self.exchange.until(number, "settled")
        trades = self.exchange.client.items("/trades", instrument=self.share.code)
        return next(trade for trade in trades if trade["reference"] == reference)

    def claim(self, kind: str = "bust", quantity: int = 10, **terms: int) -> Json:
        """A new trade, and what the exchange says of it afterwards."""
        trade = self.trade(quantity)
        number = self.exchange.tell(kind=kind, refers_to=trade["reference"], **terms)
        self.exchange.until(number, "claimed")
        (claim,) = self.exchange.client.items("/claims", trade=trade["id"])
        return claim

    def held(self, owner: Owner, instrument: str = "") -> int:
        held = owner.client.items("/holdings", instrument=instrument or self.share.code)
        return sum(int(row["quantity"]) for row in held)


def listed(door: Door) -> Listed:
    """Everything, with 200 shares on each side at 10.00."""
    exchange, share = Exchange(door), door.share()
    buyer, seller = door.owner(cash=1_000_000), door.owner()
    share.give(seller, 500)
    broker = door.broker(none=buyer)
    there = {"venue": exchange.party}
    entry = broker.enter({**buyer.order("buy", share.code, 200, 1_000), **there})
    sold = seller.client.command("/orders", {**seller.order("sell", share.code, 200, 800), **there})["order"]
    bought = eventually(lambda: broker.client.items("/orders", instrument=share.code, status="new"))[0]
    assert (bought["book"], sold["book"], entry["status"]) == ("exchange", "exchange", "direct")
    exchange.take(bought["id"], sold["id"])
    return Listed(door, exchange, share, broker, buyer, seller, bought["id"], sold["id"])


def count(door: Door) -> int:
    """How many executions there are, of all exchanges."""
    with door.app.extensions["lonja"].reading() as session:
        return len(list(session.scalars(select(Execution.number))))
