"""Notices: what happened to entries, stored in the commit that made it happen."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import clock
from middleware.models.entry import Entry, Notice
from middleware.models.mandate import Mandate

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Noticed:
    """That something happened to an entry; `parties` may know: its broker, its owner, and who may sign for him."""

    number: int
    entry: str
    parties: tuple[str, ...]


def last(session: Session) -> int:
    """The number of the newest notice."""
    return session.scalar(select(func.max(Notice.number))) or 0


def after(session: Session, number: int) -> list[Noticed]:
    """The notices after a number, oldest first."""
    query = select(Notice.number, Notice.entry, Notice.broker, Notice.owner).where(Notice.number > number)
    found = session.execute(query.order_by(Notice.number).limit(MOST_AT_ONCE)).all()
    agents = defaultdict[str, set[str]](set)
    mandates = select(Mandate.owner, Mandate.agent).where(Mandate.owner.in_({row.owner for row in found}))
    for owner, agent in session.execute(mandates.where(Mandate.affirmation == "none", Mandate.status == "active")):
        agents[owner].add(agent)
    return [
        Noticed(row.number, row.entry, tuple(sorted({row.broker, row.owner, *agents[row.owner]} - {""})))
        for row in found
    ]


def of(entry: Entry, kind: str, *, client_id: str = "", code: str = "", reason: str = "", text: str = "") -> Notice:
    """A notice of what has just happened to an entry. `client_id` is the broker's name of the message it answers."""
    return Notice(
        at=clock.now(),
        kind=kind,
        entry=entry.id,
        group=entry.group,
        order=entry.order,
        broker=entry.broker,
        owner=entry.owner,
        session=entry.session,
        client_id=client_id,
        code=code,
        reason=reason,
        text=text,
    )
