"""Letters: what an issuer writes to whoever holds its instrument at that moment, and who has read it. SQL only."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, insert, literal, null, select, update
from sqlalchemy.orm import Session, aliased

from middleware import clock, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.holding import Holding
from middleware.models.letter import Letter, LetterHolder
from middleware.services import cuts, instruments, publications
from middleware.services.pages import Listing, Page, Row, listing


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be sent. `id` is made before the first try; `document` is a publication that goes with it, or ""."""

    id: str
    instrument: str
    subject: str
    text: str
    document: str = ""


def send(session: Session, principal: Principal, draft: Draft) -> Row:
    """Send a letter to everybody else who holds the instrument now. The same letter again answers what was sent."""
    known = session.scalar(select(Letter).where(Letter.id == draft.id))
    if known is not None:
        return _same(session, principal, draft, known)
    _check(session, principal, draft)
    place = cuts.now(session)
    row = {name: getattr(draft, name) for name in ("id", "instrument", "subject", "text", "document")}
    row |= {"issuer": principal.party, "block": place.number if place else 0, "holders": 0}
    letter = Letter(**row, sent_by=principal.username, sent_at=clock.now())
    session.add(letter)
    session.flush()
    letter.holders = _address(session, letter)
    session.commit()
    return show(session, principal, draft.id)


def _same(session: Session, principal: Principal, draft: Draft, known: Letter) -> Row:
    names = ("instrument", "subject", "text", "document")
    same = all(getattr(draft, name) == getattr(known, name) for name in names)
    if known.issuer != principal.party or not same:
        raise Error("duplicate", f"the id {draft.id} was used for another letter", reason="id")
    return show(session, principal, known.id)


def _check(session: Session, principal: Principal, draft: Draft) -> None:
    if instruments.show(session, principal, draft.instrument)["issuer"] != principal.party:
        raise Error("forbidden", f"{principal.party} does not issue {draft.instrument}", reason="owner")
    if not draft.document:
        return
    if publications.show(session, principal, draft.document, field="document")["instrument"] != draft.instrument:
        message = f"{draft.document} is not about {draft.instrument}"
        raise Error("invalid", message, reason="document", field="document")


def _address(session: Session, letter: Letter) -> int:
    """Write down who holds it at this moment, the issuer left out; how many they are."""
    mine = (Holding.instrument == letter.instrument, Holding.quantity > 0, Holding.owner != letter.issuer)
    owners = select(Holding.owner, literal(letter.number), null()).where(*mine).distinct()
    session.execute(insert(LetterHolder).from_select(["party", "letter", "read_at"], owners))
    found = session.scalar(select(func.count()).where(LetterHolder.letter == letter.number)) or 0
    if not found:
        message = f"nobody but {letter.issuer} holds {letter.instrument}, so there is nobody to write to"
        raise Error("wrong_status", message, reason="holders")
    return found


def index(session: Session, principal: Principal, *, page: Page, instrument: str = "") -> Listing:
    """What the principal's party has written and what was written to it, newest first."""
    query = _query(principal)
    if instrument:
        query = query.where(Letter.instrument == instrument)
    return listing(session, query, Letter.number, page=page, descending=True)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One letter."""
    row = session.execute(_query(principal).where(Letter.id == id)).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no letter {id}", reason="letter")
    return dict(row)


def receive(session: Session, principal: Principal, id: str) -> Row:
    """Write down that the principal's party has read a letter to it. Again changes nothing."""
    number = show(session, principal, id)["number"]
    mine = (LetterHolder.party == principal.party, LetterHolder.letter == number, LetterHolder.read_at.is_(None))
    session.execute(update(LetterHolder).where(*mine).values(read_at=clock.now()))
    session.commit()
    return show(session, principal, id)


def _query(principal: Principal) -> Any:
    """Letters that the principal may see, each with whether it was written to him and when he read it."""
    to_him = and_(LetterHolder.letter == Letter.number, LetterHolder.party == principal.party)
    received = LetterHolder.party.is_not(None).label("received")
    readers = case((Letter.issuer == principal.party, _READERS), else_=null()).label("readers")
    query = select(*_COLUMNS, received, LetterHolder.read_at, readers)
    return query.outerjoin(LetterHolder, to_him).where(policy.visible(principal, Letter))


_REACHED = aliased(LetterHolder)
_READ = (_REACHED.letter == Letter.number, _REACHED.read_at.is_not(None))
_READERS = select(func.count()).select_from(_REACHED).where(*_READ).correlate(Letter).scalar_subquery()
_COLUMNS: tuple[Any, ...] = (
    *(Letter.number, Letter.id, Letter.issuer, Letter.instrument, Letter.subject, Letter.text),
    *(Letter.document, Letter.block, Letter.holders, Letter.sent_at),
)
