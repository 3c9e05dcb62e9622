"""Affirmations: an investor, or his agent, signs what a broker entered for him; or declines, or lets the time pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from middleware import clock, ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.entry import Entry
from middleware.models.mandate import Mandate
from middleware.models.submission import Submission
from middleware.services import entries, notices, submissions
from middleware.services.blotter import PLACE

MOST_AT_ONCE = 200
LAPSE_AT_ONCE = 500
AWAITING = "awaiting_affirmation"


@dataclass(frozen=True, slots=True)
class Affirmation:
    """An entry to affirm and, where the affirmer keeps his own key, `order:place` under the entry's id, signed."""

    entry: str
    jws: str = ""


def affirm(session: Session, principal: Principal, wanted: Sequence[Affirmation]) -> list[Submission | Error]:
    """Sign entries, one or many: each becomes an order. An answer for each, in order; one commit."""
    checked = [_checked(session, principal, one) for one in wanted]
    wishes = [one for one in checked if isinstance(one, relay.Wish)]
    stored = iter(relay.enqueue_many(session, wishes) if wishes else ())
    answers = [next(stored) if isinstance(one, relay.Wish) else one for one in checked]
    for one, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Submission):
            _decide(session, one.entry, "affirmed", principal, order=ids.reference(principal.party, one.entry))
    session.commit()  # from here none of them can be lost
    relay.push(session)
    return answers


def _checked(session: Session, principal: Principal, wanted: Affirmation) -> relay.Wish | Error:
    try:
        entry = entries.show(session, principal, wanted.entry)
        may_decide(session, principal, entry)
        if entry.order != ids.reference(principal.party, entry.id):  # not a repetition
            _wait(entry)
        if wanted.jws:
            submissions.verify(session, wanted.jws)
    except Error as error:
        return error
    return relay.Wish(function=PLACE, args=entry.args, signer=principal.party, id=entry.id, jws=wanted.jws or None)


def decline(session: Session, principal: Principal, id: str, *, reason: str) -> Entry:
    """Refuse an entry; its broker is told why."""
    entry = entries.show(session, principal, id)
    may_decide(session, principal, entry)
    _end(session, principal, [entry], "declined", reason)
    session.commit()
    relay.push(session)
    return entry


def withdraw(session: Session, principal: Principal, id: str, *, client_id: str = "") -> list[Entry]:
    """Take back what the principal has entered, all allocations of it, as long as nobody has affirmed."""
    entry = entries.show(session, principal, id)
    ended = take_back(session, principal, entries.of_group(session, entry.group), client_id=client_id)
    if not ended:
        _wait(entry)
    session.commit()
    relay.push(session)
    return ended


def take_back(session: Session, principal: Principal, entered: Sequence[Entry], *, client_id: str = "") -> list[Entry]:
    """Withdraw those that nobody has affirmed yet; the use case commits."""
    for entry in entered:
        if entry.broker != principal.party:
            raise Error("forbidden", f"{entry.broker} has entered this, not {principal.party}", reason="broker")
    return _end(
        session, principal, [one for one in entered if one.status == AWAITING], "withdrawn", "", client_id=client_id
    )


def is_late(session: Session, now: datetime) -> bool:
    """Whether anything was not affirmed in time."""
    return session.scalar(select(Entry.number).where(*_late(now)).limit(1)) is not None


def lapse(session: Session, now: datetime) -> int:
    """End what nobody has affirmed in time; answers how many."""
    late = list(session.scalars(select(Entry).where(*_late(now)).limit(LAPSE_AT_ONCE)))
    for entry in late:
        _decide(session, entry.id, "lapsed", None, reason="Nobody affirmed it in time.")
    session.commit()
    return len(late)


def _late(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Entry.status == AWAITING, Entry.affirm_by <= now


def may_decide(session: Session, principal: Principal, entry: Entry) -> None:
    """Refuse whoever is neither the owner nor an agent that may sign for him."""
    if entry.owner == principal.party:
        return
    mandate = session.get(Mandate, (entry.owner, principal.party)) if principal.has(*policy.TRADERS) else None
    if mandate is None or mandate.affirmation != "none" or not _in_force(mandate):
        message = f"{principal.party} may not sign for {entry.owner}"
        raise Error("forbidden", message, reason="mandate")


def _in_force(mandate: Mandate) -> bool:
    return mandate.status == "active" and mandate.good_till > clock.now()


def affirmable(session: Session, principal: Principal, found: Sequence[Entry]) -> set[str]:
    """The ids of those that the principal could affirm now."""
    mine = select(Mandate).where(Mandate.agent == principal.party, Mandate.affirmation == "none")
    given = session.scalars(mine) if principal.has(*policy.TRADERS) else ()
    owners = {mandate.owner for mandate in given if _in_force(mandate)} | {principal.party}
    now = clock.now()
    return {one.id for one in found if one.status == AWAITING and one.owner in owners and one.affirm_by > now}


def _wait(entry: Entry) -> None:
    if entry.status != AWAITING:
        raise Error("wrong_status", f"the entry {entry.id} is {entry.status}", reason="entry")
    if entry.affirm_by <= clock.now():
        message = f"the entry {entry.id} could be affirmed until {clock.text(entry.affirm_by)}"
        raise Error("wrong_status", message, reason="affirm_by")


def _end(
    session: Session, principal: Principal, ended: Sequence[Entry], status: str, reason: str, *, client_id: str = ""
) -> list[Entry]:
    for entry in ended:
        _wait(entry)
        _decide(session, entry.id, status, principal, reason=reason, client_id=client_id)
    return list(ended)


def _decide(
    session: Session,
    id: str,
    status: str,
    by: Principal | None,
    *,
    order: str = "",
    reason: str = "",
    client_id: str = "",
) -> None:
    """Compare and set: of two who decide at once, the first is heard; a repetition changes nothing."""
    change = update(Entry).where(Entry.id == id, Entry.status == AWAITING)
    values = {"status": status, "order": order, "reason": reason, "decided_at": clock.now()}
    done = session.execute(change.values(**values, decided_by=by.party if by else ""))
    if getattr(done, "rowcount", 0):
        entry = session.scalars(select(Entry).where(Entry.id == id)).one()
        session.refresh(entry)
        session.add(notices.of(entry, status, client_id=client_id, text=reason))
        return
    entry = session.scalars(select(Entry).where(Entry.id == id)).one()
    if entry.status != status:
        raise Error("wrong_status", f"the entry {id} is {entry.status}", reason="entry")
