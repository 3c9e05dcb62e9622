"""The lines of a register, largest first: today's from the holdings, an earlier day's from the movements."""

import threading
from bisect import bisect_left
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from middleware.models.account import Account
from middleware.models.holding import Holding, Movement, RegisterPart
from middleware.models.party import PartyName
from middleware.services.cuts import Cut

KEPT, MOST_KEPT = 3, 300_000  # registers of earlier days, and lines in all of them
FEW = 500  # owners whose accounts are asked for one by one
_AT_ONCE = 2_000

Last = tuple[int, str]


class Line(NamedTuple):
    """What one account holds. Lines compare by quantity, then by account."""

    quantity: int
    account: str
    reserved: int
    owner: str
    custodian: str
    kind: str


class Sum(NamedTuple):
    """What accounts of one kind at one custodian hold together."""

    custodian: str
    kind: str
    quantity: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which lines are wanted: of a custodian, of a kind of account, of an investor by code or by a part of his name."""

    custodian: str = ""
    kind: str = ""
    investor: str = ""
    owners: frozenset[str] = frozenset()  # whom `investor` means, once `found`


def found(session: Session, wanted: Narrowed) -> Narrowed:
    """The same, with the parties of this code or with this in their name looked up once."""
    if not wanted.investor or wanted.owners:
        return wanted
    forms = {wanted.investor.lower()}
    if not wanted.investor.isascii():  # SQLite knows capitals of ASCII only
        forms |= {wanted.investor.title(), wanted.investor.upper()}
    called = or_(*(func.lower(PartyName.name).contains(form, autoescape=True) for form in forms))
    owners = session.scalars(select(PartyName.party).where(called))
    return replace(wanted, owners=frozenset({*owners, wanted.investor.upper()}))


def read(session: Session, cut: Cut, wanted: Narrowed, *, after: Last | None = None, limit: int = 0) -> Iterator[Line]:
    """The lines that come after one, the largest first: all of them, or so many."""
    if cut.past:
        passed = _past(session, cut).after(after, found(session, wanted))
        return islice(passed, limit) if limit else passed
    query = _query(session, cut, found(session, wanted)).order_by(Holding.quantity.desc(), Holding.account.desc())
    if after:
        query = query.where(tuple_(Holding.quantity, Holding.account) < tuple_(*after))
    query = query.limit(limit) if limit else query.execution_options(yield_per=_AT_ONCE)
    return (Line(*row) for row in session.execute(query))


def sums(session: Session, cut: Cut) -> Sequence[Sum]:
    """What all lines add up to, by custodian and kind of account."""
    if cut.past:
        return _past(session, cut).sums
    columns = (RegisterPart.custodian, RegisterPart.kind, RegisterPart.quantity, RegisterPart.accounts)
    query = select(*columns).where(RegisterPart.instrument == cut.instrument, RegisterPart.accounts > 0)
    return [Sum(*row) for row in session.execute(query)]


def matching(session: Session, cut: Cut, wanted: Narrowed) -> tuple[int, int]:
    """The quantity and the number of the wanted lines."""
    if wanted.investor:
        quantities = [line.quantity for line in read(session, cut, wanted)]
        return sum(quantities), len(quantities)
    parts = [part for part in sums(session, cut) if _fits(part, wanted)]
    return sum(part.quantity for part in parts), sum(part.accounts for part in parts)


def names(session: Session, owners: Iterable[str]) -> dict[str, str]:
    """party → what it is called, where a name was entered."""
    query = select(PartyName.party, PartyName.name).where(PartyName.party.in_(set(owners)))
    return {row.party: row.name for row in session.execute(query)}


def _fits(part: Sum | Line, wanted: Narrowed) -> bool:
    return wanted.custodian in ("", part.custodian) and wanted.kind in ("", part.kind)


def _query(session: Session, cut: Cut, wanted: Narrowed) -> Select[*tuple[Any, ...]]:
    columns = (Holding.quantity, Holding.account, Holding.reserved, Holding.owner, Holding.custodian, Holding.kind)
    query = select(*columns).where(Holding.instrument == cut.instrument, Holding.quantity > 0)
    if wanted.custodian:
        query = query.where(Holding.custodian == wanted.custodian)
    if wanted.kind:
        query = query.where(Holding.kind == wanted.kind)
    if wanted.investor:
        query = query.where(_owned(session, wanted.owners))
    return query


def _owned(session: Session, owners: frozenset[str]) -> ColumnElement[bool]:
    """Of these owners: by their accounts where they are few, else by reading the whole register."""
    if len(owners) > FEW:
        return Holding.owner.in_(owners)
    return Holding.account.in_(session.scalars(select(Account.id).where(Account.owner.in_(owners))).all())


class _Past:
    """A register as of a block that others have followed: what was does not change any more."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = sorted(lines)
        parts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        for line in lines:
            part = parts[line.custodian, line.kind]
            part[0] += line.quantity
            part[1] += 1
        self.sums = [Sum(custodian, kind, *part) for (custodian, kind), part in parts.items()]

    def after(self, last: Last | None, wanted: Narrowed) -> Iterator[Line]:
        """The wanted lines from the largest on, or from below the last one."""
        end = bisect_left(self.lines, last) if last else len(self.lines)
        for n in range(end - 1, -1, -1):
            line = self.lines[n]
            if _fits(line, wanted) and (not wanted.investor or line.owner in wanted.owners):
                yield line


class _Shelf:
    """The registers that were asked for last. The lock is held while one is read, so that it is read once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], _Past] = OrderedDict()

    def get(self, session: Session, cut: Cut) -> _Past:
        key = (session.info["config"].database_url, cut.instrument, str(cut.block), cut.hash)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = _Past(_moved(session, cut))
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and not self._has_room():
                self._kept.popitem(last=False)
            return self._kept[key]

    def _has_room(self) -> bool:
        return len(self._kept) <= KEPT and sum(len(one.lines) for one in self._kept.values()) <= MOST_KEPT


_shelf = _Shelf()


def _past(session: Session, cut: Cut) -> _Past:
    return _shelf.get(session, cut)


def _moved(session: Session, cut: Cut) -> list[Line]:
    """What the last movement of each account before the end of the block left there."""
    mine = (Movement.instrument == cut.instrument, Movement.ordinal < cut.until)
    last = select(Movement.account, func.max(Movement.ordinal).label("ordinal")).where(*mine)
    ends = last.group_by(Movement.account).subquery()
    query = (
        select(Movement.quantity, Movement.account, Movement.reserved, Account.owner, Account.custodian, Account.kind)
        .join(ends, and_(Movement.account == ends.c.account, Movement.ordinal == ends.c.ordinal))
        .join(Account, Account.id == Movement.account)
        .where(Movement.instrument == cut.instrument, Movement.quantity > 0)
    )
    return [Line(*row) for row in session.execute(query)]
