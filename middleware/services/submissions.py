"""Commands on their way: how every use case sends one, and what became of those of a party."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.ledger import command
from middleware.models.party import PartyKey
from middleware.models.submission import Submission
from middleware.services.pages import Listing, Page, Row, listing


@dataclass(frozen=True, slots=True)
class Intent:
    """What a caller brings with a command: the id minted before the first try and, if signed by itself, the JWS."""

    id: str
    jws: str = ""


def send(session: Session, principal: Principal, intent: Intent, function: str, args: Mapping[str, Any]) -> Submission:
    """Store a command of the principal's party, signed with its hosted key or by itself. The use case commits.

    A repeat gives the first submission as it stands; the same id with other content is `duplicate`.
    """
    if intent.jws:
        verify(session, intent.jws)
    return relay.enqueue(
        session, function=function, args=args, signer=principal.party, id=intent.id, jws=intent.jws or None
    )


def read(jws: str) -> command.Command:
    """What a command that was signed elsewhere says; refuses what the ledger would refuse as an envelope."""
    return command.parse(jws)


def current(session: Session, submission: Submission) -> Submission:
    """The submission as it stands now."""
    return relay.find(session, submission.party, submission.id) or submission


def verify(session: Session, jws: str) -> None:
    """Refuse at the door what the ledger would not take: an unknown or ended key, a signature that does not fit."""
    party, _, n = command.parse(jws).kid.rpartition(".")
    key = session.get(PartyKey, (party, int(n))) if len(n) < 10 else None
    if key is None or key.status != "active":
        raise Error("unauthenticated", f"{party} has no active key {n}", reason="key", field="jws")
    command.verify(jws, key.public)


def first_args(session: Session, party: str, intent: Intent, function: str) -> dict[str, Any]:
    """What the first try of this command said, {} for a new one.

    A value that the caller leaves to us (a key, a default of the moment) keeps its first value in a repeat.
    """
    known = relay.find(session, party, intent.id)
    return known.args if known is not None and known.function == function else {}


def index(session: Session, principal: Principal, *, page: Page, status: str = "", function: str = "") -> Listing:
    """The commands a party has sent through here, newest first."""
    query = select(*_COLUMNS).where(policy.visible(principal, Submission))
    if status:
        query = query.where(Submission.status == status)
    if function:
        query = query.where(Submission.function == function)
    return listing(session, query, Submission.arrival, page=page, descending=True)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One submission by PARTY:uuid, with what was signed."""
    party, uuid = ids.split(id)
    found = session.scalar(
        select(Submission).where(
            Submission.party == party, Submission.id == uuid, policy.visible(principal, Submission)
        )
    )
    if found is None:
        raise Error("not_found", f"there is no submission {id}", reason="submission")
    return view(found)


def view(submission: Submission) -> Row:
    """A submission as its party sees it."""
    return {column.key: getattr(submission, column.key) for column in _COLUMNS}


_COLUMNS = (
    Submission.arrival,
    Submission.party,
    Submission.id,
    Submission.function,
    Submission.args,
    Submission.hash,
    Submission.kid,
    Submission.held,
    Submission.status,
    Submission.code,
    Submission.reason,
    Submission.message,
    Submission.transaction_id,
    Submission.block,
    Submission.created_at,
    Submission.done_at,
)
