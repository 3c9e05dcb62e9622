"""Mandates: what owners let agents do, and what agents have used of it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.mandate import Mandate
from middleware.models.party import Party
from middleware.models.submission import Submission
from middleware.services import parties, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import existing, recorded
from middleware.services.submissions import Intent


def index(session: Session, principal: Principal, *, page: Page, owner: str = "", agent: str = "") -> Listing:
    """The mandates that the principal has given or was given, newest first."""
    query = select(*_COLUMNS).where(policy.visible(principal, Mandate))
    if owner:
        query = query.where(Mandate.owner == owner)
    if agent:
        query = query.where(Mandate.agent == agent)
    found = listing(session, query, Mandate.ordinal, page=page, descending=True)
    return Listing([_view(row) for row in found.items], found.next)


def show(session: Session, principal: Principal, owner: str, agent: str) -> Row:
    """One mandate."""
    query = select(*_COLUMNS).where(Mandate.owner == owner, Mandate.agent == agent, policy.visible(principal, Mandate))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"{owner} has given {agent} no mandate", reason="mandate", field="agent")
    return _view(dict(row))


def grant(session: Session, principal: Principal, intent: Intent, **args: str) -> Submission:
    """Let an agent enter orders for the principal, or sign them too; an earlier mandate to it ends."""
    if args["agent"] == principal.party:
        raise Error("invalid", f"{principal.party} needs no mandate of its own", reason="agent", field="agent")
    if int(args["total_minor"]) < int(args["order_minor"]):
        message = f"{args['total_minor']} in all is less than {args['order_minor']} for one order"
        raise Error("invalid", message, reason="total_minor", field="total_minor")
    if not principal.has("custodian", *policy.OVERSEERS) and session.get(Party, args["agent"]) is None:
        raise Error("not_found", f"there is no party {args['agent']}", reason="agent", field="agent")
    return _send(session, principal, intent, "mandate:grant", args)


def revoke(session: Session, principal: Principal, intent: Intent, *, agent: str) -> Submission:
    """End a mandate. Orders that its agent has signed stay."""
    show(session, principal, principal.party, agent)
    return _send(session, principal, intent, "mandate:revoke", {"agent": agent})


def _send(session: Session, principal: Principal, intent: Intent, function: str, args: dict[str, str]) -> Submission:
    submission = submissions.send(session, principal, intent, function, args)
    session.commit()
    relay.push(session)
    return submission


def of_agent(session: Session, owner: str, agent: str) -> Mandate:
    """The mandate under which an agent acts for an owner now."""
    mandate = session.get(Mandate, (owner, agent))
    if mandate is None or mandate.status != "active" or mandate.good_till <= clock.now():
        raise Error("forbidden", f"{owner} has given {agent} no mandate that is in force", reason="mandate")
    return mandate


def use(rows: Rows, owner: str, kid: str, more: int) -> None:
    """What an agent has signed for an owner counts; what the owner signs himself does not."""
    agent = kid.rpartition(".")[0]
    if agent != owner and more > 0:
        row = existing(rows, Mandate, (owner, agent))
        rows.put(Mandate, {**row, "used_minor": row["used_minor"] + more})


@on("MandateGranted")
def mirror_granted(fact: Fact, rows: Rows) -> None:
    """A mandate, in the place of an earlier one."""
    row: dict[str, Any] = {name: fact[name] for name in ("owner", "agent", "affirmation")}
    row |= {name: int(fact[name]) for name in ("order_minor", "total_minor")}
    row |= {"used_minor": 0, "good_till": clock.parse(fact["good_till"]), "status": "active", "revoked_at": None}
    rows.put(Mandate, {**row, **recorded(fact, rows)})
    rows.event(fact, "mandate", f"{fact['owner']}/{fact['agent']}", [fact["owner"], fact["agent"]])


@on("MandateRevoked")
def mirror_revoked(fact: Fact, rows: Rows) -> None:
    """A mandate that has ended."""
    row = existing(rows, Mandate, (fact["owner"], fact["agent"]))
    rows.put(Mandate, {**row, "status": "revoked", "revoked_at": fact.at})
    rows.event(fact, "mandate", f"{fact['owner']}/{fact['agent']}", [fact["owner"], fact["agent"]])


def _view(row: Row) -> Row:
    lapsed = row["status"] == "active" and row["good_till"] <= clock.now()
    return {
        **row,
        "status": "lapsed" if lapsed else row["status"],
        "left_minor": row["total_minor"] - row["used_minor"],
    }


_COLUMNS = (
    Mandate.ordinal,
    Mandate.owner,
    Mandate.agent,
    parties.named(Mandate.owner).label("owner_name"),
    parties.named(Mandate.agent).label("agent_name"),
    Mandate.affirmation,
    Mandate.order_minor,
    Mandate.total_minor,
    Mandate.used_minor,
    Mandate.good_till,
    Mandate.status,
    Mandate.kid,
    Mandate.held,
    Mandate.block,
    Mandate.at.label("granted_at"),
    Mandate.revoked_at,
)
