"""The sender of webhooks: turns what happened into messages, and sends what is due. One at a time in an installation.

Each webhook has at most one thread that sends to it, message by message, so that a slow receiver delays only itself. A
crash between sending and writing down sends again: messages come at least once, under the same id.
"""

import signal
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from middleware import clock, measures, operations, outward
from middleware import log as log_settings
from middleware.config import Config, load
from middleware.database import Database
from middleware.errors import Error
from middleware.lease import RENEW_EVERY_SECONDS, Lease, LostLease, Wanted
from middleware.outward import Unreachable
from middleware.services import deliveries
from middleware.services.deliveries import Outcome, Parcel
from middleware.wake import Changes

log = structlog.get_logger(__name__)
POLL_SECONDS = 1.0
THREADS = 16
AT_ONCE = 20  # to one webhook, before the others have their turn again


class Sender:
    """One installation's sender. `run` returns when `stop` was called, and raises when it must not go on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lease = Lease(database, "webhooks")
        self._changes = Changes(database)
        self._stopping = threading.Event()
        self._busy: dict[int, Future[None]] = {}
        self._renewed = 0.0
        self._has_lease = False

    def stop(self) -> None:
        """Make `run` return; to be called from a signal handler or another thread."""
        self._stopping.set()

    def checks(self) -> dict[str, str]:
        """What this sender is ready for: "ok", or why not."""
        try:
            with self._database.reading() as session:
                deliveries.backlog(session)
        except SQLAlchemyError:
            return {"database": "The database does not answer."}
        return {"database": "ok", "lease": "ok" if self._has_lease else "Another sender is at work."}

    def numbers(self) -> list[measures.Number]:
        """What monitoring is told beside what is counted."""
        try:
            with self._database.reading() as session:
                waiting = deliveries.backlog(session)
        except SQLAlchemyError:
            return []
        return [measures.Number("webhook_messages_waiting", "Messages not delivered yet", {"": float(waiting)})]

    def run(self) -> None:
        """Wait for the lease, then tell and send."""
        while holder := self._lease.take():
            log.warning("another sender is at work, waiting", holder=holder)
            if self._stopping.wait(POLL_SECONDS):
                return
        self._has_lease = True
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        try:
            while not self._stopping.is_set():
                seen = self._changes.number
                if not self.step(pool):
                    self._changes.wait(seen, POLL_SECONDS)
        finally:
            self._stopping.set()
            pool.shutdown()
            self._lease.release()
            log.info("sender stopped")

    def step(self, pool: ThreadPoolExecutor) -> bool:
        """Look once for what happened and for what is due; says whether there was anything."""
        if clock.monotonic() - self._renewed > RENEW_EVERY_SECONDS:
            self._lease.renew()
            self._renewed = clock.monotonic()
        told = self._tell()
        for webhook, future in list(self._busy.items()):
            if future.done():
                del self._busy[webhook]
                future.result()
        with self._database.reading() as session:
            due = deliveries.due(session, busy=self._busy)
        self._busy |= {webhook: pool.submit(self._send, webhook) for webhook in due}
        return bool(told or due)

    def _tell(self) -> int:
        with self._database.reading() as session:
            if not deliveries.behind(session):
                return 0
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            return deliveries.tell(session)

    def _send(self, webhook: int) -> None:
        """Send a webhook what is due, until something goes wrong: the rest would go the same way."""
        for _ in range(AT_ONCE):
            with self._database.reading() as session:
                parcel = deliveries.next_parcel(session, webhook)
            if parcel is None or self._stopping.is_set():
                return
            with measures.DELIVERY_SECONDS.time():
                outcome = attempt(parcel, self._database.config)
            measures.DELIVERIES.labels("delivered" if outcome.is_delivered else "not delivered").inc()
            with self._database.writing() as session:
                self._lease.guard(session.connection())
                deliveries.record(session, parcel, outcome)
            if not outcome.is_delivered:
                named: dict[str, Any] = {"webhook": webhook, "message": parcel.message, "status": outcome.status}
                log.warning("not delivered", **named, problem=outcome.error)
                return


def attempt(parcel: Parcel, config: Config) -> Outcome:
    """Send one message and say what came of it. Its receiver's words are read by nobody."""
    try:
        status = outward.post(parcel.url, parcel.headers(clock.now()), parcel.body.encode(), allow=config.webhook_allow)
    except Unreachable as problem:
        return Outcome(None, str(problem))
    return Outcome(status, "" if 200 <= status < 300 else _sentence(status))


def _sentence(status: int) -> str:
    if 300 <= status < 400:
        return f"HTTP {status}: redirects are not followed"
    return f"HTTP {status}"


def serve(config: Config) -> int:
    """Run the sender until SIGTERM or SIGINT; answers the exit code."""
    log_settings.setup(config, "webhooks")
    database = Database(config)
    sender = Sender(database)
    measures.WEBHOOKS.register(measures.Read(sender.numbers))
    operations.open_door("webhooks", config, sender.checks)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sender.stop())
    try:
        sender.run()
    except Wanted as reason:
        log.info("stepped aside", wanted_by=str(reason))
    except (Error, LostLease, SQLAlchemyError) as error:
        log.critical("alarm: the sender must not go on", problem=str(error))
        return 1
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(serve(load()))
