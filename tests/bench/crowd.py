"""Forty investors with accounts, shares and cash, and what they send: orders that are known to cross."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import requests

from scripts.cast import CURRENCY, VENUE
from scripts.desk import Desk, Json, Refused, derived_id, new_id, path
from scripts.seed import attest, register
from scripts.stage import Stage, agree, banking

PEOPLE = 40
PASSWORD = "lonja-bench-2026"
SHARE = "BENCH"
PRICE = 2_500
CASH_MINOR = 10**12
SHARES = 10**7
THREADS = 4
SINGLE_THREADS = 8
TIMEOUT_SECONDS = 180.0


@dataclass
class Person:
    party: str
    account: str
    desk: Desk
    buys: bool

    def order(self, quantity: int = 1) -> dict[str, str]:
        good_till = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=4)
        side = "buy" if self.buys else "sell"
        order = {"account": self.account, "cash_account": self.account, "instrument": SHARE, "side": side}
        terms = {"quantity": str(quantity), "limit_minor": str(PRICE), "good_till": f"{good_till:%Y-%m-%dT%H:%M:%SZ}"}
        return {**order, **terms, "venue": VENUE}


@dataclass
class Crowd:
    """Half of them buy and half of them sell the same share at the same price, so every pair of orders is a trade."""

    stage: Stage
    people: list[Person] = field(default_factory=list)

    def gather(self) -> None:
        """Admit everybody, open accounts, hand out cash and shares: through the API, many at a time."""
        stage = self.stage
        terms = {"instrument": SHARE, "kind": "equity", "issuer": "ACME", "currency": CURRENCY, "isin": ""}
        size = {"authorised": str(10**10), "lot": "1", "tick_minor": "1", "fee_bps": "25", "minor_digits": "0"}
        register(stage, {**terms, **size, "fee_account": stage.account("OPERATOR")})
        issue = {"account": stage.account("ACME"), "quantity": str(10**9), "resolution": "0" * 64}
        agree(stage, "bench issue", "ACME", path("instruments", SHARE, "issuances"), issue)
        attest(stage, 2 * PEOPLE * CASH_MINOR)
        codes = [f"B{number:02}" for number in range(PEOPLE)]
        self._all(codes, self._admit)
        self._all(codes, self._endow)
        self.people = [self._person(number, code) for number, code in enumerate(codes)]

    def _all(self, codes: list[str], do: Callable[[Stage, str], Any]) -> None:
        """Each thread has desks of its own; what they send meanwhile shares batches."""
        stages = [Stage(self.stage.url, self.stage.say) for _ in range(6)]
        with ThreadPoolExecutor(len(stages)) as pool:
            work = [pool.submit(_each, do, stage, codes[n :: len(stages)]) for n, stage in enumerate(stages)]
            for done in work:
                done.result()

    def _admit(self, stage: Stage, code: str) -> None:
        terms = {"party": code, "name": f"Investor {code}", "organisation": "", "roles": ["investor"]}
        agree(stage, f"admit {code}", "OPERATOR", "/parties", terms)
        user = {"username": code.lower(), "party": code, "password": PASSWORD}
        stage.desk("OPERATOR").post("/users", user)

    def _endow(self, stage: Stage, code: str) -> None:
        account = derived_id(f"account {code}")
        stage.desk("CUSTODIA1").command("/accounts", {"owner": code, "kind": "direct"}, account)
        cash = {"instrument": CURRENCY, "account": stage.account(code), "amount_minor": str(CASH_MINOR)}
        banking(stage, "/deposits", {**cash, "reference": f"BENCH-{code}"})
        units = {"from_account": stage.account("ACME"), "to_account": stage.account(code), "quantity": str(SHARES)}
        stage.desk("ACME").command("/transfers", {**units, "instrument": SHARE, "reason": "other"})

    def _person(self, number: int, code: str) -> Person:
        desk = Desk(self.stage.url, code.lower(), PASSWORD)
        return Person(code, self.stage.account(code), desk, buys=number % 2 == 0)

    def last_trade(self) -> int:
        """The newest trade's number as the mirror has it."""
        found = self.stage.desk("OPERATOR").get("/trades", instrument=SHARE, limit="1")["items"]
        return int(found[0]["number"]) if found else 0

    def wait_for_trade(self, number: int) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.last_trade() < number:
            if time.monotonic() > deadline:
                raise SystemExit(f"bench: trade {number} has not come; the last is {self.last_trade()}")
            time.sleep(0.02)


def bulk(crowd: Crowd, orders: int) -> float:
    """Settled trades a second: `orders` crossing orders in bulk requests, until the last trade is in the mirror."""
    each = orders // len(crowd.people)
    return _round(crowd, orders // 2, THREADS, [partial(_bulk, person, each) for person in crowd.people])


def single(crowd: Crowd, orders: int) -> float:
    """The same with one order a request, nobody waiting for an outcome before the next."""
    each = orders // len(crowd.people)
    return _round(crowd, orders // 2, SINGLE_THREADS, [partial(_single, person, each) for person in crowd.people])


def _round(crowd: Crowd, trades: int, threads: int, work: list[Callable[[], None]]) -> float:
    first = crowd.last_trade()
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(one) for one in work]:
            done.result()
    crowd.wait_for_trade(first + trades)
    return trades / (time.monotonic() - began)


def _bulk(person: Person, count: int) -> None:
    send_bulk(person, [{"id": new_id(), **person.order()} for _ in range(count)])


def send_bulk(person: Person, orders: list[dict[str, str]]) -> None:
    """Orders in one request, none of which deserves a refusal."""
    items = _patiently(lambda: person.desk.post("/orders/bulk", {"orders": orders}))["items"]
    refused = [item for item in items if item["problem"]]
    if refused:
        raise SystemExit(f"bench: an order was refused: {refused[0]['problem']}")


def _single(person: Person, count: int) -> None:
    """By the plainest client there is: the load must not take the machine from what it loads."""
    address = urlsplit(person.desk.url)
    line = HTTPConnection(address.hostname or "", address.port, timeout=60)
    headers = {"Authorization": person.desk.authorisation, "Content-Type": "application/json"}
    body = json.dumps(person.order())
    for _ in range(count):
        id, status = new_id(), 0
        while status not in (201, 202):
            line.request("POST", "/v1/orders", body, {**headers, "Idempotency-Key": id})
            answer = line.getresponse()
            status, said = answer.status, answer.read()
            if status not in (201, 202, 429, 503):
                raise SystemExit(f"bench: an order was refused: {status} {said.decode()[:300]}")
    line.close()


def _patiently(send: Callable[[], Json]) -> Json:
    """Send the same again when the queue is full, or when the server had closed the idle line we sent it on."""
    while True:
        try:
            return send()
        except requests.ConnectionError:
            time.sleep(0.05)
        except Refused as refused:
            if refused.status not in (429, 503):
                raise
            time.sleep(0.05)


def _each(do: Callable[[Stage, str], Any], stage: Stage, codes: list[str]) -> None:
    for code in codes:
        do(stage, code)


def pairs(crowd: Crowd) -> Iterator[tuple[Person, Person]]:
    """Buyer and seller, one pair after the other, for ever."""
    while True:
        yield from zip(crowd.people[0::2], crowd.people[1::2], strict=True)
