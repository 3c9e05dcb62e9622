"""Which block a register is read at: the last one, or one that was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.instrument import Instrument, Issued
from middleware.models.position import Header, Position

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Cut:
    """An instrument as of a block. `past`: blocks have come since, so the register is read from movements."""

    instrument: str
    issuer: str
    digits: int
    block: int | None
    hash: str
    at: datetime | None
    issued: int
    past: bool

    @property
    def until(self) -> int:
        """What the ledger did up to this block has a smaller ordinal."""
        return (self.block or 0) + 1 << 32


def of(session: Session, principal: Principal, code: str, *, block: str = "", as_of: str = "") -> Cut:
    """The register of an instrument that the principal may see, now, as of a block or as of an instant."""
    instrument = session.get(Instrument, code)
    if instrument is None or not policy.register_visible(principal, instrument):
        raise Error("not_found", f"there is no register of {code}", reason="instrument")
    last = now(session)
    header = _header(session, last, block, as_of) if last else None
    past = header is not None and last is not None and header.number < last.number
    place: Header | Position | None = header if past else last
    return Cut(
        instrument=code,
        issuer=instrument.issuer,
        digits=instrument.minor_digits,
        block=place.number if place else None,
        hash=place.hash if place else "",
        at=place.at if place else None,
        issued=_issued(session, code, header.number) if past and header else instrument.issued,
        past=past,
    )


def now(session: Session) -> Position | None:
    """The last block that this answer knows."""
    return session.get(Position, "mirror")


def _header(session: Session, last: Position, block: str, as_of: str) -> Header | None:
    if block and as_of:
        raise Error(
            "invalid", "a register is as of a block or as of an instant, not both", reason="as_of", field="as_of"
        )
    if block:
        return _numbered(session, last, int(block))
    return _at(session, clock.parse(as_of, field="as_of")) if as_of else None


def _numbered(session: Session, last: Position, number: int) -> Header | None:
    if number > last.number:
        message = f"block {number} is not known; the last one is {last.number}"
        raise Error("invalid", message, reason="block", field="block")
    return session.get(Header, number)


def _at(session: Session, instant: datetime) -> Header:
    """The last block that was made by the end of that second."""
    if instant > clock.now():
        message = f"{clock.text(instant)} is still to come; leave it out for the register of now"
        raise Error("invalid", message, reason="as_of", field="as_of")
    query = (
        select(Header).where(Header.at < instant + _SECOND).order_by(Header.at.desc(), Header.number.desc()).limit(1)
    )
    found = session.scalar(query)
    if found is None:
        first = session.scalar(select(Header.at).where(Header.at.is_not(None)).order_by(Header.at).limit(1))
        since = f"the first was made at {clock.text(first)}" if first else "none has been read yet"
        message = f"there was no block at {clock.text(instant)}; {since}"
        raise Error("invalid", message, reason="as_of", field="as_of")
    return found


def _issued(session: Session, code: str, number: int) -> int:
    query = select(Issued.quantity).where(Issued.instrument == code, Issued.block <= number)
    return session.scalar(query.order_by(Issued.block.desc()).limit(1)) or 0
