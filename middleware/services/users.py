"""Users: logins of parties."""

import re

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from middleware import auth, clock
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.party import Party
from middleware.models.user import User
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}", re.ASCII)


def add(session: Session, *, username: str, party: str, password: str, language: str = "en") -> User:
    """A new login of a party; the same name and party again gives the user that is there, unchanged."""
    if not _USERNAME.fullmatch(username):
        message = f"{username!r} is not a user name: 2 to 32 of a-z 0-9 . _ -"
        raise Error("invalid", message, reason="username", field="username")
    known = session.scalar(select(User).where(User.username == username))
    if known is not None and known.party == party:
        return known
    now = clock.now()
    user = User(username=username, party=party, language=language, created_at=now, password_changed_at=now)
    user.password_hash = auth.hash_password(password)
    session.add(user)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        message = f"the user name {username!r} is taken"
        raise Error("duplicate", message, reason="username", field="username") from None
    return user


def create(session: Session, *, username: str, party: str, password: str, language: str) -> Row:
    """A new login. Its party may still be on the way to the ledger; until then the user can look, and do nothing."""
    if session.scalar(select(User).where(User.username == username)) is not None:
        raise Error("duplicate", f"the user name {username!r} is taken", reason="username", field="username")
    user = add(session, username=username, party=party, password=password, language=language)
    return view(session, auth.of(user, session.get(Party, party)))


def index(session: Session, *, page: Page) -> Listing:
    """All users, by name."""
    query = select(
        User.username,
        User.party,
        named(User.party).label("name"),
        Party.roles,
        Party.organisation,
        Party.status,
        User.language,
        User.created_at,
    ).outerjoin(Party, Party.party == User.party)
    found = listing(session, query, User.username, page=page)
    return Listing([{**row, **_unknown(row)} for row in found.items], found.next)


def view(session: Session, principal: Principal) -> Row:
    """A user as it sees itself."""
    name = session.scalar(select(named(User.party)).where(User.number == principal.number))
    return {
        "username": principal.username,
        "party": principal.party,
        "name": name or principal.party,
        "roles": sorted(principal.roles),
        "organisation": principal.organisation,
        "status": principal.status,
        "language": principal.language,
        "created_at": principal.created_at,
    }


def change_language(session: Session, principal: Principal, *, language: str) -> None:
    """In which language pages speak to this user."""
    _user(session, principal).language = language
    session.commit()


def change_password(
    session: Session, principal: Principal, token: str, *, current_password: str, new_password: str
) -> None:
    """A new password; every other sign-in of the user ends."""
    user = _user(session, principal)
    if not auth.verify_password(user.password_hash, current_password):
        message = "The current password is wrong."
        raise Error("invalid", message, reason="current_password", field="current_password")
    _store_password(user, new_password, field="new_password")
    auth.end_other_tokens(session, user.number, token)
    session.commit()


def list_all(session: Session) -> list[User]:
    """Every login, by name: for the operator's terminal."""
    return list(session.scalars(select(User).order_by(User.username)))


def set_password(session: Session, username: str, password: str) -> None:
    """A new password for somebody who has lost his: for the operator's terminal."""
    user = session.scalar(select(User).where(User.username == username))
    if user is None:
        raise Error("not_found", f"there is no user {username!r}", reason="username", field="username")
    _store_password(user, password, field="password")
    auth.end_other_tokens(session, user.number, "")
    session.commit()


def _user(session: Session, principal: Principal) -> User:
    return session.get_one(User, principal.number)


def _store_password(user: User, password: str, *, field: str) -> None:
    user.password_hash = auth.hash_password(password, field=field)
    user.password_changed_at = clock.now()


def _unknown(row: Row) -> Row:
    """What a user's party is while the ledger has not admitted it."""
    known = row["status"] is not None
    return {} if known else {"roles": [], "organisation": "", "status": "unknown"}
