"""Qualifications: what the operator has verified of parties, on the ledger, which binds orders and offerings by it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, or_, select, true
from sqlalchemy.orm import Session

from middleware import clock, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.party import Party
from middleware.models.qualification import Qualification
from middleware.models.submission import Submission
from middleware.services import submissions
from middleware.services.pages import Row
from middleware.services.submissions import Intent

QUALIFY = "party:qualify"
STANDINGS = ("none", "good", "due", "expired")
DUE_BEFORE = timedelta(days=60)  # its last day, a qualification is to be verified again
INVESTOR_TYPES = ("retail", "qualified", "institutional")


def qualify(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    party: str,
    jurisdiction: str,
    investor_type: str,
    limit_minor: str,
    good_till: str,
    commitment: str = "",
) -> Submission:
    """Put on the ledger what was verified of a party. Without a commitment the present one stands."""
    commitment = commitment or _present(session, principal, intent, party)
    terms = {"jurisdiction": jurisdiction, "investor_type": investor_type, "limit_minor": limit_minor}
    terms |= {"good_till": good_till, "commitment": commitment}
    submission = submissions.send(session, principal, intent, QUALIFY, {"party": party, **terms})
    session.commit()
    relay.push(session)
    return submission


def _present(session: Session, principal: Principal, intent: Intent, party: str) -> str:
    first = submissions.first_args(session, principal.party, intent, QUALIFY)
    known = session.get(Qualification, party)
    commitment = first.get("commitment", known.commitment if known else "")
    if not commitment:
        message = f"{party} is not qualified yet, so there is no commitment that could stand"
        raise Error("invalid", message, reason="commitment", field="commitment")
    return str(commitment)


@on("PartyQualified")
def mirror_qualified(fact: Fact, rows: Rows) -> None:
    """What is true of a party from now on."""
    row = {name: fact[name] for name in ("party", "jurisdiction", "investor_type", "commitment")}
    row |= {"limit_minor": int(fact["limit_minor"]), "good_till": clock.parse(fact["good_till"])}
    rows.put(Qualification, {**row, "block": fact.block, "qualified_at": fact.at})
    rows.event(fact, "qualification", fact["party"], [fact["party"], "@custodian"])


def joined(principal: Principal) -> ColumnElement[bool]:
    """How a list of parties finds what the principal may know of their qualifications."""
    return and_(Qualification.party == Party.party, policy.visible(principal, Qualification))


def stands(standing: str) -> ColumnElement[bool]:
    """Parties by their qualification: good ones that end soon are due. Venues and the like need none."""
    if standing == "none":
        roles = cast(Party.roles, String)
        return and_(Qualification.party.is_(None), or_(*(roles.contains(one) for one in ('"issuer"', '"investor"'))))
    now = clock.now()
    bounds = {"expired": (None, now), "due": (now, now + DUE_BEFORE), "good": (now, None)}
    since, until = bounds[standing]
    after = Qualification.good_till > since if since else true()
    return and_(after, Qualification.good_till <= until) if until else after


def nested(row: Row) -> Row:
    """A party's row with its qualification in it, None where there is none to be seen."""
    found = {name: row.pop(f"qualification_{name}") for name in NAMES}
    return {**row, "qualification": None if found["good_till"] is None else _view(found)}


def _view(row: Row) -> Row:
    left = row["good_till"] - clock.now()
    status = "expired" if left <= timedelta() else "due" if left <= DUE_BEFORE else "good"
    return {**row, "status": status}


def of(session: Session, party: str) -> Row | None:
    """The qualification of a party as it stands now."""
    query = select(*(getattr(Qualification, name) for name in NAMES)).where(Qualification.party == party)
    row = session.execute(query).mappings().one_or_none()
    return _view(dict(row)) if row else None


NAMES = ("jurisdiction", "investor_type", "limit_minor", "commitment", "good_till", "qualified_at")
COLUMNS: tuple[Any, ...] = tuple(getattr(Qualification, name).label(f"qualification_{name}") for name in NAMES)
