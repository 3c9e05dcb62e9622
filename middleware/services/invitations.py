"""Invitations to private offerings: who is invited stands here alone, the ledger has a salted hash of each."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, ids, merkle, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.offering import Invitation
from middleware.models.party import Party
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.services import offerings, submissions
from middleware.services.pages import Listing, Page, listing
from middleware.services.parties import named
from middleware.services.submissions import Intent

INVITE = "offering:invite"
MOST = 100
_WORDS = "lonja/invitation/1"


def index(session: Session, principal: Principal, offering: str, *, page: Page) -> Listing:
    """Who is invited: all of them for the issuer, himself for whoever is. Nobody else learns of it."""
    found = offerings.find(session, principal, offering)
    query = _QUERY.where(Invitation.offering == offering)
    if found.issuer != principal.party:
        query = query.where(Invitation.party == principal.party)
    return listing(session, query, Invitation.party, page=page)


def invite(
    session: Session, principal: Principal, intent: Intent, *, offering: str, parties: Sequence[str]
) -> Submission:
    """Let these parties subscribe to a private offering. Their names are stored in the commit that stores the command.

    Who has an invitation that the ledger refused gets a new one.
    """
    offerings.issued_by(session, principal, offering)
    mine = Invitation.offering == offering, Invitation.command == intent.id
    known = {row.party: row for row in session.scalars(select(Invitation).where(*mine))}
    if not known:
        _check(session, principal, offering, parties)
        known = {party: _made(offering, party, intent.id) for party in sorted(parties)}
    elif known.keys() != set(parties):
        raise Error("duplicate", f"{intent.id} was used to invite others", reason="id", field="Idempotency-Key")
    args = {"offering": offering, "invitations": sorted(row.hash for row in known.values())}
    submission = submissions.send(session, principal, intent, INVITE, args)
    for row in known.values():
        session.merge(row)
    session.commit()
    relay.push(session)
    return submission


def salt(session: Session, principal: Principal, offering: str) -> str:
    """What opens the principal's invitation; "" when none is kept here."""
    found = session.get(Invitation, (offering, principal.party))
    return found.salt if found else ""


def hash_of(offering: str, party: str, salt: str) -> str:
    """An invitation as the ledger keeps it."""
    return merkle.digest(_WORDS, offering, party, salt)


def _made(offering: str, party: str, command: str) -> Invitation:
    salt = ids.token(32).hex()
    digest = hash_of(offering, party, salt)
    return Invitation(offering=offering, party=party, salt=salt, hash=digest, command=command, invited_at=clock.now())


def _check(session: Session, principal: Principal, offering: str, parties: Sequence[str]) -> None:
    for n, party in enumerate(parties):
        field = f"parties/{n}"
        found = session.get(Party, party)
        if found is None:
            raise Error("not_found", f"there is no party {party}", reason="party", field=field)
        if party == principal.party or not set(found.roles) & policy.TRADERS:
            raise Error("invalid", f"{party} cannot subscribe: it is no investor", reason="party", field=field)
        earlier = session.get(Invitation, (offering, party))
        if earlier and not _refused(session, principal, earlier.command):
            raise Error("duplicate", f"{party} is invited already", reason="party", field=field)


def _refused(session: Session, principal: Principal, command: str) -> bool:
    sent = relay.find(session, principal.party, command)
    return sent is not None and bool(sent.code)


_QUERY = select(
    Invitation.offering,
    Invitation.party,
    named(Invitation.party).label("party_name"),
    Invitation.salt,
    Invitation.hash,
    Invitation.invited_at,
    select(Subscription.status)
    .where(Subscription.offering == Invitation.offering, Subscription.subscriber == Invitation.party)
    .scalar_subquery()
    .label("subscribed"),
    select(Submission.code)
    .where(Submission.id == Invitation.command, Submission.function == INVITE)
    .scalar_subquery()
    .label("code"),
)
