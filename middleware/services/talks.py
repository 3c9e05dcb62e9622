"""Talks: who takes part in a negotiation, and what those who do are told of. Nobody else learns that there is one."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import clock, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.negotiation import Asked, Negotiation, TalkNotice

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """That something changed in a negotiation of a party's."""

    number: int
    negotiation: str


def find(session: Session, principal: Principal, id: str) -> Negotiation:
    """A negotiation that the principal takes part in."""
    found = session.scalar(select(Negotiation).where(Negotiation.id == id, policy.visible(principal, Negotiation)))
    if found is None:
        raise Error("not_found", f"there is no negotiation {id}", reason="negotiation")
    return found


def open_now(negotiation: Negotiation) -> None:
    """Refuse to go on with one that has ended."""
    if negotiation.status != "open":
        message = f"the negotiation {negotiation.id} is {negotiation.status}"
        raise Error("wrong_status", message, reason="negotiation")
    if negotiation.expires_at <= clock.now():
        message = f"the negotiation {negotiation.id} was open until {clock.text(negotiation.expires_at)}"
        raise Error("wrong_status", message, reason="expires_at")


def with_party(session: Session, principal: Principal, negotiation: Negotiation, party: str) -> Asked:
    """The talk between the opener and one whom he asked. Whoever was asked need not name himself."""
    if negotiation.opener != principal.party:
        party = principal.party
    elif not party:
        asked = list(session.scalars(select(Asked).where(Asked.negotiation == negotiation.id).limit(2)))
        if len(asked) > 1:
            raise Error("invalid", "several parties were asked; name one", reason="party", field="party")
        party = asked[0].party
    found = session.get(Asked, (negotiation.id, party))
    if found is None:
        raise Error("not_found", f"{party} was not asked", reason="party", field="party")
    return found


def tell(session: Session, kind: str, negotiation: str, parties: Iterable[str]) -> None:
    """Tell those who take part, in the commit that changed something."""
    now = clock.now()
    session.add_all(
        TalkNotice(at=now, kind=kind, negotiation=negotiation, party=party) for party in sorted(set(parties))
    )


def last(session: Session, party: str) -> int:
    """The number of the newest notice to a party."""
    return session.scalar(select(func.max(TalkNotice.number)).where(TalkNotice.party == party)) or 0


def after(session: Session, party: str, number: int) -> list[Heard]:
    """The notices to a party after a number, oldest first."""
    query = select(TalkNotice.number, TalkNotice.negotiation)
    query = query.where(TalkNotice.party == party, TalkNotice.number > number)
    return [Heard(*row) for row in session.execute(query.order_by(TalkNotice.number).limit(MOST_AT_ONCE))]
