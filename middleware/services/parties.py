"""Parties: admission by two organisations, suspension by the operator, and the names that stand in SQL only."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, func, select
from sqlalchemy.orm import Session

from middleware import clock, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.ledger import wallet
from middleware.mirror import Fact, Rows, on
from middleware.models.party import Party, PartyKey, PartyName
from middleware.models.qualification import Qualification
from middleware.models.submission import Submission
from middleware.services import acts, qualifications, submissions
from middleware.services.pages import Listing, Page, Query, Row, listing
from middleware.services.recording import existing
from middleware.services.submissions import Intent


def named(party: ColumnElement[str] | Any) -> ColumnElement[str]:
    """What the party in this column is called; its code while nobody has entered a name."""
    name = select(PartyName.name).where(PartyName.party == party).scalar_subquery()
    return func.coalesce(name, party)


def index(session: Session, principal: Principal, *, page: Page, role: str = "", qualification: str = "") -> Listing:
    """The parties that the principal may know, by code."""
    query = _known(principal)
    if role:
        query = query.where(cast(Party.roles, String).contains(f'"{role}"', autoescape=True))
    if qualification:
        query = query.where(qualifications.stands(qualification))
    found = listing(session, query, Party.party, page=page)
    return Listing([qualifications.nested(row) for row in found.items], found.next)


def show(session: Session, principal: Principal, party: str, *, field: str = "") -> Row:
    """One party."""
    row = session.execute(_known(principal).where(Party.party == party)).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no party {party}", reason="party", field=field)
    return qualifications.nested(dict(row))


def _known(principal: Principal) -> Query:
    """The parties that the principal may know, each with what it may know of its qualification."""
    query = select(*_COLUMNS, *qualifications.COLUMNS).where(policy.visible(principal, Party))
    return query.outerjoin(Qualification, qualifications.joined(principal))


def admit(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    party: str,
    name: str,
    organisation: str,
    roles: list[str],
    key: Mapping[str, Any] | None = None,
    good_till: str = "",
) -> Submission:
    """Propose the admission of a party, for the other organisation to approve. Without a key the platform keeps one."""
    submission = send_admission(
        session,
        principal,
        intent,
        party=party,
        name=name,
        organisation=organisation,
        roles=roles,
        key=key,
        good_till=good_till,
    )
    session.commit()
    relay.push(session)
    return submission


def send_admission(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    party: str,
    name: str,
    organisation: str,
    roles: list[str],
    key: Mapping[str, Any] | None = None,
    good_till: str = "",
) -> Submission:
    """Store the proposal and the name; the use case commits."""
    first = submissions.first_args(session, principal.party, intent, "act:propose").get("args", {})
    if not first and session.get(Party, party) is not None:
        raise Error("duplicate", f"{party} is a party already", reason="party", field="party")
    key = key or first.get("key") or wallet.create(session, party, 1, ["*"])
    args = {"party": party, "organisation": organisation, "roles": roles, "key": dict(key)}
    submission = acts.send_proposal(session, principal, intent, function="party:admit", args=args, good_till=good_till)
    _name(session, principal, party, name)
    return submission


def forget_name(session: Session, party: str) -> None:
    """A name is personal data where the party is nothing but an investor; of an institution everybody knows it."""
    known = session.get(Party, party)
    if known is None or not known.institution:
        session.execute(delete(PartyName).where(PartyName.party == party))


def rename(session: Session, principal: Principal, party: str, *, name: str) -> Row:
    """Correct what a party is called. The ledger does not know names."""
    show(session, principal, party)
    _name(session, principal, party, name)
    session.commit()
    return show(session, principal, party)


def suspend(
    session: Session, principal: Principal, intent: Intent, *, party: str, suspended: str, reason: str
) -> Submission:
    """Suspend a party, or lift it: at once, for everything it could sign."""
    show(session, principal, party)
    args = {"party": party, "suspended": suspended, "reason": reason}
    submission = submissions.send(session, principal, intent, "party:suspend", args)
    session.commit()
    relay.push(session)
    return submission


def qualify(session: Session, principal: Principal, intent: Intent, *, party: str, **terms: str) -> Submission:
    """Put on the ledger what was verified of a party."""
    show(session, principal, party)
    return qualifications.qualify(session, principal, intent, party=party, **terms)


def _name(session: Session, principal: Principal, party: str, name: str) -> None:
    row = session.get(PartyName, party) or PartyName(party=party)
    row.name, row.entered_by, row.entered_at = name, principal.username, clock.now()
    session.add(row)


@on("PartyAdmitted")
def mirror_admitted(fact: Fact, rows: Rows) -> None:
    """A new party, and its first key."""
    party, roles = fact["party"], list(fact["roles"])
    row = {"party": party, "organisation": fact["organisation"], "roles": roles, "institution": roles != ["investor"]}
    rows.put(Party, {**row, "status": "active", "reason": "", "block": fact.block, "admitted_at": fact.at})
    rows.put(PartyKey, key_row(fact, party, fact["key"]))
    rows.event(fact, "party", party, concerned(rows, party))


@on("PartySuspended", "PartyReinstated")
def mirror_suspended(fact: Fact, rows: Rows) -> None:
    """A party stopped, or going on."""
    status = "suspended" if fact.name == "PartySuspended" else "active"
    rows.put(Party, {**existing(rows, Party, fact["party"]), "status": status, "reason": fact["reason"]})
    rows.event(fact, "party", fact["party"], concerned(rows, fact["party"]))


def key_row(fact: Fact, party: str, key: Mapping[str, Any]) -> Row:
    """A newly registered public key as it is mirrored."""
    row = {"party": party, "n": int(key["n"]), "public": key["public"], "scope": list(key["scope"])}
    return {**row, "held": key["held"], "status": "active", "block": fact.block, "added_at": fact.at}


def concerned(rows: Rows, party: str) -> list[str]:
    """Who may know of a change of a party: everybody where it is an institution."""
    return [] if existing(rows, Party, party)["institution"] else [party, "@custodian"]


_COLUMNS = (
    Party.party,
    named(Party.party).label("name"),
    Party.organisation,
    Party.roles,
    Party.status,
    Party.reason,
    Party.block,
    Party.admitted_at,
)
