"""Who is asking: passwords (argon2id), bearer tokens (shown once, kept hashed), and the principal behind them."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from middleware import clock, ids
from middleware.errors import Error
from middleware.models.party import Party
from middleware.models.user import Token, User

TOKEN_SECONDS = 12 * 3600
MIN_PASSWORD, MAX_PASSWORD = 12, 128
KNOWN_SECONDS = 5.0
_MOST_KNOWN = 1_000
# 19 MiB and two passes (the OWASP figures): thirty sign-ins at once stay under 600 MB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Verified when the user is unknown, so that the answer takes as long as for a wrong password.
_NOBODY = _HASHER.hash(ids.token().hex())


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in user and the party it acts for. `status`: active, suspended, or unknown (not admitted yet)."""

    number: int
    username: str
    party: str
    language: str
    created_at: datetime
    organisation: str
    roles: frozenset[str]
    status: str

    def has(self, *roles: str) -> bool:
        """Whether the party has at least one of these roles."""
        return not self.roles.isdisjoint(roles)


def hash_password(password: str, *, field: str = "password") -> str:
    """An argon2id hash to keep. Refuses a password that is too short or too long."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        message = f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters; this one has {len(password)}"
        raise Error("invalid", message, reason=field, field=field)
    return _HASHER.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Whether the password belongs to the hash."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def check_credentials(session: Session, *, username: str, password: str) -> User:
    """The user with this name and password; `unauthenticated` does not tell which of the two is wrong."""
    user = session.scalar(select(User).where(User.username == username))
    known = verify_password(user.password_hash if user else _NOBODY, password)
    if user is None or not known:
        raise Error("unauthenticated", "The user name or the password is wrong.", reason="credentials")
    return user


def issue_token(session: Session, user: User, *, sandbox: bool) -> tuple[str, datetime]:
    """A new bearer token of the user and when it ends. The token itself is not kept."""
    secret = base64.urlsafe_b64encode(ids.token()).rstrip(b"=").decode()
    token = f"lonja_{'test' if sandbox else 'live'}_{secret}"
    now = clock.now()
    expires_at = clock.after(TOKEN_SECONDS)
    session.execute(delete(Token).where(Token.expires_at < now))
    session.add(Token(hash=_digest(token), user=user.number, created_at=now, expires_at=expires_at))
    return token, expires_at


def end_token(session: Session, token: str) -> None:
    """Sign out: the token is worth nothing from the commit on."""
    session.execute(delete(Token).where(Token.hash == _digest(token)))


def end_other_tokens(session: Session, user: int, token: str) -> None:
    """After a change of password every other sign-in of the user ends."""
    session.execute(delete(Token).where(Token.user == user, Token.hash != _digest(token)))


def principal(session: Session, token: str) -> Principal:
    """Whom a bearer token speaks for."""
    row = session.execute(_BEHIND_TOKEN, {"hash": _digest(token), "now": clock.now()}).first()
    if row is None:
        raise Error("unauthenticated", "The token is unknown or has expired; sign in again.", reason="token")
    return of(row[0], row[1])


class Known:
    """The principals of one process's last requests, for a few seconds: most of what comes, comes from the same few."""

    def __init__(self) -> None:
        self._principals: dict[str, tuple[Principal, float]] = {}

    def get(self, token: str) -> Principal | None:
        """Whom the token spoke for a moment ago."""
        found = self._principals.get(token)
        return found[0] if found is not None and clock.monotonic() < found[1] else None

    def remember(self, token: str, principal: Principal) -> None:
        """Until it is forgotten, or for five seconds."""
        if len(self._principals) >= _MOST_KNOWN:
            self._principals.clear()
        self._principals[token] = (principal, clock.monotonic() + KNOWN_SECONDS)

    def forget(self) -> None:
        """Somebody signed out, or changed a password or a language: look all of them up again."""
        self._principals.clear()


def of(user: User, party: Party | None) -> Principal:
    """A user and its party, which is unknown until the ledger has admitted it, as a principal."""
    return Principal(
        number=user.number,
        username=user.username,
        party=user.party,
        language=user.language,
        created_at=user.created_at,
        organisation=party.organisation if party else "",
        roles=frozenset(party.roles if party else ()),
        status=party.status if party else "unknown",
    )


_BEHIND_TOKEN = (
    select(User, Party)
    .join(Token, Token.user == User.number)
    .outerjoin(Party, Party.party == User.party)
    .where(Token.hash == bindparam("hash"), Token.expires_at > bindparam("now"))
)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
