"""A run of orders that goes on while something dies: what was acknowledged, and what the ledger made of it."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import requests

from middleware import clock
from middleware.ledger import Block
from scripts.cast import PASSWORD
from scripts.desk import Desk, Refused, new_id, path
from scripts.stage import Stage

TRIES_SECONDS = 90.0


@dataclass
class Run:
    """Two investors who keep sending orders that meet each other, each under an id of its own until it is taken."""

    stage: Stage
    price: int
    pause_seconds: float = 0.0
    acknowledged: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # what a client rides out: no answer, or not now
    refusals: list[str] = field(default_factory=list)  # what none of these orders deserves
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for party, username, side in (("ALICE", "alice", "buy"), ("ACME", "acme", "sell")):
            thread = threading.Thread(target=self._send, args=(party, username, side), daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait_for(self, count: int) -> None:
        """Until so many orders were acknowledged, all in all."""
        deadline = time.monotonic() + TRIES_SECONDS
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} orders acknowledged; {self.problems[-3:]}"
            time.sleep(0.02)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TRIES_SECONDS)

    def _send(self, party: str, username: str, side: str) -> None:
        desk = Desk(self.stage.url, username, PASSWORD)
        account = self.stage.account(party)
        good_till = clock.text(clock.now() + timedelta(hours=1))
        order = {"account": account, "cash_account": account, "instrument": "ACME", "side": side, "quantity": "1"}
        order |= {"limit_minor": str(self.price), "good_till": good_till, "venue": "BOLSA"}
        while not self._stop.is_set():
            self._until_acknowledged(desk, order, new_id())
            self._stop.wait(self.pause_seconds)

    def _until_acknowledged(self, desk: Desk, order: dict[str, str], id: str) -> None:
        """Repeat the same request until it was taken: the id makes that safe."""
        deadline = time.monotonic() + TRIES_SECONDS
        while time.monotonic() < deadline:
            try:
                desk.post("/orders", order, Idempotency_Key=id)
            except (requests.RequestException, Refused) as error:
                if isinstance(error, Refused) and error.status not in (429, 503):
                    self.refusals.append(str(error))
                    return
                self.problems.append(str(error))
                time.sleep(0.1)
            else:
                self.acknowledged.append(f"{desk.party}:{id}")
                return


def settled(stage: Stage, acknowledged: list[str]) -> dict[str, str]:
    """Wait until every acknowledged order has an outcome, as its owner sees it; order → status."""
    deadline = time.monotonic() + TRIES_SECONDS
    waiting, found = list(acknowledged), {}
    while waiting:
        for order in list(waiting):
            status = stage.desk(order.split(":")[0]).get(path("orders", order))["status"]
            if status != "pending_new":
                found[order] = status
                waiting.remove(order)
        assert time.monotonic() < deadline, f"{len(waiting)} acknowledged orders have no outcome, e.g. {waiting[:3]}"
        time.sleep(0.05)
    return found


def effects(blocks: list[Block]) -> Counter[str]:
    """How often the ledger placed each order: facts in VALID transactions, counted."""
    counted: Counter[str] = Counter()
    for block in blocks:
        for transaction in block.transactions:
            for command in (transaction.event or {}).get("commands", []):
                for fact in command.get("facts", []):
                    if fact["fact"] == "OrderPlaced":
                        counted[fact["order"]] += 1
    return counted


def executions(blocks: list[Block], instrument: str) -> list[int]:
    """The numbers of an instrument's executions, in the order of the ledger."""
    return [
        int(fact["number"])
        for block in blocks
        for transaction in block.transactions
        for command in (transaction.event or {}).get("commands", [])
        for fact in command.get("facts", [])
        if fact["fact"] == "TradeExecuted" and fact["instrument"] == instrument
    ]
