"""An offering with thousands of subscribers, allotted and settled while trading goes on."""

import threading
import time
from dataclasses import dataclass, field

from scripts.cast import PASSWORD
from scripts.desk import Desk, new_id
from scripts.product import Product
from scripts.progress import say
from tests.bench.crowd import SHARE, Crowd, pairs
from tests.network.subscribers import Subscribers

MARGIN_SECONDS = 20.0  # from opening to the first subscription, and for what else the machine does meanwhile
TRADES_A_SECOND = 4
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.1  # looking takes of the machine what settling could have
TRADE_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Settled:
    """Subscribers a second, from the issuer's proposal until the mirror has the last; what trades took meanwhile."""

    rate: float
    trades: int
    trade_p99: float


def measure(crowd: Crowd, product: Product, count: int) -> Settled:
    subscribers = Subscribers(product, crowd.stage, count)
    rate = subscribers.gather()
    say(f"  {count} subscribers ready at {rate:.0f} commands/s")
    offering = subscribers.offer(count / rate * 1.5 + MARGIN_SECONDS)
    subscribers.subscribe(offering)
    subscribers.wait_for_close(offering)
    trading = Trading(crowd)
    trading.start()
    began = time.monotonic()
    subscribers.allot(offering)
    subscribers.until(offering, lambda found: found["status"] == "settled" and found["done"] == count, LOOK_SECONDS)
    taken = time.monotonic() - began
    trading.stop()
    subscribers.close()
    times = sorted(trading.times)
    return Settled(count / taken, len(times), times[len(times) * 99 // 100] if times else PATIENCE_SECONDS)


@dataclass
class Trading:
    """Pairs of orders that meet, at an even pace as far as the market lets them; seconds from sending to the trade."""

    crowd: Crowd
    times: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._trade, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread:
            self._thread.join(PATIENCE_SECONDS)

    def _trade(self) -> None:
        looking = Desk(self.crowd.stage.url, "operator", PASSWORD)
        began = time.monotonic()
        for number, (buyer, seller) in enumerate(pairs(self.crowd)):
            if self._over.wait(max(0.0, began + number / TRADES_A_SECOND - time.monotonic())):
                return
            last, sent = _last(looking), time.monotonic()
            seller.desk.post("/orders", seller.order(), Idempotency_Key=new_id())
            buyer.desk.post("/orders", buyer.order(), Idempotency_Key=new_id())
            while _last(looking) <= last and time.monotonic() < sent + PATIENCE_SECONDS:
                time.sleep(TRADE_LOOK_SECONDS)
            self.times.append(time.monotonic() - sent)


def _last(desk: Desk) -> int:
    found = desk.get("/trades", instrument=SHARE, limit="1")["items"]
    return int(found[0]["number"]) if found else 0
