"""What monitoring is told: every measure of every process, in one place. Each process counts for itself.

Names begin with lonja_. The alerts and the dashboard in docs/operations are held to this file by a test. What others
know already, as the database does, is not counted again but read when somebody asks (`Read`).
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from middleware.fact import Fact

EVERYWHERE = CollectorRegistry(auto_describe=True)
API = CollectorRegistry(auto_describe=True)
WORKER = CollectorRegistry(auto_describe=True)
FIX = CollectorRegistry(auto_describe=True)
WEBHOOKS = CollectorRegistry(auto_describe=True)
REGISTRIES = {"api": API, "worker": WORKER, "fix": FIX, "webhooks": WEBHOOKS}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
COMMANDS = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 175.0, 250.0)


def _counter(name: str, says: str, registry: CollectorRegistry, *labels: str) -> Counter:
    return Counter(f"lonja_{name}", says, labels, registry=registry)


def _gauge(name: str, says: str, registry: CollectorRegistry, *labels: str) -> Gauge:
    return Gauge(f"lonja_{name}", says, labels, registry=registry)


def _histogram(
    name: str, says: str, registry: CollectorRegistry, *labels: str, buckets: Sequence[float] = SECONDS
) -> Histogram:
    return Histogram(f"lonja_{name}", says, labels, registry=registry, buckets=buckets)


ProcessCollector(registry=EVERYWHERE)
ALARMS = _counter("alarms", "Alarms in this process's log; each wants a person", EVERYWHERE)

REQUESTS = _counter("requests", "Requests answered", API, "route", "method", "status")
REQUEST_SECONDS = _histogram("request_seconds", "How long a request took", API, "route")
PROBLEMS = _counter("problems", "Requests refused or failed", API, "code", "reason")
STREAMS = _gauge("streams", "Event streams that are open", API)

BATCHES = _counter("batches", "Batches by what became of them", WORKER, "outcome")
BATCH_COMMANDS = _histogram("batch_commands", "Commands in a committed batch", WORKER, buckets=COMMANDS)
COMMIT_SECONDS = _histogram("commit_seconds", "From composing a batch to its verdict in a block", WORKER)
RESENT = _counter("batches_resent", "Batches sent again because no verdict came", WORKER)
FOLD_SECONDS = _histogram("fold_seconds", "How long a block took to be written to SQL", WORKER)
VISIBLE_SECONDS = _histogram("visible_seconds", "From a transaction's time to its facts in SQL", WORKER)
FACTS = _counter("facts", "Facts that blocks told", WORKER, "fact")
REFUSALS = _counter("refusals", "Commands that the ledger refused", WORKER, "code", "reason")

FIX_SESSION_UP = _gauge("fix_session_up", "Whether a session is logged on", FIX, "session")
FIX_MESSAGES = _counter("fix_messages", "Messages of sessions", FIX, "session", "direction")
FIX_THROTTLED = _counter("fix_throttled", "Messages refused because they came too fast", FIX, "session")
FIX_CUT = _counter("fix_connections_cut", "Connections that the gate ended", FIX)
FIX_LOGONS_REFUSED = _counter("fix_logons_refused", "Logons that were answered with a Logout", FIX, "session")
FIX_WAITING = _gauge("fix_waiting", "Messages read and not stored yet", FIX)
EXCHANGE_UP = _gauge("exchange_up", "Whether the line to an exchange is logged on", FIX, "venue")

DELIVERIES = _counter("webhook_deliveries", "Attempts to deliver a message", WEBHOOKS, "outcome")
DELIVERY_SECONDS = _histogram("webhook_seconds", "How long an attempt took", WEBHOOKS)


# A counter that first appears when it is 1 has never risen, as Prometheus sees it: what is alarming begins at 0.
for _outcome in ("committed", "conflict", "invalid", "refused", "unavailable"):
    BATCHES.labels(_outcome)
for _outcome in ("delivered", "not delivered"):
    DELIVERIES.labels(_outcome)


@dataclass(frozen=True, slots=True)
class Number:
    """One gauge as it is now. `label` names what its values are told apart by, "" when it has just one."""

    name: str
    says: str
    values: Mapping[str, float]
    label: str = ""

    def family(self) -> Metric:
        """As Prometheus has it."""
        labels = [self.label] if self.label else []
        family = GaugeMetricFamily(f"lonja_{self.name}", self.says, labels=labels)
        for value, number in self.values.items():
            family.add_metric([value] if self.label else [], number)
        return family


class Read(Collector):
    """Gauges that are read when somebody asks."""

    def __init__(self, read: Callable[[], Iterable[Number]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """What is there now. What cannot be read is missing, and that is an alert of its own."""
        return [number.family() for number in self._read()]

    def describe(self) -> Iterable[Metric]:
        """Nothing is read when it is registered."""
        return []


def saw(told: Sequence[Fact]) -> None:
    """Count what a block told."""
    for name, count in Tally(fact.name for fact in told).items():
        FACTS.labels(name).inc(count)
    for fact in told:
        if fact.name == "CommandRefused":
            REFUSALS.labels(fact["code"], fact["reason"]).inc()
