"""Offerings on their way to their end: the worker settles allotments part by part, and releases what came to nothing.

Nothing is remembered that could be lost. How far an offering is, the ledger says and the mirror repeats; what is
already sent stands in SQL. After a crash the next look goes on from there, and a part that was sent twice settles once,
because the ledger takes each part once and in its order. Signed with the venue's key, like everything that anybody may
sign; the platform keeps it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from middleware import allotting, clock, ids, relay
from middleware.allotting import Plan
from middleware.database import Database
from middleware.errors import Error
from middleware.lease import Lease
from middleware.models.offering import Offering
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.relay import Wish

log = structlog.get_logger(__name__)
SETTLE, RELEASE = "offering:settle", "offering:release"
PARTS_AT_ONCE = 20  # 500 subscribers: a batch of them still lets orders through within a moment
PARTS_AHEAD = 40  # the next batch waits while one is being committed
RELEASED_AT_ONCE = 50
RELEASES_AHEAD = 10
AGAIN_SECONDS = 30.0
SETTLED_WITHIN = timedelta(days=7)  # after allot_by, as the ledger has it


class Issuing:
    """Drives every offering of the ledger that is due; every write is guarded by the worker's lease."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease
        self._plans: dict[str, Plan] = {}
        self._tried: dict[str, tuple[Any, float]] = {}

    def step(self, signer: str) -> None:
        """Send what is due now and not on its way, at most a batch of it for each offering."""
        with self._database.reading() as session:
            due = session.scalars(select(Offering).where(_due()).order_by(Offering.ordinal)).all()
            wishes = [wish for one in due for wish in self._wishes(session, one, signer)]
        self._plans = {one.id: self._plans[one.id] for one in due if one.id in self._plans}
        if wishes:
            self._send(wishes)

    def _wishes(self, session: Session, offering: Offering, signer: str) -> list[Wish]:
        """The next commands of one offering; none while what was sent is on its way or has just been refused."""
        settles = offering.status == "allotting" and not _overdue(offering)
        function = SETTLE if settles else RELEASE
        sent = _on_their_way(session, offering.id, function)
        args = self._parts(session, offering, sent) if settles else _releases(session, offering, sent)
        place = (function, offering.part, offering.subscriptions, len(sent))
        if not args or self._in_vain(offering.id, place):
            return []
        return [Wish(function=function, args=one, signer=signer, id=ids.new(), group=offering.id) for one in args]

    def _parts(self, session: Session, offering: Offering, sent: Sequence[int]) -> list[dict[str, Any]]:
        """Parts from the ledger's cursor on, behind those that are on their way: a batch, and the next one."""
        plan = self._plan(session, offering)
        if plan is None or len(sent) >= PARTS_AHEAD:
            return []
        first = max([offering.part, *(part + 1 for part in sent)])
        end = min(first + PARTS_AT_ONCE, offering.part + PARTS_AHEAD, offering.parts)
        return [plan.args(part) for part in range(first, end)]

    def _plan(self, session: Session, offering: Offering) -> Plan | None:
        """The allotment that was signed, made again from the book; None when the two differ, which must not be."""
        if offering.id not in self._plans:
            book, terms = allotting.book(session, offering), offering.price_minor or 0
            try:
                plan = allotting.plan(offering.id, book, price_minor=terms, quantity=offering.allotted)
            except Error as error:
                self._alarm(offering, str(error))
                return None
            self._plans[offering.id] = plan
        plan = self._plans[offering.id]
        if plan.root != offering.root:
            self._alarm(offering, f"the book's root is {plan.root}, {offering.root} was signed")
            return None
        return plan

    def _alarm(self, offering: Offering, problem: str) -> None:
        if not self._in_vain(offering.id, problem):
            log.error("alarm: an allotment cannot be settled", offering=offering.id, problem=problem)

    def _in_vain(self, offering: str, place: Any) -> bool:
        """Whether the same was tried a moment ago, so that a refusal does not come back four times a second."""
        now = clock.monotonic()
        before, at = self._tried.get(offering, (None, 0.0))
        if before == place and now - at < AGAIN_SECONDS:
            return True
        self._tried[offering] = (place, now)
        return False

    def _send(self, wishes: Sequence[Wish]) -> None:
        with self._database.writing() as session:
            self._lease.guard(session.connection())
            answers = relay.enqueue_many(session, wishes)
            session.commit()
        refused = [str(one) for one in answers if isinstance(one, Error)]
        log.info("offerings go on", commands=len(wishes) - len(refused), first=wishes[0].group, refused=refused[:1])


def _due() -> ColumnElement[bool]:
    """Offerings with something to settle or to release."""
    now = clock.now()
    failing = or_(Offering.allot_by <= now, and_(Offering.closes_at <= now, Offering.subscribed < Offering.minimum))
    over = or_(Offering.status.in_(("cancelled", "failed", "settled")), and_(Offering.status == "open", failing))
    return or_(Offering.status == "allotting", and_(over, Offering.subscriptions > 0))


def _overdue(offering: Offering) -> bool:
    """Whether the ledger lets go of an allotment that could not be settled for a week."""
    return offering.allot_by + SETTLED_WITHIN <= clock.now()


def _on_their_way(session: Session, offering: str, function: str) -> list[int]:
    """The parts (or so many zeros) whose commands have no outcome yet."""
    query = select(Submission.args).where(Submission.status != "done", Submission.code == "")
    query = query.where(Submission.group == offering, Submission.function == function)
    return [int(args.get("part", "0")) for args in session.scalars(query)]


def _releases(session: Session, offering: Offering, sent: Sequence[int]) -> list[dict[str, Any]]:
    """The next subscriptions that came to nothing, once the last ones are done."""
    if sent:
        return []
    query = select(Subscription.subscriber).where(Subscription.offering == offering.id, Subscription.status == "open")
    query = query.order_by(Subscription.subscriber).limit(RELEASED_AT_ONCE * RELEASES_AHEAD)
    subscribers = list(session.scalars(query))
    groups = (subscribers[at : at + RELEASED_AT_ONCE] for at in range(0, len(subscribers), RELEASED_AT_ONCE))
    return [{"offering": offering.id, "subscribers": group} for group in groups]
