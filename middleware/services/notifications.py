"""Notifications: one inbox of what concerns a party, read from the tables of its nouns.

Nothing is stored twice: each source asks one table, by an index of it, for the newest rows that a party should hear of.
What a user has read is stored, by the notification's id, which is the same whenever it is asked for.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from middleware import clock
from middleware.auth import Principal
from middleware.models.notification import NotificationMark, NotificationRead
from middleware.services.pages import Listing, Row
from middleware.services.tidings import KINDS, MOST, SOURCES

__all__ = ["KINDS", "count", "index", "read"]
REMEMBERED = timedelta(days=30)
# A block may be told of a little after its time, so what is newer than this is marked one by one.
SETTLED = timedelta(days=1)


def index(session: Session, principal: Principal, *, unread: bool = False) -> Listing:
    """What concerns the principal, newest first; each with whether he has read it."""
    rows = _all(session, principal)
    known = _known(session, principal, rows)
    marked = [{**row, "read": row["id"] in known} for row in rows]
    return Listing([row for row in marked if not (unread and row["read"])], "")


def count(session: Session, principal: Principal) -> int:
    """How many of them he has not read."""
    return len(index(session, principal, unread=True).items)


def read(session: Session, principal: Principal, *, ids: Sequence[str] = ()) -> int:
    """Mark these as read, or all there are; answers how many are left."""
    fresh = index(session, principal, unread=True).items
    now = clock.now()
    for row in fresh:
        if not ids or row["id"] in ids:
            session.merge(NotificationRead(user=principal.number, notification=row["id"], at=row["at"]))
    if not ids:
        _settle(session, principal, now - SETTLED)
    session.commit()
    return count(session, principal)


def _settle(session: Session, principal: Principal, until: datetime) -> None:
    """Everything up to an instant is read: what was marked one by one before it needs no row any more."""
    session.merge(NotificationMark(user=principal.number, until=max(until, _floor(session, principal))))
    older = (NotificationRead.user == principal.number, NotificationRead.at <= until)
    session.execute(delete(NotificationRead).where(*older))


def _floor(session: Session, principal: Principal) -> datetime:
    mark = session.get(NotificationMark, principal.number)
    return mark.until if mark else max(principal.created_at, clock.now() - REMEMBERED)


def _known(session: Session, principal: Principal, rows: Sequence[Row]) -> set[str]:
    floor = _floor(session, principal)
    query = select(NotificationRead.notification).where(NotificationRead.user == principal.number)
    return {row["id"] for row in rows if row["at"] <= floor} | set(session.scalars(query))


def _all(session: Session, principal: Principal) -> list[Row]:
    rows = [row for source in SOURCES for row in source(session, principal)]
    return sorted(rows, key=lambda row: (row["at"], row["id"]), reverse=True)[:MOST]
