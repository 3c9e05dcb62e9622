"""What a broker's FIX session takes: until his order is valid on the ledger, and how many orders it acknowledges."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from scripts.desk import new_id, path
from scripts.fix_client import FixClient, Heard
from tests.network.brokerage import AFFIRMER, BROKER, BUYER, Brokerage

ORDERS_A_SECOND = 5
TOGETHER = 20
TIMEOUT_SECONDS = 30.0
WARM = 10
NEW, PENDING_NEW = "0", "A"  # 150


@dataclass(frozen=True)
class Times:
    """Seconds from the moment an order was due to be sent until its broker heard 150=0."""

    p50: float
    p99: float


def logged_on(brokerage: Brokerage) -> FixClient:
    """The broker's session, once the gateway knows it, with its numbers where an earlier call has left them."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        session = brokerage.stage.desk("OPERATOR").get(path("sessions", BROKER))
        client = FixClient(brokerage.line, next_out=int(session["next_in"]))
        with suppress(OSError):
            client.connect()
            answer = client.log_on(seconds=2.0)
            if answer is not None and answer.type == "A":
                return client
        client.close()
        time.sleep(0.5)
    raise SystemExit("bench: the FIX session does not open")


def latency(brokerage: Brokerage, orders: int) -> Times:
    """Orders of an investor whose broker signs, far from the market, at an even pace."""
    client, times = logged_on(brokerage), []
    began = time.monotonic()
    for number in range(orders + WARM):
        due = began + number / ORDERS_A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
        name = new_id()
        sent = time.monotonic()
        client.send("D", brokerage.order(name, BUYER, 1, "1.00"))
        if client.expect("8", {11: name, 150: NEW}, seconds=TIMEOUT_SECONDS) is None:
            raise SystemExit("bench: an order is not answered")
        times.append(time.monotonic() - min(due, sent))
    client.log_out()
    measured = sorted(times[WARM:])
    return Times(measured[orders // 2], measured[orders * 99 // 100])


def rate(brokerage: Brokerage, orders: int) -> float:
    """Orders a second that one session has stored and acknowledged: they then wait for their owner's signature."""
    client = logged_on(brokerage)
    names = [new_id() for _ in range(orders)]
    waiting = set(names)
    began = time.monotonic()
    for first in range(0, orders, TOGETHER):
        for name in names[first : first + TOGETHER]:
            client.send("D", brokerage.order(name, AFFIRMER, 1, "900.00"))
        waiting -= {report[11] for report in _heard(client, 0.001)}
    while waiting:
        heard = {report[11] for report in _heard(client, TIMEOUT_SECONDS)}
        if not heard:
            raise SystemExit(f"bench: {len(waiting)} orders are not acknowledged")
        waiting -= heard
    seconds = time.monotonic() - began
    client.log_out()
    return orders / seconds


def _heard(client: FixClient, seconds: float) -> Iterator[Heard]:
    """The acknowledgements that have come, or come within that time."""
    while (message := client.next(seconds)) is not None:
        if message.type == "8" and message[150] == PENDING_NEW:
            yield message
            seconds = 0.001
