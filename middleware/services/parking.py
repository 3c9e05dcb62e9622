"""The queue of executions: what waits, what was parked and why, and what operator or exchange do about it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from middleware import policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.execution import Execution
from middleware.models.submission import Submission
from middleware.services import executions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.submissions import Intent

STATUSES = ("waiting", "paired", "reported", "settled", "claimed", "parked", "dismissed")
AT_ONCE = 200


def index(
    session: Session, principal: Principal, *, page: Page, status: str = "", venue: str = "", kind: str = ""
) -> Listing:
    """What exchanges have told, newest first."""
    query = select(*_COLUMNS).where(policy.visible(principal, Execution))
    for column, value in ((Execution.status, status), (Execution.venue, venue), (Execution.kind, kind)):
        if value:
            query = query.where(column == value)
    found = listing(session, query, Execution.number, page=page, descending=True)
    return Listing([_view(principal, row) for row in found.items], found.next)


def show(session: Session, principal: Principal, number: int) -> Row:
    """One execution, with the message as it came."""
    query = select(*_COLUMNS).where(Execution.number == number, policy.visible(principal, Execution))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no execution {number}", reason="execution")
    return _view(principal, dict(row))


def retry(session: Session, principal: Principal, intent: Intent, number: int) -> Row:
    """Decide again on what was parked, under a new command id: an id and its outcome are for ever. One commit."""
    view = show(session, principal, number)
    row = session.get_one(Execution, number)
    if row.id == intent.id:
        return view
    if not view["retryable"]:
        raise Error("wrong_status", f"the execution {row.reference} is {row.status}{_why(row)}", reason="execution")
    if _used(session, row.venue, intent.id):
        raise Error("duplicate", f"{intent.id} was used before", reason="id", field="Idempotency-Key")
    row.id = intent.id
    executions.decide(session, row)
    session.commit()
    relay.push(session)
    return show(session, principal, number)


def dismiss(session: Session, principal: Principal, number: int, *, reason: str) -> Row:
    """Take it off the queue, with who did it and why. Nothing of it is ever settled. One commit."""
    view = show(session, principal, number)
    row = session.get_one(Execution, number)
    note = f"{principal.party}, {principal.username}: {reason}"
    if (row.status, row.note) == ("dismissed", note):
        return view
    if not view["dismissable"]:
        raise Error("wrong_status", f"the execution {row.reference} is {row.status}", reason="execution")
    executions.turn(row, "dismissed", code=row.code, reason=row.reason, message=row.message)
    row.note = note
    session.commit()
    return show(session, principal, number)


def is_overdue(session: Session, now: datetime) -> bool:
    """Whether there is anything to park: asked without the right to write, which others want too."""
    return bool(session.execute(_overdue(session, now).limit(1)).first())


def park_overdue(session: Session, now: datetime) -> int:
    """Park lone sides whose other side has not come in time, and what no block will tell of; how many. One commit.

    The ledger's refusals park by themselves. Here remain commands that ended without one: expired on their way, or
    under a key that is not the exchange's any more.
    """
    found = session.execute(_overdue(session, now).limit(AT_ONCE)).all()
    for row, ended in found:
        if ended is None:
            message = f"the other side of {row.match or row.reference} is not on the ledger"
            executions.park(row, message, code="not_found", reason=executions.OTHER_SIDE)
        else:
            executions.park(row, ended.message, code=ended.code, reason=ended.reason)
    session.commit()
    return len(found)


def _overdue(session: Session, now: datetime) -> Any:
    since = now - timedelta(seconds=session.info["config"].pair_seconds)
    ended = and_(Submission.party == Execution.venue, Submission.id == Execution.id, Submission.status == "done")
    waited = and_(Execution.status == "waiting", Execution.changed_at <= since)
    refused = and_(Execution.status == "reported", Submission.code != "")
    query = select(Execution, Submission).outerjoin(Submission, and_(ended, Execution.status == "reported"))
    return query.where(Execution.status.in_(("waiting", "reported")), or_(waited, refused)).order_by(Execution.number)


def _used(session: Session, venue: str, id: str) -> bool:
    known = session.scalar(select(Execution.number).where(Execution.id == id))
    return known is not None or relay.find(session, venue, id) is not None


def _why(row: Execution) -> str:
    return f" ({row.message})" if row.message else ""


def _view(principal: Principal, row: Row) -> Row:
    deals = principal.has("operator") or row["venue"] == principal.party
    parked = row["status"] == "parked" and deals
    readable = row["reason"] != executions.UNREADABLE
    return {**row, "retryable": parked and readable, "dismissable": parked}


_COLUMNS = tuple(Execution.__table__.columns)
