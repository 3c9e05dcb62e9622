"""Our organisation's lane: what is on its way to the ledger, one numbered batch at a time, and what comes next."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection

from middleware import clock, measures, relay
from middleware.ledger import Block, Envelope, Refused, Transaction, Unavailable
from middleware.matching import Signed
from middleware.relay import Waiting

log = structlog.get_logger(__name__)
MOST_COMMANDS = 250
MOST_BYTES = 900 * 1024
CONFLICTS = ("MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT")
CONFLICTS_ALARMING = 10
BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
DEFECT_SECONDS = 30.0
RESEND_AFTER_SECONDS = (5.0, 10.0, 20.0, 30.0)
UNCONFIRMED_AFTER_SECONDS = 0.5
ALONE_AT_MOST = 3
_VERDICTS_KEPT = 1000

Due = Callable[[int], Sequence[Signed]]


@dataclass(slots=True)
class Flight:
    """A batch between being composed and its verdict. Executions come before submissions."""

    batch: int
    executions: Sequence[Signed]
    submissions: Sequence[Waiting]
    envelope: Envelope | None = None
    composed_at: float = field(default_factory=clock.monotonic)
    resends: int = 0
    resend_at: float = 0.0

    def named(self) -> dict[str, Any]:
        """What a line of the log calls it by."""
        return {"batch": self.batch, "transaction": self.envelope.transaction_id if self.envelope else ""}

    @property
    def commands(self) -> list[str]:
        """The signed commands in the order in which they are to run."""
        return [one.jws for one in self.executions] + [one.jws for one in self.submissions]


@dataclass(slots=True)
class Lane:
    """State of the one writer of an organisation. Knows nothing of threads; `batch` is the ledger's last number."""

    organisation: str
    batch: int = 0
    size: int = MOST_COMMANDS
    flight: Flight | None = None
    not_before: float = 0.0
    stale: bool = True  # whether `batch` must be read from the ledger before the next one
    failures: int = 0
    conflicts: int = 0
    alone: int = 0
    leftover: list[Waiting] = field(default_factory=list)
    aside: dict[int, Waiting] = field(default_factory=dict)
    _held: set[int] = field(default_factory=set)
    _settling: set[int] = field(default_factory=set)
    _verdicts: "OrderedDict[str, tuple[str, int]]" = field(default_factory=OrderedDict)

    def compose(self, connection: Connection, due: Due) -> Flight | None:
        """The next batch: executions due, what was left of earlier batches, then submissions by arrival."""
        if self.flight is not None or self.stale or clock.monotonic() < self.not_before:
            return None
        executions = list(due(self.size))
        room = self.size - len(executions)
        missing = room - len(self.leftover)
        queued = self.leftover + (relay.waiting(connection, missing, but=self._held) if missing > 0 else [])
        executions, chosen = _fit(executions, queued[:room])
        if not executions and not chosen:
            return None
        self._held.update(one.arrival for one in queued)
        self.leftover = queued[len(chosen) :]
        self.flight = Flight(self.batch + 1, executions, chosen)
        return self.flight

    def sent(self, flight: Flight, envelope: Envelope) -> bool:
        """The ledger's drivers have done their part. Whether the batch is still on its way."""
        flight.envelope = envelope
        if envelope.transaction_id in self._verdicts:
            self._judge(flight, *self._verdicts[envelope.transaction_id])
            return False
        self._await(flight, 0.0 if envelope.accepted else UNCONFIRMED_AFTER_SECONDS)
        return True

    def failed(self, flight: Flight, error: Exception) -> None:
        """The batch was not sent: nobody has it."""
        self._back(flight)
        self.failures += 1
        measures.BATCHES.labels("unavailable" if isinstance(error, Unavailable) else "refused").inc()
        problem = str(error)
        known: dict[str, Any] = {"batch": flight.batch, "commands": len(flight.commands), "problem": problem}
        if isinstance(error, Unavailable):
            log.warning("ledger away, commands wait", organisations=error.organisations, **known)
            if self.failures > len(BACK_OFF_SECONDS):
                self._smaller()
        elif isinstance(error, Refused) and error.reason in ("batch", "genesis"):
            log.warning("batch not taken", **known)
            self.stale = True
        else:
            log.error("batch refused", **known)
            self._suspect(flight)
            self._smaller()
        self._wait(BACK_OFF_SECONDS[min(self.failures, len(BACK_OFF_SECONDS)) - 1])

    def see(self, block: Block) -> None:
        """Take the verdicts of a block."""
        for transaction in block.transactions:
            reached = self._reached(transaction)
            self._verdicts[transaction.id] = (transaction.code, reached)
            flight = self.flight
            if flight and flight.envelope and flight.envelope.transaction_id == transaction.id:
                self._judge(flight, transaction.code, reached)
        while len(self._verdicts) > _VERDICTS_KEPT:
            self._verdicts.popitem(last=False)

    def applied(self) -> None:
        """The mirror has the outcomes that were seen: SQL no longer says that those commands wait."""
        self._held -= self._settling
        self._settling = set()

    def overdue(self) -> Flight | None:
        """The batch whose envelope should be sent again now."""
        flight = self.flight
        if flight is None or flight.envelope is None or clock.monotonic() < flight.resend_at:
            return None
        flight.resends += 1
        self._await(flight, RESEND_AFTER_SECONDS[min(flight.resends, len(RESEND_AFTER_SECONDS) - 1)])
        return flight

    def unconfirmed(self, flight: Flight) -> None:
        """Sending again failed: no orderer confirms, so try soon, not only after the time a block may take."""
        self._await(flight, UNCONFIRMED_AFTER_SECONDS * min(flight.resends + 1, 4))

    def give_up(self, arrival: int) -> None:
        """A command that was set aside has been made final."""
        del self.aside[arrival]
        self._held.discard(arrival)

    def _reached(self, transaction: Transaction) -> int:
        """How many commands it ran; also follows our lane's number, whoever sent the batch."""
        event = transaction.event
        if event is None or transaction.function != "submit":
            return 0
        if event["lane"] == self.organisation:
            self.batch = max(self.batch, int(event["batch"]))
        return len(event["commands"])

    def _judge(self, flight: Flight, code: str, reached: int) -> None:
        if code == "VALID":
            seconds = round(clock.monotonic() - flight.composed_at, 3)
            log.info("batch committed", **flight.named(), commands=reached, seconds=seconds)
            measures.BATCHES.labels("committed").inc()
            measures.BATCH_COMMANDS.observe(reached)
            measures.COMMIT_SECONDS.observe(seconds)
            done = max(0, reached - len(flight.executions))
            self._settling.update(one.arrival for one in flight.submissions[:done])
            self.leftover = list(flight.submissions[done:]) + self.leftover
            self.failures = self.conflicts = self.alone = 0
            self.size = min(MOST_COMMANDS, self.size * 2)
            self.flight = None
            return
        self._back(flight)
        if code in CONFLICTS:
            self.conflicts += 1
            measures.BATCHES.labels("conflict").inc()
            log.warning("read conflict, endorsing anew", **flight.named(), conflicts=self.conflicts)
            if self.conflicts == CONFLICTS_ALARMING:
                log.error("alarm: busy, read conflicts do not end", batch=flight.batch)
            if self.conflicts > 1:
                self._smaller()
            self._wait(min(0.02 * self.conflicts, BACK_OFF_SECONDS[-1]))
        else:
            log.error("alarm: transaction invalid", **flight.named(), code=code)
            measures.BATCHES.labels("invalid").inc()
            self._wait(DEFECT_SECONDS)
        self.stale = True

    def _back(self, flight: Flight) -> None:
        """The same commands first, in the same order; executions are read from the book anew."""
        self.leftover = list(flight.submissions) + self.leftover
        self.flight = None

    def _suspect(self, flight: Flight) -> None:
        """A command that the ledger refuses to run even alone must not stop those behind it."""
        self.alone = self.alone + 1 if len(flight.commands) == 1 else 0
        if self.alone >= ALONE_AT_MOST and flight.submissions:
            self.alone = 0
            (culprit,) = flight.submissions
            self.leftover = [one for one in self.leftover if one.arrival != culprit.arrival]
            self.aside[culprit.arrival] = culprit
            log.error("alarm: command set aside", party=culprit.party, id=culprit.id, function=culprit.function)

    def _smaller(self) -> None:
        self.size = max(1, self.size // 2)

    def _wait(self, seconds: float) -> None:
        self.not_before = clock.monotonic() + seconds

    def _await(self, flight: Flight, seconds: float) -> None:
        flight.resend_at = clock.monotonic() + (seconds or RESEND_AFTER_SECONDS[0])


def _fit(executions: list[Signed], submissions: list[Waiting]) -> tuple[list[Signed], list[Waiting]]:
    """As much of each, in order, as one transaction may carry."""
    left = MOST_BYTES
    taken: list[int] = []
    for jws in [one.jws for one in executions] + [one.jws for one in submissions]:
        left -= len(jws)
        if left < 0 and taken:
            break
        taken.append(len(jws))
    first = taken[: len(executions)]
    return executions[: len(first)], submissions[: len(taken) - len(first)]
