"""FIX messages as they came and went, each once: what stands here was acted upon in the same commit."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from middleware import clock, dictionary, policy
from middleware.auth import Principal
from middleware.database import is_postgres
from middleware.errors import Error
from middleware.models.session import FixSession, Message
from middleware.services import sessions
from middleware.services.pages import Listing, Page, Row, listing

SOH = "\x01"
DIRECTIONS = ("in", "out")


def keep(session: Session, comp_id: str, direction: str, raw: str) -> int:
    """Store a message of a session; answers its number, 0 for one that was stored before. The use case commits.

    Sequence numbers begin anew with the day and with every reset: the session's row says which those are, or the
    message itself does where nobody calls us.
    """
    fields = header(raw)
    known = session.get(FixSession, comp_id)
    day = known.day if known and known.day else _day(fields)
    row = {
        "session": comp_id,
        "day": day,
        "resets": known.resets if known else 0,
        "direction": direction,
        "seq": int(fields["34"]),
        "type": fields["35"],
        "raw": raw,
        "at": clock.now(),
    }
    return session.connection().execute(_keeping(is_postgres(session)), row).scalar() or 0


@cache
def _keeping(on_postgres: bool) -> Any:
    insert = (postgresql if on_postgres else sqlite).insert(Message)
    keys = ["session", "day", "resets", "direction", "seq"]
    return insert.on_conflict_do_nothing(index_elements=keys).returning(Message.number)


def index(
    session: Session,
    principal: Principal,
    comp_id: str,
    *,
    page: Page,
    direction: str = "",
    type: str = "",
    text: str = "",
) -> Listing:
    """What went through a session, newest first."""
    sessions.show(session, principal, comp_id)
    query = select(*_COLUMNS).where(Message.session == comp_id)
    if direction:
        query = query.where(Message.direction == direction)
    if type:
        query = query.where(Message.type == type)
    if text:
        query = query.where(Message.raw.contains(text, autoescape=True))
    found = listing(session, query, Message.number, page=page, descending=True)
    return Listing([_readable(row) for row in found.items], found.next)


def show(session: Session, principal: Principal, number: int) -> Row:
    """One message, every field of it named."""
    query = select(*_COLUMNS).where(Message.number == number, policy.visible(principal, Message))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no message {number}", reason="message")
    return {**_readable(dict(row)), "fields": dictionary.read(row["raw"])}


def raws(session: Session, numbers: Collection[int]) -> dict[int, str]:
    """Messages by number, as they came."""
    found = session.execute(select(Message.number, Message.raw).where(Message.number.in_(numbers)))
    return {row.number: row.raw for row in found}


def header(raw: str) -> dict[str, str]:
    """The fields that a message begins with, by tag."""
    pairs = (part.partition("=") for part in raw.split(SOH, 16))
    fields: dict[str, str] = {}
    for tag, _, value in pairs:
        fields.setdefault(tag, value)
    return fields


def _readable(row: Mapping[str, Any]) -> Row:
    """As people write it: a bar for the separator."""
    return {**row, "raw": row["raw"].replace(SOH, "|")}


def _day(fields: Mapping[str, str]) -> str:
    """A repeat names the time of its first sending in 122."""
    said = fields.get("122") or fields.get("52") or f"{clock.now():%Y%m%d}"
    return f"{said[:4]}-{said[4:6]}-{said[6:8]}"


_COLUMNS = (
    Message.number,
    Message.session,
    Message.day,
    Message.direction,
    Message.seq,
    Message.type,
    Message.raw,
    Message.at,
)
