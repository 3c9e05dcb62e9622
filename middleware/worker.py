"""The worker: relay, mirror and matcher of one organisation over one stream of blocks, and its only writer.

One loop takes messages from the threads that wait for it: blocks, what became of a batch, calls. Everything that
decides happens in the loop; a crash at any point loses nothing, because what is to be sent stands in SQL, what was
done stands in blocks, and the ledger runs a command once.
"""

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from middleware import clock, expiry, genesis, measures, mirror, operations, relay, wake
from middleware import fact as facts
from middleware import log as log_settings
from middleware.config import Config, load
from middleware.crosscheck import CrossCheck
from middleware.database import Database
from middleware.errors import Error
from middleware.fact import Fact
from middleware.issuing import Issuing
from middleware.lag import Lag
from middleware.lane import Flight, Lane
from middleware.lease import RENEW_EVERY_SECONDS, Lease, LostLease, Wanted
from middleware.ledger import Block, Envelope, Ledger, Refused, Unavailable, connect
from middleware.matching import Matcher
from middleware.relay import Batch
from middleware.sweep import Sweep

log = structlog.get_logger(__name__)
POLL_SECONDS = 0.25
SWEEP_SECONDS = 1.0
ALARM_SECONDS = 60.0
ROOM_SECONDS = 15.0
PERSONS_SECONDS = 3600.0
CROSS_CHECK_SECONDS = 30.0
STILL_SECONDS = 60.0
INBOX = 64
NAMED_IN_LOG = 10  # the commands of a larger batch are found in SQL by its transaction
SWITCH_SECONDS = 0.001  # the thread that sends must not wait five times as long for the one that writes SQL

Act = Callable[[], None]


class Worker:
    """One organisation's worker. `run` returns when `stop` was called, and raises when it must not go on."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger
        self._lease = Lease(database, f"worker/{ledger.organisation}")
        self._lane = Lane(ledger.organisation)
        self._sweep = Sweep(database, self._lease, self._lane)
        self._issuing = Issuing(database, self._lease)
        self._inbox: queue.Queue[Act] = queue.Queue(maxsize=INBOX)
        self._tasks: queue.SimpleQueue[Act | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._fold: mirror.Fold | None = None
        self._check: CrossCheck | None = None
        self._matcher: Matcher | None = None
        self._ready = False
        self._goal = -1
        self._turned_at = clock.monotonic()
        self._next: dict[str, float] = {}

    def stop(self) -> None:
        """Make `run` return; to be called from a signal handler or another thread."""
        self._stopping.set()

    def checks(self) -> dict[str, str]:
        """What this worker is ready for: "ok", or why not."""
        if self._check is None:
            return {"lease": "Another worker is at work."}
        turned = clock.monotonic() - self._turned_at
        return {
            "lease": "ok",
            "loop": "ok" if turned < STILL_SECONDS else f"The loop has not turned for {turned:.0f} seconds.",
            "ledger": "ok" if self._ready else "Not sending yet: the mirror is not where the ledger is.",
        }

    def position(self) -> int:
        """The last block that is mirrored; -1 before there is one."""
        return self._fold.place.number if self._fold else -1

    def run(self) -> None:
        """Wait for the lease, then work. Raises Wanted, with the lease released, when another asked for it."""
        if not self._take_lease():
            return
        bell = wake.bell(self._database)
        try:
            self._begin()
            for work, name in ((lambda: self._listen(bell), "calls"), (self._read, "blocks"), (self._send, "sender")):
                self._start(work, name)
            while not self._stopping.is_set():
                self._step()
        finally:
            self._stopping.set()
            self._tasks.put(None)
            self._ledger.close()
            bell.close()
            self._lease.release()
            log.info("worker stopped")

    # The loop

    def _step(self) -> None:
        self._turned_at = clock.monotonic()
        with suppress(queue.Empty):
            self._inbox.get(timeout=POLL_SECONDS)()
        self._every("lease", RENEW_EVERY_SECONDS, self._lease.renew)
        self._every("disks", ROOM_SECONDS, self._sweep.disks)
        if not self._ready:
            self._every("ready", SWEEP_SECONDS, self._prepare)
            return
        if self._lane.stale and self._lane.flight is None:
            self._every("number", POLL_SECONDS, self._read_number)
        if self._matcher is not None:
            matcher = self._matcher
            self._every("orders", SWEEP_SECONDS, lambda: self._sweep.orders(matcher))
            self._every("offerings", POLL_SECONDS, lambda: self._issuing.step(matcher.venue))
        self._every("acceptances", POLL_SECONDS, self._sweep.acceptances)
        self._every("aside", SWEEP_SECONDS, self._sweep.aside)
        self._every("applications", SWEEP_SECONDS, self._sweep.applications)
        self._every("persons", PERSONS_SECONDS, self._sweep.persons)
        self._every("stuck", ALARM_SECONDS, self._sweep.stuck)
        self._every("cross-check", CROSS_CHECK_SECONDS, self._ask_others)
        if flight := self._lane.overdue():
            log.warning("no verdict yet, sending the same again", batch=flight.batch, resends=flight.resends)
            measures.RESENT.inc()
            self._tasks.put(lambda: self._resend(flight))
        self._compose()

    def _every(self, name: str, seconds: float, do: Act) -> None:
        now = clock.monotonic()
        if now >= self._next.get(name, 0.0):
            self._next[name] = now + seconds
            do()

    def _compose(self) -> None:
        """Start the next batch, if there is something to send and nothing on its way."""
        if not self._ready or self._lane.flight is not None:
            return
        with self._database.engine.connect() as connection:
            flight = self._lane.compose(connection, self._due)
        if flight is not None:
            self._tasks.put(lambda: self._submit(flight))

    def _due(self, limit: int) -> Any:
        return self._matcher.due(self._checked.place.number, limit) if self._matcher else []

    @property
    def _checked(self) -> CrossCheck:
        assert self._check is not None  # noqa: S101 - made by _begin, before anything else happens
        return self._check

    # What the other threads tell

    def _on_block(self, block: Block) -> None:
        """Decide what comes next before writing down what was: endorsement and SQL then take their time together."""
        fold = self._fold
        assert fold is not None  # noqa: S101 - blocks are read only after _begin
        mirror.check_follows(fold.place, block)
        if self._checked.saw(block):
            self._ask_others()
        told = facts.of(block)
        if self._ready and self._matcher:
            self._matcher.apply(told)
            if self._matcher.differs(told):
                log.error("alarm: the book differs from the ledger, making it anew", block=block.number)
                self._ready, self._goal = False, -1
        self._lane.see(block)
        self._compose()
        with measures.FOLD_SECONDS.time():
            fold.apply(block, told)
        self._lane.applied()
        self._measure(block, told)

    def _measure(self, block: Block, told: list[Fact]) -> None:
        measures.saw(told)
        if self._ready and block.transactions:
            measures.VISIBLE_SECONDS.observe((clock.now() - block.transactions[-1].at).total_seconds())

    def _on_sent(self, flight: Flight, envelope: Envelope) -> None:
        on_its_way = self._lane.sent(flight, envelope)
        arrivals = [one.arrival for one in flight.submissions]
        if arrivals and on_its_way:
            with self._database.writing() as session:
                self._lease.guard(session.connection())
                batch = Batch(self._lane.organisation, flight.batch, envelope.transaction_id)
                relay.sent(session.connection(), arrivals, batch)
                session.commit()
        counts = {"executions": len(flight.executions), "submissions": len(flight.submissions)}
        log.info("batch sent", batch=flight.batch, transaction=envelope.transaction_id, **counts)
        named = [f"{one.party}:{one.id}" for one in flight.submissions]
        if len(named) <= NAMED_IN_LOG:
            log.info("commands sent", transaction=envelope.transaction_id, ids=named)
        else:
            log.debug("commands sent", transaction=envelope.transaction_id, ids=named)

    def _ask_others(self) -> None:
        self._checked.ask(lambda tips: self._inbox.put(lambda: self._checked.told(tips)))

    # Beginning

    def _take_lease(self) -> bool:
        said = ""
        while holder := self._lease.take():
            if holder != said:
                log.warning("another worker is at work, waiting", holder=holder)
                said = holder
            if self._stopping.wait(1.0):
                return False
        return True

    def _begin(self) -> None:
        mirror.load_handlers()
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            again = relay.recall(session.connection())
            session.commit()
        self._fold = mirror.Fold(self._database.engine, guard=self._lease.guard)
        self._check = CrossCheck(self._ledger, self._fold.place)
        log.info("worker began", organisation=self._lane.organisation, block=self._fold.place.number, again=again)

    def _prepare(self) -> None:
        """Begin to send once the mirror is where the ledger was when we asked: before, the book would be an old one."""
        try:
            if self._goal < 0:
                tip = self._ledger.tips().get(self._lane.organisation)
                self._goal = tip.height - 1 if tip else -1
            if self._goal < 0 or self._checked.place.number < self._goal:
                return
            if not genesis.accepted(self._ledger):
                genesis.offer(self._database, self._ledger)
                self._goal = -1
                return
            self._matcher = self._make_matcher()
        except (Unavailable, Refused, Error) as error:
            log.warning("ledger away, not sending yet", problem=str(error))
            return
        self._ready = True
        log.info("ready", block=self._goal, venue=self._matcher.venue if self._matcher else "")

    def _make_matcher(self) -> Matcher | None:
        config = self._database.config
        venue = genesis.venue(self._database) if config.venue == "first" else config.venue
        if not venue:
            return None
        matcher = Matcher(self._database, venue)
        matcher.restore(self._ledger)
        return matcher

    def _read_number(self) -> None:
        try:
            (found,) = self._ledger.query("get", f"lane/{self._lane.organisation}")["items"]
        except (Unavailable, Refused) as error:
            log.warning("cannot read our lane's number", problem=str(error))
            return
        said = found["value"]
        self._lane.batch = max(self._lane.batch, int(said["batch"]) if said else 0)
        self._lane.stale = False

    # Threads

    def _start(self, work: Act, name: str) -> None:
        def die(error: BaseException) -> None:
            raise error

        def guarded() -> None:
            try:
                work()
            except BaseException as problem:
                if not self._stopping.is_set():
                    error = problem
                    self._inbox.put(lambda: die(error))

        threading.Thread(target=guarded, name=name, daemon=True).start()

    def _read(self) -> None:
        start = self._checked.place.number + 1
        while not self._stopping.is_set():
            try:
                for block in self._ledger.blocks(start):
                    self._inbox.put(lambda block=block: self._on_block(block))  # type: ignore[misc]
                    start = block.number + 1
            except Unavailable as error:
                log.warning("no blocks", problem=str(error))
                self._stopping.wait(1.0)

    def _listen(self, bell: wake.Ringing) -> None:
        """A call only makes the loop take a step, which looks for what waits."""
        while not self._stopping.is_set():
            if bell.wait(1.0):
                self._inbox.put(lambda: None)

    def _send(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()

    def _submit(self, flight: Flight) -> None:
        try:
            envelope = self._ledger.submit(flight.batch, flight.commands)
        except (Refused, Unavailable) as problem:
            error = problem
            self._inbox.put(lambda: self._lane.failed(flight, error))
        else:
            self._inbox.put(lambda: self._on_sent(flight, envelope))

    def _resend(self, flight: Flight) -> None:
        assert flight.envelope is not None  # noqa: S101 - overdue() answers only what was sent
        try:
            self._ledger.resend(flight.envelope)
        except (Refused, Unavailable) as error:
            log.warning("sending again failed", batch=flight.batch, problem=str(error))
            self._inbox.put(lambda: self._lane.unconfirmed(flight))


def serve(config: Config) -> int:
    """Run a worker until SIGTERM or SIGINT; answers the exit code. One that stepped aside begins anew by itself."""
    log_settings.setup(config, "worker")
    sys.setswitchinterval(SWITCH_SECONDS)
    mirror.collect_rarely()
    config.state.mkdir(parents=True, exist_ok=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    door = operations.open_door("worker", config, lambda: {"ledger": "Waiting for the ledger."})
    try:
        ledger = _reached(config, stopped)
        if ledger is None:
            return 0
        worker = Worker(Database(config), ledger)
        ends = expiry.Ends(lambda: expiry.of_network(config))
        for numbers in (Lag(ledger, worker.position).numbers, ends.numbers):
            measures.WORKER.register(measures.Read(numbers))
        door.checks = worker.checks
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        if not stopped.is_set():
            worker.run()
    except Wanted as reason:
        log.info("stepped aside", wanted_by=str(reason))
        os.execv(sys.executable, [sys.executable, "-m", "middleware.worker"])  # noqa: S606 - ourselves, anew
    except (Error, LostLease, SQLAlchemyError) as error:
        log.critical("alarm: worker must not go on", problem=str(error))
        return 1
    return 0


def _reached(config: Config, stopped: threading.Event) -> Ledger | None:
    """The ledger's driver, once it knows where the ledger is; None when we were stopped before."""
    ledger, said = connect(config), ""
    while not stopped.is_set():
        try:
            log.debug("our organisation", organisation=ledger.organisation)
            return ledger
        except Unavailable as error:
            if str(error) != said:
                log.warning("waiting for the ledger", problem=str(error))
                said = str(error)
            stopped.wait(1.0)
    return None


if __name__ == "__main__":
    sys.exit(serve(load()))
