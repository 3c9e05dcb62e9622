"""`make bench`: measure against the goals, a line each, on a network of its own.

On the Fabric that is built from modules, and again on the one that FABRIC_BIN names. Our rounds and the yardstick's
take turns on the same network in the same run; the figure is the median of the rounds' ratios. A run counts only when
SQL and ledger agree afterwards. Options: --quick for fewer and smaller rounds.
"""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from scripts import programs
from scripts.product import NotStarted, Product
from scripts.progress import ROOT, Failed, say
from scripts.seed import seed
from scripts.stage import Stage
from tests import postgres
from tests.bench import allotment, blotter, book, consortium, crowd, fix, latency, memory, rebuild, register
from tests.bench.lines import Line
from tests.bench.yardstick import Yardstick
from tests.network.brokerage import Brokerage

STATE = ROOT / ".state" / "bench"
SHIFT = "20000"
BULK_BAR = {"2": 0.6, "3": 3.0}  # by Fabric's major version: batch calls came with 3.1
ALLOTMENT_BAR = {"2": 100.0, "3": 600.0}  # subscribers a second
HFC_BAR = 0.5  # of the default driver's rate
IDLE_SECONDS = 10.0


class Size:
    """How much is measured."""

    def __init__(self, *, quick: bool) -> None:
        self.rounds = 1 if quick else 3
        self.bulk_orders = 2_000 if quick else 5_000
        self.single_orders = 400 if quick else 1_200
        self.rebuilt_orders = 4_000 if quick else 40_000
        self.raw_trades = 500 if quick else 1_500
        self.slow_trades = 25 if quick else 75
        self.pages = 100 if quick else 300
        self.fix_orders = 50 if quick else 150
        self.fix_bulk = 500 if quick else 2_000
        self.subscribers = 1_000 if quick else 10_000
        self.register_pages = 500 if quick else 1_500  # all of them once, or three times


def main() -> int:
    size = Size(quick="--quick" in sys.argv)
    lines = [*the_book(), *the_register(size)]
    for line in lines:
        print(line, flush=True)
    try:
        for fabric in _fabrics():
            for line in (*on(fabric, size), *mirrors(fabric, size)):
                lines.append(line)
    except (NotStarted, Failed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print("\n" + "\n".join(map(str, lines)), flush=True)
    return 0


def the_book() -> list[Line]:
    """The matcher alone; a hundred thousand facts a second is far above what a ledger brings."""
    return [
        Line(f"book_{name}", "none", book.operations_a_second(ticks), "facts/s", 100_000, 0.5)
        for name, ticks in (("narrow", 10), ("wide", 200))
    ]


def the_register(size: Size) -> list[Line]:
    """A hundred thousand holders, from the database to the answer; no ledger has a part in it."""
    times = register.measure(size.register_pages)
    say(f"  register: spreadsheet after {times.xlsx:.1f} s")
    pages = {"now": times.page_ms, "past": times.past_ms, "narrowed": times.narrowed_ms}
    lines = [Line(f"register_page_p95_{what}", "none", ms, "ms", 60, 1.0, at_most=True) for what, ms in pages.items()]
    files = {"csv": (times.csv, 5), "pdf": (times.pdf, 30)}
    lines += [
        Line(f"register_{name}", "none", took, "s", bar, 1.0, at_most=True) for name, (took, bar) in files.items()
    ]
    return lines


def on(fabric: programs.Fabric, size: Size) -> list[Line]:
    """Everything that needs a network, on one version of Fabric."""
    state = STATE / f"fabric-{fabric.version}"
    shutil.rmtree(state, ignore_errors=True)
    os.environ |= {"LONJA_STATE": str(state), "LONJA_PORT_SHIFT": SHIFT, "FABRIC_BIN": str(fabric.bin)}
    say(f"\nbench on Fabric {fabric.version}: starting the product …")
    product = Product({}).start()
    yardstick = Yardstick(product)
    try:
        lines = [idle(product, fabric.version)]
        stage = seed(product.url, lambda _text: None)
        market = gathered(stage)
        yardstick.start()
        lines += rates(market, yardstick, fabric.version, size)
        lines += slow_market(market, fabric.version, size)
        lines += offering(market, product, fabric.version, size)
        lines += pages(market, fabric.version, size)
        lines += by_fix(Brokerage(product, stage).open(), fabric.version, size)
        lines += any_two_of_three(market, state, fabric.version, size)
        reconciled = product.lonja("reconcile")
        say(reconciled.stdout.strip().splitlines()[-1] if reconciled.stdout else reconciled.stderr)
        if reconciled.returncode:
            raise Failed("SQL and ledger differ after the run, so its figures do not count")
        product.stop()
        return [*lines, second_driver(market, fabric.version, size)]
    finally:
        yardstick.stop()
        product.stop()


def second_driver(market: crowd.Crowd, version: str, size: Size) -> Line:
    """Orders in bulk with the product on fabric-sdk-py, and again on its own client, one after the other."""
    measured = {}
    for driver in ("hfc", "fabric"):
        product = Product({"LONJA_LEDGER_DRIVER": driver}).start()
        try:
            crowd.bulk(market, 400)  # warm
            measured[driver] = crowd.bulk(market, size.bulk_orders)
        finally:
            product.stop()
    return told(Line("settled_bulk_hfc", version, measured["hfc"], "trades/s", measured["fabric"], HFC_BAR))


def mirrors(fabric: programs.Fabric, size: Size) -> list[Line]:
    """A rebuild on PostgreSQL beside what the same installation settles, on a network of its own."""
    state = STATE / f"postgres-{fabric.version}"
    shutil.rmtree(state, ignore_errors=True)
    environment = {"LONJA_STATE": str(state), "LONJA_PORT_SHIFT": SHIFT, "FABRIC_BIN": str(fabric.bin)}
    try:
        speed = rebuild.measure(environment, size.rebuilt_orders)
    except postgres.NotThere as missing:
        say(f"SKIPPED the rebuild: {missing}")
        return []
    return [told(Line("mirrors_rebuilt", fabric.version, speed.rebuilt, "trades/s", speed.live, 8.0))]


def idle(product: Product, version: str) -> Line:
    """The memory of all our processes and the network, seeded and at rest."""
    time.sleep(IDLE_SECONDS)
    taken = memory.by_program(product.pid)
    for name, size in sorted(taken.items(), key=lambda item: -item[1]):
        say(f"  {name:<20} {size / memory.MEGABYTE:6.1f} MB")
    return told(Line("idle_memory", version, sum(taken.values()) / memory.MEGABYTE, "MB", 600, 1.0, at_most=True))


def gathered(stage: Stage) -> crowd.Crowd:
    market = crowd.Crowd(stage)
    began = time.monotonic()
    market.gather()
    say(f"  {len(market.people)} investors ready after {time.monotonic() - began:.1f} s")
    crowd.bulk(market, 400)  # warm
    return market


def rates(market: crowd.Crowd, yardstick: Yardstick, version: str, size: Size) -> list[Line]:
    """Ours and the raw client's, in turns."""
    bar = BULK_BAR["3" if version.startswith("3") else "2"]
    bulk = in_turns(lambda: crowd.bulk(market, size.bulk_orders), yardstick, size)
    single = in_turns(lambda: crowd.single(market, size.single_orders), yardstick, size)
    return [
        told(Line("settled_bulk", version, *bulk, bar=bar)),
        told(Line("settled_single", version, *single, bar=0.4)),
    ]


def in_turns(ours: Callable[[], float], yardstick: Yardstick, size: Size) -> tuple[float, str, float]:
    """The median round: what we did, its unit, and what the yardstick did beside it."""
    rounds = []
    for number in range(size.rounds):
        raw = float(yardstick.measure(size.raw_trades)["trades_per_second"])
        mine = ours()
        rounds.append((mine / raw, mine, raw))
        say(f"  round {number + 1}: {mine:.0f} trades/s, raw client {raw:.0f}, ratio {mine / raw:.2f}")
    middle = statistics.median_low([ratio for ratio, _, _ in rounds])
    _, mine, raw = next(one for one in rounds if one[0] == middle)
    return mine, "trades/s", raw


def slow_market(market: crowd.Crowd, version: str, size: Size) -> list[Line]:
    times = latency.measure(market, size.slow_trades)
    say(f"  request → settled and visible: p50 {times.order_p50 * 1000:.0f} ms, p99 {times.order_p99 * 1000:.0f} ms")
    line = Line("execution_to_visible_p50", version, times.execution_p50 * 1000, "ms", 150, 1.0, at_most=True)
    return [told(line)]


def offering(market: crowd.Crowd, product: Product, version: str, size: Size) -> list[Line]:
    """The primary market at work beside the secondary one."""
    bar = ALLOTMENT_BAR["3" if version.startswith("3") else "2"]
    settled = allotment.measure(market, product, size.subscribers)
    say(f"  {settled.trades} trades meanwhile: order → settled and visible p99 {settled.trade_p99 * 1000:.0f} ms")
    return [told(Line("allotment_settled", version, settled.rate, "subscribers/s", bar, 1.0))]


def any_two_of_three(market: crowd.Crowd, state: Path, version: str, size: Size) -> list[Line]:
    """What a third organisation and two more orderers cost: the same orders on both topologies, in turns."""
    with consortium.beside(state.with_name(f"{state.name}-consortium"), "consortium") as members:
        rates = consortium.measure(market, members, size.bulk_orders, size.rounds)
    return [told(Line("consortium_bulk", version, rates.consortium, "trades/s", rates.market, bar=0.8))]


def by_fix(brokerage: Brokerage, version: str, size: Size) -> list[Line]:
    """A broker's session, with the ledger behind it and without."""
    times = fix.latency(brokerage, size.fix_orders)
    say(f"  FIX order → 150=0: p50 {times.p50 * 1000:.0f} ms, p99 {times.p99 * 1000:.0f} ms")
    line = Line("fix_order_to_new_p50", version, times.p50 * 1000, "ms", 150, 1.0, at_most=True)
    acknowledged = fix.rate(brokerage, size.fix_bulk)
    return [told(line), told(Line("fix_acknowledged", version, acknowledged, "orders/s", 200, 1.0))]


def pages(market: crowd.Crowd, version: str, size: Size) -> list[Line]:
    """What people look at, as full as it gets."""
    return [told(Line("blotter_page_p95", version, blotter.measure(market, size.pages), "ms", 60, 1.0, at_most=True))]


def told(line: Line) -> Line:
    say(str(line))
    return line


def _fabrics() -> list[programs.Fabric]:
    """The one we build, and the one the caller names."""
    named, built = programs.fabric(), programs.built()
    return [built] if named.bin == built.bin else [built, named]


if __name__ == "__main__":
    sys.exit(main())
