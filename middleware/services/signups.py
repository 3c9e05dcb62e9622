"""Sign-ups: logins that people make themselves, to apply. Bounded, because anybody on the internet can ask for one."""

import base64
from datetime import timedelta

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from middleware import clock, ids
from middleware.errors import Error
from middleware.models.application import Application
from middleware.models.party import Party
from middleware.models.user import User
from middleware.services import users
from middleware.services.pages import Row

PREFIX = "P-"  # of a code that says nothing of the person: it stands on the ledger for ever
UNUSED_FOR = timedelta(days=30)


def create(session: Session, *, username: str, password: str, language: str) -> Row:
    """A login for a party that does not exist yet and has a code of no meaning. It can apply, and nothing else."""
    _bound(session)
    return users.create(session, username=username, party=_code(), password=password, language=language)


def tidy(session: Session) -> int:
    """Forget logins that nobody has applied with for a month. Answers how many; the caller commits."""
    applied = exists().where(Application.party == User.party)
    admitted = exists().where(Party.party == User.party)
    old = (User.party.startswith(PREFIX), User.created_at < clock.now() - UNUSED_FOR)
    found = list(session.scalars(select(User.number).where(*old, ~applied, ~admitted).limit(100)))
    session.execute(delete(User).where(User.number.in_(found)))
    return len(found)


def _bound(session: Session) -> None:
    """So many in an hour and no more, whoever asks: passwords take time and memory to hash, and rows stay."""
    most: int = session.info["config"].signups_per_hour
    lately = (User.party.startswith(PREFIX), User.created_at > clock.now() - timedelta(hours=1))
    made = session.scalar(select(func.count()).where(*lately)) or 0
    if made >= most:
        message = "No more sign-ups are taken at the moment; try again in an hour, or ask the operator for a login."
        raise Error("unavailable", message, reason="rate", details={"retry_after": 3600})


def _code() -> str:
    return PREFIX + base64.b32encode(ids.token(5)).decode().rstrip("=")
