"""A day of the demonstration: the cast's orders so far, what was told of them, and what went wrong."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scripts.cast import SHARE, VENUE
from scripts.desk import Desk, Json, money, new_id, path
from scripts.stage import Stage

PATIENCE_SECONDS = 30.0


@dataclass
class Day:
    """What happened so far: the day's orders and what did not go as the story says."""

    stage: Stage
    tag: str = field(default_factory=lambda: new_id()[:13])
    orders: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)  # trades

    def tell(self, text: str) -> None:
        print(f"  {datetime.now(UTC):%H:%M:%S}  {text}", flush=True)

    def expect(self, holds: bool, what: str) -> None:
        """A step whose outcome is part of the story; the day goes on when it fails, but it counts as failed."""
        if not holds:
            self.failures.append(what)
            self.tell(f"NOT AS EXPECTED: {what}")

    def desk(self, party: str) -> Desk:
        return self.stage.desk(party)

    def order(self, party: str, side: str, quantity: int, limit: int) -> str:
        """Place an order that is good for an hour; returns its id."""
        id, account = new_id(), self.stage.account(party)
        good_till = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        order = {"account": account, "cash_account": account, "instrument": SHARE, "side": side, "venue": VENUE}
        terms = {"quantity": str(quantity), "limit_minor": str(limit), "good_till": f"{good_till:%Y-%m-%dT%H:%M:%SZ}"}
        self.orders.append(f"{party}:{id}")
        self.desk(party).command("/orders", {**order, **terms}, id)
        verb = "wants to buy" if side == "buy" else "offers"
        self.tell(f"{party} {verb} {quantity:,} {SHARE} at {money(limit)}: reserved, on the book")
        return self.orders[-1]

    def filled(self, order: str, quantity: int) -> Json:
        """Wait until an order has traded that much, and tell its trades."""
        owner = self.desk(order.split(":")[0])
        deadline = time.monotonic() + PATIENCE_SECONDS
        state = owner.get(path("orders", order))
        while int(state["filled"]) < quantity and time.monotonic() < deadline:
            time.sleep(0.1)
            state = owner.get(path("orders", order))
        self.expect(int(state["filled"]) == quantity, f"{order} has traded {state['filled']}, not {quantity}")
        for trade in reversed(list(self.desk("OPERATOR").every("/trades", order=order))):
            if trade["id"] not in self.told:
                self.told.add(trade["id"])
                price = money(int(trade["price_minor"]))
                what = f"{trade['buyer']} buys {trade['quantity']} from {trade['seller']} at {price}"
                named = trade["number"] or trade["reference"]
                self.tell(f"    trade {named}: {what}, paid and delivered")
        return state

    def cancel(self, order: str) -> None:
        owner = order.split(":")[0]
        state = self.desk(owner).command(path("orders", order, "cancellation"), {})["order"]
        self.expect(state["status"] == "cancelled", f"{order} is {state['status']}, not cancelled")
        self.tell(f"{owner} cancels what is left ({state['remaining']}); the reservation is released")
