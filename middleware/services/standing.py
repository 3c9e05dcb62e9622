"""How a broker's order stands, all its allocations together, at a place of the feed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from middleware.models.entry import Entry, Notice
from middleware.models.order import OPEN
from middleware.models.report import Report
from middleware.services.feed import Cursor, Told

_ENDS = {"declined": "rejected", "lapsed": "rejected", "withdrawn": "cancelled"}
_OF_THE_ORDER = ("quantity", "filled", "spent_minor", "status")


@dataclass(frozen=True, slots=True)
class Standing:
    """Quantity = filled + remaining while it lives. status: pending_new, or as orders have it."""

    quantity: int
    filled: int
    remaining: int
    spent_minor: int
    status: str

    @property
    def lives(self) -> bool:
        """Whether anything may still happen to it by itself."""
        return self.status == "pending_new" or self.status in OPEN


def of_told(session: Session, told: Told, group: Sequence[Entry]) -> Standing:
    """The broker's order that something is told of, as it stood after it."""
    places = {entry.order: entry for entry in group if entry.order}
    last = _last_reports(session, places, told.cursor) if places else {}
    ended = _ended(session, group, told.cursor)
    return whole([_part(entry, last.get(entry.order), ended.get(entry.id, "")) for entry in group])


def _last_reports(session: Session, orders: Iterable[str], cursor: Cursor) -> dict[str, Mapping[str, Any]]:
    columns = (Report.order, *(getattr(Report, name) for name in _OF_THE_ORDER))
    until = tuple_(Report.block, Report.index) <= tuple_(cursor.block, cursor.index)
    query = select(*columns).where(Report.order.in_(list(orders)), until).order_by(Report.block, Report.index)
    return {row["order"]: dict(row) for row in session.execute(query).mappings()}


def _ended(session: Session, group: Sequence[Entry], cursor: Cursor) -> dict[str, str]:
    """Entries that ended before anybody affirmed them, and how."""
    if not any(entry.status in _ENDS for entry in group):
        return {}
    query = select(Notice.entry, Notice.kind).where(Notice.group == group[0].group, Notice.number <= cursor.notice)
    return {entry: _ENDS[kind] for entry, kind in session.execute(query.where(Notice.kind.in_(_ENDS)))}


def _part(entry: Entry, report: Mapping[str, Any] | None, ended: str) -> Standing:
    if ended:
        return Standing(entry.quantity, 0, 0, 0, ended)
    if report is None:
        return Standing(entry.quantity, 0, entry.quantity, 0, "pending_new")
    quantity = entry.quantity if report["quantity"] is None else report["quantity"]
    filled, open_ = report["filled"], report["status"] in OPEN
    return Standing(quantity, filled, quantity - filled if open_ else 0, report["spent_minor"], report["status"])


def whole(parts: Sequence[Standing]) -> Standing:
    """All allocations as one order. While it lives, what has ended unfilled does not count any more."""
    filled, remaining = sum(part.filled for part in parts), sum(part.remaining for part in parts)
    lives = any(part.lives for part in parts)
    quantity = filled + remaining if lives else sum(part.quantity for part in parts)
    spent = sum(part.spent_minor for part in parts)
    return Standing(quantity, filled, remaining, spent, _status(parts, filled, lives=lives))


def _status(parts: Sequence[Standing], filled: int, *, lives: bool) -> str:
    statuses = {part.status for part in parts}
    if len(parts) == 1:
        return parts[0].status
    if lives:
        return "partially_filled" if filled else "new" if statuses & {"new"} else "pending_new"
    order = ("cancelled", "expired", "rejected", "filled")
    return next(status for status in order if status in statuses)
