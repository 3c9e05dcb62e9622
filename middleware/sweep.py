"""What the worker looks after now and then: what lapsed, the newly admitted, commands that cannot run or did not."""

from datetime import timedelta

import structlog
from sqlalchemy import select

from middleware import clock, ids, relay, room
from middleware.database import Database
from middleware.errors import Error
from middleware.lane import Lane
from middleware.lease import Lease
from middleware.matching import Matcher
from middleware.models.instruction import Instruction
from middleware.models.submission import Submission
from middleware.services import offers, onboarding, signups

log = structlog.get_logger(__name__)
NO_OUTCOME_AFTER = timedelta(minutes=10)
EXPIRED_FOR = timedelta(seconds=60)
EXPIRE_AT_ONCE = 100
EXPIRE_AGAIN_SECONDS = 300.0


class Sweep:
    """The worker's housekeeping; every write is guarded by its lease."""

    def __init__(self, database: Database, lease: Lease, lane: Lane) -> None:
        self._database = database
        self._lease = lease
        self._lane = lane
        self._expiring: dict[str, float] = {}
        self._halted: dict[str, str] = {}
        self._alarmed: set[int] = set()

    def orders(self, matcher: Matcher) -> None:
        """Free what lapsed orders and unmet instructions hold, signed by the venue; tell of what stopped trading."""
        now = clock.monotonic()
        self._expiring = {order: at for order, at in self._expiring.items() if now - at < EXPIRE_AGAIN_SECONDS}
        lapsed = [one for one in matcher.lapsed(EXPIRE_AT_ONCE) if one not in self._expiring]
        if lapsed:
            self._expire(matcher.venue, "order", lapsed)
        alleged = [one for one in self._unmet() if one not in self._expiring]
        if alleged:
            self._expire(matcher.venue, "instruction", alleged)
        for instrument, why in matcher.halted.items():
            if self._halted.get(instrument) != why and why != "suspended":
                log.error("alarm: matching stopped", instrument=instrument, reason=why)
        self._halted = matcher.halted

    def applications(self) -> None:
        """Send the qualifications of whom the ledger has admitted, as the operator who approved them has decided."""
        with self._database.reading() as session:
            if not onboarding.pending(session):
                return
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            log.info("qualifying the admitted", applications=onboarding.follow(session))
            session.commit()

    def persons(self) -> None:
        """Keep nothing of those who never handed in what they began, nor of logins that nobody used."""
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            drafts, logins = onboarding.tidy(session), signups.tidy(session)
            session.commit()
        if drafts or logins:
            log.info("forgot what was never handed in", drafts=drafts, logins=logins)

    def acceptances(self) -> None:
        """Let what follows from an accepted offer follow: its maker's signature, or an end where the ledger said no."""
        with self._database.reading() as session:
            if not offers.pending(session):
                return
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            offers.follow(session)
            session.commit()

    def aside(self) -> None:
        """Make final what was set aside and has expired: no ledger can run it any more."""
        for waiting in list(self._lane.aside.values()):
            if waiting.expires_at + EXPIRED_FOR < clock.now():
                with self._database.writing() as session:
                    self._lease.guard(session.connection())
                    relay.abandon(session.connection(), waiting.arrival)
                    session.commit()
                self._lane.give_up(waiting.arrival)

    def disks(self) -> None:
        """Raise an alarm, for as long as it lasts, where a disk is full: nodes end there, and say so nowhere."""
        left, folder = room.least(self._database.config.state)
        if left < room.FULL_BYTES:
            room.alarm(what=str(folder))

    def stuck(self) -> None:
        """Raise an alarm, once, for every command that has had no outcome for ten minutes."""
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            relay.lapse(session.connection(), clock.now() - EXPIRED_FOR)
            query = select(Submission.arrival, Submission.party, Submission.id, Submission.function, Submission.status)
            old = query.where(Submission.status != "done", Submission.created_at < clock.now() - NO_OUTCOME_AFTER)
            found = session.execute(old.order_by(Submission.arrival).limit(100)).all()
            session.commit()
        for row in found:
            if row.arrival not in self._alarmed:
                self._alarmed.add(row.arrival)
                named = {"party": row.party, "id": row.id, "function": row.function, "status": row.status}
                log.error("alarm: command without an outcome for ten minutes", **named)

    def _unmet(self) -> list[str]:
        """The terms of instructions that the other side has not signed in time."""
        late = select(Instruction.terms).where(Instruction.status == "alleged", Instruction.good_till <= clock.now())
        with self._database.reading() as session:
            return list(session.scalars(late.order_by(Instruction.ordinal).limit(EXPIRE_AT_ONCE)))

    def _expire(self, venue: str, noun: str, lapsed: list[str]) -> None:
        function, field = {"order": ("order:expire", "order"), "instruction": ("instruction:expire", "terms")}[noun]
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            wishes = [
                relay.Wish(function=function, args={field: one}, signer=venue, id=ids.new(), group=one)
                for one in lapsed
            ]
            answers = relay.enqueue_many(session, wishes)
            session.commit()
        self._expiring |= dict.fromkeys(lapsed, clock.monotonic())
        refused = [str(one) for one in answers if isinstance(one, Error)]
        log.info("expiring", noun=noun, count=len(lapsed), refused=refused[:1])
