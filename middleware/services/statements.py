"""Statements: what an account held when a month began, every movement with its cause, and what it held at the end.

A month is one of the market's zone. It ends, for each account, at the first movement whose time is past it: the order
of the ledger decides what comes after that, so each movement stands in exactly one statement and one month closes with
what the next one opens with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from middleware import clock
from middleware.amounts import MAXIMUM
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.account import Account
from middleware.models.holding import Movement
from middleware.models.instrument import Instrument
from middleware.services import accounts, cuts
from middleware.services.causes import explained
from middleware.services.pages import Listing, Page, Query, Row, listing
from middleware.services.parties import named

MOST_ACCOUNTS = 200
MOST_LINES = 5_000  # on a paper; a table of it takes a second for a thousand


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month: `begin` is in it, `end` is not."""

    text: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """Whose statement, and between which places of the ledger, account by account."""

    month: Month
    owner: str
    account: str
    cuts: dict[str, tuple[int, int]]


def month(text: str, zone: str) -> Month:
    """The month "2026-11" of a zone. One that has not begun does not exist."""
    year, number = int(text[:4]), int(text[5:])
    first = datetime(year, number, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if first > clock.now():
        raise Error("not_found", f"the month {text} has not begun", reason="month")
    return Month(text, first, after)


def index(session: Session, principal: Principal) -> list[str]:
    """The months in which something moved in the principal's accounts, and the present one; the last first."""
    own = select(Account.id).where(Account.owner == principal.party)
    first = session.scalar(select(func.min(Movement.at)).where(Movement.account.in_(own)))
    zone = ZoneInfo(session.info["config"].time_zone)
    now = clock.now().astimezone(zone)
    earliest = (first or now).astimezone(zone)
    count = (now.year - earliest.year) * 12 + now.month - earliest.month
    ordinals = (now.year * 12 + now.month - 1 - back for back in range(count + 1))
    return [f"{ordinal // 12:04}-{ordinal % 12 + 1:02}" for ordinal in ordinals]


def show(session: Session, principal: Principal, text: str, *, account: str = "") -> Row:
    """What each holding was, what came in and went out, and what it is: of one account, or of all of one's own."""
    statement = of(session, principal, text, account=account)
    balances = _balances(session, statement)
    position = cuts.now(session)
    name = session.scalar(select(named(Account.owner)).where(Account.owner == statement.owner).limit(1))
    return {
        "month": text,
        "begin": statement.month.begin,
        "end": statement.month.end,
        "complete": statement.month.end <= clock.now(),
        "owner": statement.owner,
        "owner_name": name or statement.owner,
        "account": account,
        "as_of": position.at if position else None,
        "as_of_block": position.number if position else None,
        "balances": balances,
    }


def lines(session: Session, principal: Principal, text: str, *, page: Page, account: str = "") -> Listing:
    """Every change of a quantity in the month, oldest first, with what caused it."""
    statement = of(session, principal, text, account=account)
    query = _changes(statement)
    keys = (Movement.ordinal, Movement.instrument, Movement.account)
    found = listing(session, query, *keys, page=page)
    return Listing(explained(session, found.items), found.next)


def all_lines(session: Session, statement: Statement, *, most: int = 0) -> list[Row]:
    """The same, at once: for a file. Refuses more than `most`."""
    query = _changes(statement).order_by(Movement.ordinal, Movement.instrument, Movement.account)
    rows = [dict(row) for row in session.execute(query.limit(most + 1) if most else query).mappings()]
    if most and len(rows) > most:
        message = f"the statement of {statement.month.text} has more than {most:,} lines; take it as a spreadsheet"
        raise Error("insufficient", message, reason="lines")
    return explained(session, rows)


def of(session: Session, principal: Principal, text: str, *, account: str = "") -> Statement:
    """The statement of one account that the principal may see, or of all of his party's own."""
    found = month(text, session.info["config"].time_zone)
    if account:
        owner = accounts.show(session, principal, account, field="account")["owner"]
        own = [account]
    else:
        owner = principal.party
        own = list(session.scalars(select(Account.id).where(Account.owner == owner).order_by(Account.id)))
    if len(own) > MOST_ACCOUNTS:
        message = f"{owner} has {len(own)} accounts; name the one whose statement you want"
        raise Error("invalid", message, reason="account", field="account")
    begins, ends = (_cuts(session, own, at) for at in (found.begin, found.end))
    return Statement(found, owner, account, {id: (begins[id], ends[id]) for id in own})


def _cuts(session: Session, own: Sequence[str], at: datetime) -> dict[str, int]:
    """By account, the ledger's place from which on everything is later than an instant."""
    query = select(Movement.account, func.min(Movement.ordinal)).where(Movement.account.in_(own), Movement.at >= at)
    found = {row[0]: row[1] for row in session.execute(query.group_by(Movement.account))}
    return {id: found.get(id, MAXIMUM) for id in own}


def _inside(statement: Statement) -> ColumnElement[bool]:
    parts = [
        and_(Movement.account == id, Movement.ordinal >= begin, Movement.ordinal < end)
        for id, (begin, end) in statement.cuts.items()
    ]
    return or_(*parts) if parts else ~true()


def _changes(statement: Statement) -> Query:
    query = select(*Movement.__table__.columns, Instrument.kind, Instrument.currency, Instrument.minor_digits)
    query = query.join(Instrument, Instrument.instrument == Movement.instrument)
    return query.where(_inside(statement), Movement.change != 0)


def _balances(session: Session, statement: Statement) -> list[Row]:
    kinds = {row.instrument: row for row in session.execute(select(Instrument.instrument, *_TERMS))}
    balances = []
    for id, (begin, end) in statement.cuts.items():
        opening, closing = (_standing(session, id, before) for before in (begin, end))
        moved = _moved(session, id, begin, end)
        for code in sorted({*opening, *closing}):
            came, went, count = moved.get(code, (0, 0, 0))
            (first, first_reserved), (last, last_reserved) = (each.get(code, (0, 0)) for each in (opening, closing))
            if first or last or count:
                row = {"account": id, "instrument": code, "kind": kinds[code].kind, "digits": kinds[code].minor_digits}
                row |= {"opening": first, "opening_reserved": first_reserved, "incoming": came, "outgoing": went}
                balances.append({**row, "closing": last, "closing_reserved": last_reserved, "lines": count})
    return balances


def _standing(session: Session, account: str, before: int) -> dict[str, tuple[int, int]]:
    """What the last movement of each holding before a place of the ledger left: quantity and reserved."""
    last = select(Movement.instrument, func.max(Movement.ordinal))
    last = last.where(Movement.account == account, Movement.ordinal < before).group_by(Movement.instrument)
    query = select(Movement.instrument, Movement.quantity, Movement.reserved).where(Movement.account == account)
    query = query.where(tuple_(Movement.instrument, Movement.ordinal).in_(last))
    return {row.instrument: (row.quantity, row.reserved) for row in session.execute(query)}


def _moved(session: Session, account: str, begin: int, end: int) -> dict[str, tuple[int, int, int]]:
    """What came in and went out, and in how many lines. Added here: PostgreSQL sums integers into decimals."""
    query = select(Movement.instrument, Movement.change).where(Movement.account == account, Movement.change != 0)
    sums: dict[str, tuple[int, int, int]] = {}
    for code, change in session.execute(query.where(Movement.ordinal >= begin, Movement.ordinal < end)):
        came, went, count = sums.get(code, (0, 0, 0))
        sums[code] = (came + max(change, 0), went + max(-change, 0), count + 1)
    return sums


_TERMS = (Instrument.kind, Instrument.minor_digits)


def money_digits(session: Session) -> dict[str, int]:
    """By instrument, the decimals of what it is priced in; of a currency, its own."""
    rows = session.execute(select(Instrument.instrument, Instrument.currency, Instrument.minor_digits)).all()
    own = {row.instrument: row.minor_digits for row in rows}
    return {row.instrument: own.get(row.currency, row.minor_digits) for row in rows}
