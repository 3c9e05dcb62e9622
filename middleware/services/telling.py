"""What a session is told next, with everything that the words need: names, standing, terms, confirmations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from middleware.models.entry import ClientId, Entry
from middleware.models.report import Report
from middleware.services import confirmations, feed, instruments, messages, naming, reports, sessions, standing
from middleware.services.feed import Cursor, Told
from middleware.services.instruments import Named
from middleware.services.naming import Names
from middleware.services.standing import Standing

__all__ = ["Cursor", "Listener", "Told", "Word"]
LIMIT = 200
_UNKNOWN = Standing(0, 0, 0, 0, "rejected")
_NO_TERMS = Named("", "", "", 0)


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to tell. `row` is the order as it was entered; `raw` the message that is answered, where one is;
    `earlier` the report that a bust or a correction takes back. `again`: it may have been told before.
    `copy`: it is another session's."""

    told: Told
    row: Mapping[str, Any]
    names: Names
    standing: Standing
    terms: Named
    raw: str
    earlier: str
    confirmation: Mapping[str, Any] | None
    again: bool
    copy: bool


class Listener:
    """One session's place in the feed. It hears of what came through it; with `copies`, of all the broker's orders."""

    def __init__(self, session: str, *, broker: str, copies: bool) -> None:
        self.consumer = sessions.consumer(session)
        self._broker = broker
        self._session = session
        self._copies = copies
        self._place: Cursor | None = None
        self._coming: Cursor | None = None
        self._doubt = Cursor()
        self._terms: dict[str, Named] = {}

    def next(self, session: Session) -> list[Word]:
        """What comes next: attempted from the caller's commit on, who then says `committed`, sends, and settles."""
        if self._place is None:
            self._place, self._doubt = feed.cursors(session, self.consumer)
        self._coming = self._place
        told = feed.after(session, self._place, LIMIT, broker=self._broker)
        if not told:
            return []
        words = self._words(session, [one for one in told if self._concerns(one)])
        feed.tell(session, self.consumer, self._place)
        feed.attempt(session, self.consumer, told[-1].cursor)
        self._coming = told[-1].cursor
        return words

    def committed(self) -> None:
        """What `next` gave is on its way."""
        self._place = self._coming

    def is_behind(self, session: Session) -> bool:
        """Whether there is anything to look at."""
        return self._place is None or bool(feed.after(session, self._place, 1, broker=self._broker))

    def settle(self, session: Session) -> None:
        """What was attempted has been sent. The use case commits."""
        if self._place is not None:
            feed.tell(session, self.consumer, self._place)

    def _concerns(self, told: Told) -> bool:
        return self._copies or _through(told) == self._session

    def _words(self, session: Session, told: Sequence[Told]) -> list[Word]:
        groups = [_group(one) for one in told]
        names = naming.of_groups(session, [group for group in groups if group])
        entered = _entered(session, groups)
        raws = messages.raws(session, [number for one in told if (number := one.payload.get("message"))])
        return [self._word(session, one, names, entered, raws) for one in told]

    def _word(
        self,
        session: Session,
        told: Told,
        names: Mapping[str, Sequence[ClientId]],
        entered: Mapping[str, Sequence[Entry]],
        raws: Mapping[int, str],
    ) -> Word:
        group = entered.get(_group(told), ())
        row = _row(told, group)
        named = naming.of_step(names.get(_group(told), ()), told.kind, told.payload)
        if not self._copies:
            naming.answered(session, named, told.kind)
        trade = told.payload if told.kind == "trade" and row and not self._copies else None
        return Word(
            told=told,
            row=row,
            names=named,
            standing=standing.of_told(session, told, group) if group else _UNKNOWN,
            terms=self._terms_of(session, row),
            raw=raws.get(told.payload.get("message") or 0, ""),
            earlier=_earlier(session, told) if told.kind in ("bust", "correct") else "",
            confirmation=confirmations.make(session, trade["trade"], trade["order"]) if trade else None,
            again=_between(told.cursor, self._doubt),
            copy=_through(told) != self._session,
        )

    def _terms_of(self, session: Session, row: Mapping[str, Any]) -> Named:
        code = row.get("instrument", "")
        if code and code not in self._terms:
            self._terms[code] = instruments.find(session, code=code)
        return self._terms.get(code, _NO_TERMS)


def _through(told: Told) -> str:
    """The session that something came through; "" where it came by REST."""
    entered = told.payload.get("entered") or {}
    return str(told.payload.get("session") or entered.get("session", ""))


def _group(told: Told) -> str:
    entered = told.payload.get("entered") or {}
    return str(told.payload.get("group") or entered.get("group", ""))


def _entered(session: Session, groups: Sequence[str]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in session.scalars(select(Entry).where(Entry.group.in_(set(groups))).order_by(Entry.number)):
        found.setdefault(entry.group, []).append(entry)
    return found


def _row(told: Told, group: Sequence[Entry]) -> dict[str, Any]:
    """The allocation that is spoken of, with the limit that it has now."""
    id = told.payload.get("entry") or told.payload.get("order", "").partition(":")[2]
    entry = next((one for one in group if one.id == id), group[0] if group else None)
    if entry is None:
        return {}
    names = ("group", "account", "instrument", "side", "limit_minor", "broker", "owner")
    row = {name: getattr(entry, name) for name in names} | {"good_till": entry.args["good_till"]}
    limit = told.payload.get("limit_minor") if told.source == "report" else None
    return row | ({"limit_minor": limit} if limit is not None else {})


def _between(place: Cursor, doubt: Cursor) -> bool:
    """Whether what ends at this place lies before the end of what was attempted in an earlier life."""
    return (place.block, place.index) <= (doubt.block, doubt.index) and place.notice <= doubt.notice


def _earlier(session: Session, told: Told) -> str:
    """The report of the execution that is taken back."""
    before = tuple_(Report.block, Report.index) < tuple_(told.payload["block"], told.payload["index"])
    query = select(Report.block, Report.index).where(Report.order == told.payload["order"], before)
    query = query.where(Report.trade == told.payload["trade"], Report.kind.in_(("trade", "correct")))
    row = session.execute(query.order_by(Report.block.desc(), Report.index.desc()).limit(1)).one_or_none()
    return reports.name(row[0], row[1]) if row else ""
