"""What a trade takes in a small market, told by the event stream, which follows the mirror's commits."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import requests

from scripts.desk import Desk, new_id
from tests.bench.crowd import Crowd, pairs

TRADES_A_SECOND = 5
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Times:
    """Seconds until the trade is in the mirror.

    `execution`: since the mirror had the order that made it due. `order`: since that order was sent.
    """

    execution_p50: float
    order_p50: float
    order_p99: float


@dataclass
class Watch:
    """Notes when the mirror told of an order or a trade first."""

    desk: Desk
    seen: dict[str, float] = field(default_factory=dict)
    trades: list[float] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        if not self.ready.wait(TIMEOUT_SECONDS):
            raise SystemExit("bench: the event stream does not open")

    def stop(self) -> None:
        """The stream ends with the next line it brings, a heartbeat at the latest."""
        self.over.set()

    def wait_for(self, what: str) -> float:
        """When the mirror told of an order first."""
        self._wait(lambda: what in self.seen)
        return self.seen[what]

    def wait_for_trade(self, number: int) -> float:
        """When the mirror told of the trade that came after so many."""
        self._wait(lambda: len(self.trades) > number)
        return self.trades[number]

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not done():
            if time.monotonic() > deadline:
                raise SystemExit("bench: an order or a trade does not show up")
            time.sleep(0.001)

    def _listen(self) -> None:
        headers = {"Accept": "text/event-stream", "Authorization": self.desk.authorisation}
        url = f"{self.desk.url}/v1/events"
        ended = suppress(requests.RequestException)  # the product is stopped before the last heartbeat comes
        with ended, requests.get(url, headers=headers, stream=True, timeout=(5, 60)) as response:
            self.ready.set()
            for line in response.iter_lines(chunk_size=1):
                if self.over.is_set():
                    return
                if line.startswith(b"data:"):
                    self._note(json.loads(line[5:]))

    def _note(self, event: dict[str, str]) -> None:
        now = time.monotonic()
        if event["noun"] == "trade":
            self.trades.append(now)
        self.seen.setdefault(f"{event['noun']} {event['id']}", now)


def measure(crowd: Crowd, trades: int) -> Times:
    """One sell that rests, then the buy that meets it, at an even pace; the clock runs from the intended moment."""
    watch = Watch(crowd.stage.desk("OPERATOR"))
    watch.start()
    executions: list[float] = []
    orders: list[float] = []
    began = time.monotonic()
    for number, (buyer, seller) in zip(range(trades), pairs(crowd), strict=False):
        sell, buy = new_id(), new_id()
        seller.desk.post("/orders", seller.order(), Idempotency_Key=sell)
        watch.wait_for(f"order {seller.party}:{sell}")
        time.sleep(max(0.0, began + number / TRADES_A_SECOND - time.monotonic()))
        count, sent = len(watch.trades), time.monotonic()
        buyer.desk.post("/orders", buyer.order(), Idempotency_Key=buy)
        due = watch.wait_for(f"order {buyer.party}:{buy}")
        settled = watch.wait_for_trade(count)
        executions.append(settled - due)
        orders.append(settled - sent)
    watch.stop()
    executions.sort()
    orders.sort()
    return Times(executions[trades // 2], orders[trades // 2], orders[trades * 99 // 100])
