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
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import func, select

from middleware import clock, genesis, ids, mirror, relay
from middleware import fact as facts
from middleware import log as log_settings
from middleware.config import Config, load
from middleware.database import Database
from middleware.errors import Error
from middleware.lane import Flight, Lane
from middleware.lease import RENEW_EVERY_SECONDS, Lease, LostLease, Wanted
from middleware.ledger import Block, Envelope, Ledger, Refused, Tip, Unavailable, connect
from middleware.matching import Matcher
from middleware.models.submission import Submission
from middleware.wake import Bell

log = structlog.get_logger(__name__)
POLL_SECONDS = 0.25
SWEEP_SECONDS = 1.0
ALARM_SECONDS = 60.0
CROSS_CHECK_BLOCKS = 100
CROSS_CHECK_SECONDS = 30.0
NO_OUTCOME_AFTER = timedelta(minutes=10)
EXPIRED_FOR = timedelta(seconds=60)
_EXPIRE_AT_ONCE = 100
_EXPIRE_AGAIN_SECONDS = 300.0
_HASHES_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened outside the loop: what to call in it, with what."""

    handler: Callable[..., None]
    args: tuple[Any, ...] = ()


class Worker:
    """One organisation's worker. `run` returns when `stop` was called, and raises when it must not go on."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger
        self._lease = Lease(database, f"worker/{ledger.organisation}")
        self._lane = Lane(ledger.organisation)
        self._inbox: queue.Queue[Message] = queue.Queue(maxsize=64)
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._fold: mirror.Fold | None = None
        self._matcher: Matcher | None = None
        self._ready = False
        self._goal = -1
        self._hashes: OrderedDict[int, str] = OrderedDict()
        self._checked = -1
        self._tips: dict[str, Tip] = {}
        self._expiring: dict[str, float] = {}
        self._alarmed: set[int] = set()
        self._halted: dict[str, str] = {}
        self._next: dict[str, float] = {}

    def stop(self) -> None:
        """Make `run` return; to be called from a signal handler or another thread."""
        self._stopping.set()

    def run(self) -> None:
        """Wait for the lease, then work. Raises Wanted, with the lease released, when another asked for it."""
        if not self._take_lease():
            return
        bell = Bell(self._database.config.worker_socket)
        try:
            self._begin()
            self._start(lambda: self._listen(bell), "calls")
            self._start(self._read, "blocks")
            self._start(self._send, "sender")
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
        try:
            message = self._inbox.get(timeout=POLL_SECONDS)
            message.handler(*message.args)
        except queue.Empty:
            pass
        self._every("lease", RENEW_EVERY_SECONDS, self._lease.renew)
        if not self._ready:
            self._every("ready", SWEEP_SECONDS, self._prepare)
            return
        if self._lane.stale and self._lane.flight is None:
            self._every("number", POLL_SECONDS, self._read_number)
        self._every("sweep", SWEEP_SECONDS, self._sweep)
        self._every("alarms", ALARM_SECONDS, self._look_for_stuck)
        self._every("cross-check", CROSS_CHECK_SECONDS, self._ask_tips)
        if flight := self._lane.overdue():
            log.warning("no verdict yet, sending the same again", batch=flight.batch, resends=flight.resends)
            self._tasks.put(lambda: self._resend(flight))
        self._compose()

    def _every(self, name: str, seconds: float, do: Callable[[], None]) -> None:
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
        return self._matcher.due(self._place, limit) if self._matcher else []

    @property
    def _place(self) -> int:
        return next(reversed(self._hashes), -1)

    # What the other threads tell

    def _on_block(self, block: Block) -> None:
        """Decide what comes next before writing down what was: endorsement and SQL then take their time together."""
        fold = self._fold
        assert fold is not None  # noqa: S101 - blocks are read only after _begin
        mirror.check_follows(fold.place, block)
        self._hashes[block.number] = block.hash
        told = facts.of(block)
        if self._ready and self._matcher:
            self._matcher.apply(told)
            if self._matcher.differs(told):
                log.error("alarm: the book differs from the ledger, making it anew", block=block.number)
                self._ready, self._goal = False, -1
        self._lane.see(block)
        self._compose()
        fold.apply(block, told)
        self._lane.applied()
        while len(self._hashes) > _HASHES_KEPT:
            self._hashes.popitem(last=False)
        self._compare()
        if block.number - self._checked >= CROSS_CHECK_BLOCKS // 2:
            self._checked = block.number
            self._ask_tips()

    def _on_sent(self, flight: Flight, envelope: Envelope) -> None:
        if not self._lane.sent(flight, envelope):
            return
        arrivals = [one.arrival for one in flight.submissions]
        if arrivals:
            with self._database.writing() as session:
                self._lease.guard(session.connection())
                relay.sent(
                    session.connection(),
                    arrivals,
                    lane=self._lane.organisation,
                    batch=flight.batch,
                    transaction_id=envelope.transaction_id,
                )
                session.commit()
        log.info("batch sent", batch=flight.batch, transaction=envelope.transaction_id, **_counts(flight))
        log.debug("commands sent", transaction=envelope.transaction_id, ids=[one.id for one in flight.submissions])

    def _on_failed(self, flight: Flight, error: Exception) -> None:
        self._lane.failed(flight, error)

    def _on_call(self) -> None:
        """Somebody has stored a command: the step that brought this looks for it anyway."""

    def _on_tips(self, tips: dict[str, Tip]) -> None:
        self._tips = tips
        self._compare()

    def _on_death(self, error: BaseException) -> None:
        raise error

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
        self._hashes[self._fold.place.number] = self._fold.place.hash
        log.info("worker began", organisation=self._lane.organisation, block=self._fold.place.number, again=again)

    def _prepare(self) -> None:
        """Begin to send once the mirror is where the ledger was when we asked: before, the book would be an old one."""
        try:
            if self._goal < 0:
                tip = self._ledger.tips().get(self._lane.organisation)
                self._goal = tip.height - 1 if tip else -1
            if self._goal < 0 or self._place < self._goal:
                return
            if not genesis.accepted(self._ledger):
                genesis.offer(self._database, self._ledger)
                self._goal = -1
                return
            matcher = self._make_matcher()
        except (Unavailable, Refused, Error) as error:
            log.warning("ledger away, not sending yet", problem=str(error))
            return
        self._matcher, self._ready = matcher, True
        log.info("ready", block=self._place, venue=matcher.venue if matcher else "")

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

    # Regular work

    def _sweep(self) -> None:
        """Free what expired orders hold; make final what can never run."""
        now = clock.monotonic()
        self._expiring = {order: at for order, at in self._expiring.items() if now - at < _EXPIRE_AGAIN_SECONDS}
        if self._matcher is not None:
            lapsed = [one for one in self._matcher.lapsed(_EXPIRE_AT_ONCE) if one not in self._expiring]
            if lapsed:
                self._expire(self._matcher.venue, lapsed)
            self._tell_halted(self._matcher.halted)
        for waiting in list(self._lane.aside.values()):
            if waiting.expires_at + EXPIRED_FOR < clock.now():
                with self._database.writing() as session:
                    self._lease.guard(session.connection())
                    relay.abandon(session.connection(), waiting.arrival)
                    session.commit()
                self._lane.give_up(waiting.arrival)

    def _expire(self, venue: str, orders: list[str]) -> None:
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            wishes = [
                relay.Wish(function="order:expire", args={"order": order}, signer=venue, id=ids.new(), group=order)
                for order in orders
            ]
            answers = relay.enqueue_many(session, wishes)
            session.commit()
        self._expiring |= dict.fromkeys(orders, clock.monotonic())
        refused = [str(one) for one in answers if isinstance(one, Error)]
        log.info("expiring orders", orders=len(orders), refused=refused[:1])

    def _tell_halted(self, halted: dict[str, str]) -> None:
        for instrument, why in halted.items():
            if self._halted.get(instrument) != why and why != "suspended":
                log.error("alarm: matching stopped", instrument=instrument, reason=why)
        self._halted = halted

    def _look_for_stuck(self) -> None:
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            relay.lapse(session.connection(), clock.now() - EXPIRED_FOR)
            query = select(Submission.arrival, Submission.party, Submission.id, Submission.function, Submission.status)
            old = query.where(Submission.status != "done", Submission.created_at < clock.now() - NO_OUTCOME_AFTER)
            stuck = session.execute(old.order_by(Submission.arrival).limit(100)).all()
            session.commit()
        for row in stuck:
            if row.arrival not in self._alarmed:
                self._alarmed.add(row.arrival)
                named = {"party": row.party, "id": row.id, "function": row.function, "status": row.status}
                log.error("alarm: command without an outcome for ten minutes", **named)

    def _ask_tips(self) -> None:
        def ask() -> None:
            try:
                self._inbox.put(Message(self._on_tips, (self._ledger.tips(),)))
            except (Unavailable, Refused) as error:
                log.warning("no cross-check", problem=str(error))

        threading.Thread(target=ask, name="cross-check", daemon=True).start()

    def _compare(self) -> None:
        """Our peer could lie: what other organisations' peers have at a height must be what we were given."""
        for organisation, tip in list(self._tips.items()):
            ours = self._hashes.get(tip.height - 1)
            if ours is None:
                continue
            del self._tips[organisation]
            if ours != tip.hash:
                message = (
                    f"{organisation} has another block {tip.height - 1} ({tip.hash}) than our peer gave us ({ours})"
                )
                raise Error("internal", message, reason="history")

    # Threads

    def _start(self, work: Callable[[], None], name: str) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:
                if not self._stopping.is_set():
                    self._inbox.put(Message(self._on_death, (error,)))

        threading.Thread(target=guarded, name=name, daemon=True).start()

    def _read(self) -> None:
        start = self._place + 1
        while not self._stopping.is_set():
            try:
                for block in self._ledger.blocks(start):
                    self._inbox.put(Message(self._on_block, (block,)))
                    start = block.number + 1
            except Unavailable as error:
                log.warning("no blocks", problem=str(error))
                self._stopping.wait(1.0)

    def _listen(self, bell: Bell) -> None:
        while not self._stopping.is_set():
            if bell.wait(1.0):
                self._inbox.put(Message(self._on_call))

    def _send(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()

    def _submit(self, flight: Flight) -> None:
        try:
            envelope = self._ledger.submit(flight.batch, flight.commands)
        except (Refused, Unavailable) as error:
            self._inbox.put(Message(self._on_failed, (flight, error)))
        else:
            self._inbox.put(Message(self._on_sent, (flight, envelope)))

    def _resend(self, flight: Flight) -> None:
        assert flight.envelope is not None  # noqa: S101 - overdue() answers only what was sent
        try:
            self._ledger.resend(flight.envelope)
        except (Refused, Unavailable) as error:
            log.warning("sending again failed", batch=flight.batch, problem=str(error))
            self._inbox.put(Message(self._lane.unconfirmed, (flight,)))


def _counts(flight: Flight) -> dict[str, int]:
    return {"executions": len(flight.executions), "submissions": len(flight.submissions)}


def serve(config: Config) -> int:
    """Run a worker until SIGTERM or SIGINT; answers the exit code. One that stepped aside begins anew by itself."""
    log_settings.setup(config, "worker")
    config.state.mkdir(parents=True, exist_ok=True)
    worker = Worker(Database(config), connect(config))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    try:
        worker.run()
    except Wanted as reason:
        log.info("stepped aside", wanted_by=str(reason))
        os.execv(sys.executable, [sys.executable, "-m", "middleware.worker"])  # noqa: S606 - ourselves, with a clean slate
    except (Error, LostLease) as error:
        log.critical("alarm: worker must not go on", problem=str(error))
        return 1
    return 0


def waiting_count(database: Database) -> int:
    """How many commands have no outcome yet: for readiness and metrics."""
    with database.reading() as session:
        query = select(func.count()).select_from(Submission).where(Submission.status != "done")
        return session.scalar(query) or 0


if __name__ == "__main__":
    sys.exit(serve(load()))
