"""FIX sessions: whom each speaks for, what its profile allows, and how it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from middleware import clock, ids, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.party import Party
from middleware.models.session import FixSession
from middleware.services import feed
from middleware.services.pages import Listing, Page, Row, listing

KINDS = ("broker", "drop_copy", "exchange")
US = "LONJA"
THROTTLE = 500  # messages a second
MOST_ADDRESSES = 20
_ROLES = {"broker": "broker", "drop_copy": "broker", "exchange": "exchange"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What the gateway must know of a session: who may call, and where its numbers stand."""

    comp_id: str
    party: str
    kind: str
    certificate: str
    addresses: tuple[str, ...]
    host: str
    port: int
    may_reset: bool
    cancel_on_disconnect: bool
    throttle: int
    enabled: bool
    day: str
    resets: int
    next_in: int
    next_out: int


def add(
    session: Session,
    *,
    comp_id: str,
    party: str,
    kind: str,
    certificate: str = "",
    addresses: Iterable[str] = (),
    host: str = "",
    port: int = 0,
    may_reset: bool = False,
    cancel_on_disconnect: bool = False,
    throttle: int = THROTTLE,
) -> FixSession:
    """Let a party have a session. One that is there already is given this profile; its numbers stay. One commit."""
    _check(session, comp_id, party, kind, certificate, host, port)
    profile: dict[str, Any] = {"party": party, "kind": kind, "certificate": certificate, "host": host, "port": port}
    profile |= {"addresses": list(addresses)[:MOST_ADDRESSES], "may_reset": may_reset, "throttle": throttle}
    profile |= {"cancel_on_disconnect": cancel_on_disconnect, "changed_at": clock.now()}
    row = session.get(FixSession, comp_id)
    if row is None:
        row = FixSession(comp_id=comp_id, **profile, **_fresh())
        session.add(row)
        feed.cursors(session, consumer(comp_id))  # it hears of everything from now on, also before its first logon
    elif (row.party, row.kind) != (party, kind):
        message = f"the session {comp_id} is the {row.kind} session of {row.party}"
        raise Error("duplicate", message, reason="comp_id", field="comp_id")
    for name, value in profile.items():
        setattr(row, name, value)
    session.commit()
    return row


def create(session: Session, **profile: Any) -> FixSession:
    """As add, for a session that there is not yet."""
    comp_id = profile["comp_id"]
    if session.get(FixSession, comp_id) is not None:
        raise Error("duplicate", f"there is a session {comp_id} already", reason="comp_id", field="comp_id")
    return add(session, **profile)


def _check(session: Session, comp_id: str, party: str, kind: str, certificate: str, host: str, port: int) -> None:
    if not ids.is_code(comp_id) or comp_id == US:
        message = f"{comp_id!r} cannot name a session: 2 to 32 of A-Z 0-9 . -, and not {US}"
        raise Error("invalid", message, reason="comp_id", field="comp_id")
    if kind not in KINDS:
        raise Error("invalid", f"{kind!r} is not one of {', '.join(KINDS)}", reason="kind", field="kind")
    known = session.get(Party, party)
    if known is None or _ROLES[kind] not in known.roles:
        raise Error("invalid", f"{party} is not a party with the role {_ROLES[kind]}", reason="party", field="party")
    if kind == "exchange" and not (host and port):
        raise Error("invalid", "say at which host and port the exchange is called", reason="host", field="host")
    if kind != "exchange" and not _is_digest(certificate):
        message = f"{certificate!r} is not the SHA-256 of a certificate, 64 hexadecimal digits"
        raise Error("invalid", message, reason="certificate", field="certificate")


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _fresh() -> dict[str, Any]:
    return {
        "status": "enabled",
        "created_at": clock.now(),
        "state": "down",
        "day": "",
        "resets": 0,
        "next_in": 1,
        "next_out": 1,
        "last_in_at": None,
        "last_out_at": None,
        "text": "",
        "reset_asked_by": "",
    }


def index(session: Session, principal: Principal, *, page: Page) -> Listing:
    """The sessions that the principal may see, by name."""
    query = select(*_COLUMNS).where(policy.visible(principal, FixSession))
    return listing(session, query, FixSession.comp_id, page=page)


def show(session: Session, principal: Principal, comp_id: str) -> Row:
    """One session."""
    query = select(*_COLUMNS).where(FixSession.comp_id == comp_id, policy.visible(principal, FixSession))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no session {comp_id}", reason="session")
    return dict(row)


def enable(session: Session, principal: Principal, comp_id: str) -> Row:
    """Let a session log on again."""
    return _change(session, principal, comp_id, status="enabled")


def disable(session: Session, principal: Principal, comp_id: str) -> Row:
    """Cut a session, and refuse its logons until it is enabled."""
    return _change(session, principal, comp_id, status="disabled")


def reset(session: Session, principal: Principal, comp_id: str) -> Row:
    """Let both sides count from 1 again: its party asks, the operator confirms. Never both by one."""
    row = show(session, principal, comp_id)
    if row["party"] == principal.party:
        return _change(session, principal, comp_id, reset_asked_by=principal.username)
    if not row["reset_asked_by"]:
        message = f"{row['party']} has not asked for a reset of {comp_id}"
        raise Error("wrong_status", message, reason="reset")
    if row["reset_asked_by"] == principal.username:
        raise Error("forbidden", "who asked for the reset cannot confirm it", reason="four_eyes")
    again = {"resets": row["resets"] + 1, "next_in": 1, "next_out": 1, "reset_asked_by": ""}
    return _change(session, principal, comp_id, **again)


def _change(session: Session, principal: Principal, comp_id: str, **values: Any) -> Row:
    show(session, principal, comp_id)
    change = update(FixSession).where(FixSession.comp_id == comp_id)
    session.execute(change.values(**values, changed_at=clock.now()))
    session.commit()
    return show(session, principal, comp_id)


# For the gateway


def consumer(comp_id: str) -> str:
    """The name under which the feed keeps a session's place."""
    return f"session/{comp_id}"


def profiles(session: Session) -> list[Profile]:
    """Every session, as the gateway serves it."""
    rows = session.execute(select(FixSession.__table__).order_by(FixSession.comp_id)).mappings()
    return [_profile(dict(row)) for row in rows]


def _profile(row: Mapping[str, Any]) -> Profile:
    own = {name: row[name] for name in Profile.__slots__ if name in row}
    return Profile(**{**own, "addresses": tuple(row["addresses"]), "enabled": row["status"] == "enabled"})


def principal_of(session: Session, comp_id: str) -> Principal:
    """Whom a session speaks for. Nobody is signed in: the certificate says whose session it is."""
    row = session.get_one(FixSession, comp_id)
    party = session.get(Party, row.party)
    return Principal(
        number=0,
        username=f"fix/{comp_id}",
        party=row.party,
        language="en",
        created_at=row.created_at,
        organisation=party.organisation if party else "",
        roles=frozenset(party.roles if party else ()),
        status=party.status if party else "unknown",
    )


def held(session: Session, comp_id: str) -> object:
    """The session's row, for whoever asks for it many times in one turn: while it is held, it is read once."""
    return session.get(FixSession, comp_id)


def begin(session: Session, comp_id: str, *, reset: bool) -> tuple[str, int]:
    """A logon comes in: with the day, or with a reset that it asks for, numbers begin anew. One commit.

    Answers the day and its count of resets, within which a number is used once.
    """
    row = session.get_one(FixSession, comp_id)
    today = f"{clock.now():%Y-%m-%d}"
    if row.day != today:
        row.day, row.resets, row.next_in = today, 0, 1
    elif reset:
        row.resets, row.next_in = row.resets + 1, 1
    session.commit()
    return row.day, row.resets


def turned(session: Session, comp_id: str, up: bool, text: str = "") -> None:
    """A session logged on or ended. The use case commits."""
    values = {"state": "up" if up else "down", "text": text, "changed_at": clock.now()}
    session.execute(update(FixSession).where(FixSession.comp_id == comp_id).values(**values))


def count(session: Session, comp_id: str, epoch: tuple[str, int], **values: int | datetime) -> None:
    """Where the numbers of a session stand: next_in, next_out, last_in_at, last_out_at. The use case commits.

    Nothing changes when they have begun anew since: `epoch` is the day and its count of resets.
    """
    mine = (FixSession.comp_id == comp_id, FixSession.day == epoch[0], FixSession.resets == epoch[1])
    session.execute(update(FixSession).where(*mine).values(**values))


def all_down(session: Session) -> None:
    """Nobody is logged on when the gateway begins. One commit."""
    session.execute(update(FixSession).values(state="down"))
    session.commit()


_COLUMNS = tuple(FixSession.__table__.columns[name] for name in FixSession.__table__.columns.keys())  # noqa: SIM118
