"""The loop where any two of three organisations endorse, in turns with the market's two on the same machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.product import Product
from scripts.progress import Failed, say
from scripts.seed import seed
from tests.bench import crowd

SHIFT = "21500"
WARM_ORDERS = 400


@dataclass(frozen=True)
class Rates:
    """Trades a second of the median round."""

    consortium: float
    market: float


@contextmanager
def beside(state: Path, topology: str) -> Iterator[crowd.Crowd]:
    """A second product on a network of this topology, with its crowd; its figures count when it reconciles."""
    shutil.rmtree(state, ignore_errors=True)
    say(f"\nbench on the {topology} topology: starting a second product …")
    product = Product({"LONJA_STATE": str(state), "LONJA_PORT_SHIFT": SHIFT, "LONJA_TOPOLOGY": topology}).start()
    try:
        gathered = crowd.Crowd(seed(product.url, lambda _text: None))
        gathered.gather()
        crowd.bulk(gathered, WARM_ORDERS)
        yield gathered
        if product.lonja("reconcile").returncode:
            raise Failed(f"SQL and ledger differ on the {topology} topology, so its figures do not count")
    finally:
        product.stop()


def measure(market: crowd.Crowd, consortium: crowd.Crowd, orders: int, rounds: int) -> Rates:
    """Both in turns, with bulk orders; the round with the middle ratio."""
    found = []
    for number in range(rounds):
        found.append(Rates(market=crowd.bulk(market, orders), consortium=crowd.bulk(consortium, orders)))
        say(f"  round {number + 1}: {found[-1].consortium:.0f} trades/s, market {found[-1].market:.0f}")
    return sorted(found, key=lambda one: one.consortium / one.market)[(rounds - 1) // 2]
