"""Bearer tokens: signing in and out."""

from sqlalchemy.orm import Session

from middleware import auth
from middleware.models.party import Party
from middleware.models.user import User
from middleware.services import users
from middleware.services.pages import Row


def check(session: Session, *, username: str, password: str) -> User:
    """The user with this name and password. Slow by design: not to be done while others wait to write."""
    return auth.check_credentials(session, username=username, password=password)


def issue(session: Session, user: User) -> tuple[str, Row]:
    """A bearer token for a user who has been checked: (token, {"expires_at", "user"})."""
    sandbox = session.info["config"].ledger_driver == "sandbox"
    token, expires_at = auth.issue_token(session, user, sandbox=sandbox)
    session.commit()
    shown = users.view(session, auth.of(user, session.get(Party, user.party)))
    return token, {"expires_at": expires_at, "user": shown}


def end(session: Session, token: str) -> None:
    """End this token."""
    auth.end_token(session, token)
    session.commit()
