"""A broker's blotter of ten thousand orders: what a page of it takes the server."""

import time
from itertools import cycle, islice

from scripts.cast import BROKER
from scripts.desk import Desk, new_id
from tests.bench.crowd import Crowd, send_bulk

ORDERS = 10_000
IN_ONE_REQUEST = 250
PAGE = "200"
ASIDE_MINOR = {True: 100, False: 90_000}  # limits that never meet: buys far below, sells far above the others'
PATIENCE_SECONDS = 120.0


def measure(crowd: Crowd, pages: int) -> float:
    """The 95th percentile of the server's own milliseconds for a page, walking through all of them again and again."""
    broker = crowd.stage.desk(BROKER)
    _fill(crowd)
    _wait(broker)
    times: list[float] = []
    after = ""
    while len(times) < pages:
        page = broker.get("/orders", limit=PAGE, **({"starting_after": after} if after else {}))
        times.append(broker.server_ms)
        after = page["next"] or ""
    return sorted(times)[len(times) * 95 // 100]


def _fill(crowd: Crowd) -> None:
    """Orders of everybody, entered under the broker's name, that stay on the book."""
    for person in islice(cycle(crowd.people), ORDERS // IN_ONE_REQUEST):
        order = {**person.order(), "broker": BROKER, "limit_minor": str(ASIDE_MINOR[person.buys])}
        send_bulk(person, [{"id": new_id(), **order} for _ in range(IN_ONE_REQUEST)])


def _wait(broker: Desk) -> None:
    """Until the last of them is on the ledger and in the mirror."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while broker.get("/orders", status="pending_new", limit="1")["items"]:
        if time.monotonic() > deadline:
            raise SystemExit("bench: the blotter's orders have no outcome")
        time.sleep(0.1)
