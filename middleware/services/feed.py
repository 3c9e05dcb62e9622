"""The feed: reports and notices in order, and how far each session, exchange link or webhook has been told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from middleware.models import entry as models
from middleware.models.account import Account
from middleware.models.entry import Entry, Notice
from middleware.models.report import Report
from middleware.services import reports

BATCH = 500


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in both streams: after this report, after this notice."""

    block: int = -1
    index: int = -1
    notice: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell. `id` is the same however often it is told; `cursor` is the place after it.

    source: report, notice. `parties` may know of it. `payload` is the row, for a report with the entry it came from.
    """

    id: str
    source: str
    kind: str
    at: datetime
    parties: tuple[str, ...]
    payload: dict[str, Any]
    cursor: Cursor


def after(session: Session, cursor: Cursor, limit: int = BATCH, *, broker: str = "", venue: str = "") -> list[Told]:
    """What came after a place: notices first, as an entry comes before its order. Of one broker or venue, or all."""
    told = _notices(session, cursor, limit, broker) if not venue else []
    last = told[-1].cursor if told else cursor
    return told + _reports(session, last, limit - len(told), broker, venue)


def latest(session: Session) -> Cursor:
    """The present end of the feed: where one begins who wants to hear of what comes."""
    row = session.execute(
        select(Report.block, Report.index).order_by(Report.block.desc(), Report.index.desc()).limit(1)
    )
    place = row.one_or_none()
    notice = session.scalar(select(func.max(Notice.number))) or 0
    return Cursor(place[0], place[1], notice) if place else Cursor(notice=notice)


def cursors(session: Session, consumer: str) -> tuple[Cursor, Cursor]:
    """How far a consumer has been told for sure, and how far perhaps. One that is new begins at the end."""
    row = session.get(models.Cursor, consumer)
    if row is None:
        here = latest(session)
        session.add(models.Cursor(consumer=consumer, **_columns("told", here), **_columns("attempted", here)))
        session.flush()
        return here, here
    return _of(row, "told"), _of(row, "attempted")


def attempt(session: Session, consumer: str, cursor: Cursor) -> None:
    """What comes up to here is about to be sent. Commit before sending."""
    _set(session, consumer, "attempted", cursor)


def tell(session: Session, consumer: str, cursor: Cursor) -> None:
    """What comes up to here was sent."""
    _set(session, consumer, "told", cursor)


def _set(session: Session, consumer: str, which: str, cursor: Cursor) -> None:
    row = session.get_one(models.Cursor, consumer)
    for name, value in _columns(which, cursor).items():
        setattr(row, name, value)


def _columns(which: str, cursor: Cursor) -> dict[str, int]:
    return {f"{which}_{name}": getattr(cursor, name) for name in ("block", "index", "notice")}


def _of(row: models.Cursor, which: str) -> Cursor:
    return Cursor(*(getattr(row, f"{which}_{name}") for name in ("block", "index", "notice")))


def _notices(session: Session, cursor: Cursor, limit: int, broker: str) -> list[Told]:
    query = select(Notice).where(Notice.number > cursor.notice, *_only(Notice.broker, broker))
    found = list(session.scalars(query.order_by(Notice.number).limit(limit)))
    entered = _entries(session, [notice.entry for notice in found])
    return [_notice(notice, entered.get(notice.entry, {}), cursor) for notice in found]


def _notice(notice: Notice, entry: dict[str, Any], cursor: Cursor) -> Told:
    row = {column.name: getattr(notice, column.name) for column in Notice.__table__.columns}
    return Told(
        id=f"N{notice.number}",
        source="notice",
        kind=notice.kind,
        at=notice.at,
        parties=tuple(sorted({notice.broker, notice.owner} - {""})),
        payload={**row, "entered": entry},
        cursor=Cursor(cursor.block, cursor.index, notice.number),
    )


def _reports(session: Session, cursor: Cursor, limit: int, broker: str, venue: str) -> list[Told]:
    if limit <= 0:
        return []
    query = select(Report, Account.custodian).outerjoin(Account, Account.id == Report.account)
    query = query.where(tuple_(Report.block, Report.index) > tuple_(cursor.block, cursor.index))
    query = query.where(*_only(Report.broker, broker), *_only(Report.venue, venue))
    found = session.execute(query.order_by(Report.block, Report.index).limit(limit)).all()
    entered = _entries(session, [report.order.partition(":")[2] for report, _ in found if report.broker])
    return [_report(report, custodian or "", entered, cursor) for report, custodian in found]


def _report(report: Report, custodian: str, entered: dict[str, dict[str, Any]], cursor: Cursor) -> Told:
    row = {column.name: getattr(report, column.name) for column in Report.__table__.columns}
    signer, _, id = report.order.partition(":")
    parties = {report.owner, report.broker, report.venue, custodian, signer} - {""}
    return Told(
        id=reports.name(report.block, report.index),
        source="report",
        kind=report.kind,
        at=report.at,
        parties=tuple(sorted(parties)),
        payload={**reports.view(row), "entered": entered.get(id, {})},
        cursor=Cursor(report.block, report.index, cursor.notice),
    )


def _entries(session: Session, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What brokers entered, by id: session, name and block order of each."""
    columns = [column for column in Entry.__table__.columns if column.name != "jws"]
    found = session.execute(select(*columns).where(Entry.id.in_(set(ids)))).mappings()
    return {row["id"]: dict(row) for row in found}


def _only(column: Any, value: str) -> list[ColumnElement[bool]]:
    return [column == value] if value else []
