"""Acts that two organisations sign: one proposes, the other approves what it has read, by its hash."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.act import Act
from middleware.models.instrument import Instrument
from middleware.models.offering import Offering
from middleware.models.submission import Submission
from middleware.services import submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import existing, keepers, recorded
from middleware.services.submissions import Intent

GOOD_FOR = timedelta(days=7)
FUNCTIONS = (
    "party:admit",
    "key:add",
    "key:rotate",
    "key:revoke",
    "account:move",
    "instrument:register",
    "instrument:issue",
    "instrument:define",
    "instrument:authorise",
    "offering:allot",
    "claim:enforce",
)
# What a function's noun checks before the platform proposes or approves it; filled by the nouns.
CHECKS: dict[str, Callable[[Session, Mapping[str, Any]], None]] = {}

# Signed by an issuer and a custodian.
OF_ISSUER = ("instrument:issue", "instrument:define", "instrument:authorise", "offering:allot")


def index(session: Session, principal: Principal, *, page: Page, status: str = "", function: str = "") -> Listing:
    """The acts that concern the principal, newest first. `proposed` are those that can still be approved."""
    query = select(*_COLUMNS).where(policy.visible(principal, Act))
    if status == "approved":
        query = query.where(Act.status == "approved")
    elif status:
        query = query.where(Act.status == "proposed")
        query = query.where(Act.good_till > clock.now() if status == "proposed" else Act.good_till <= clock.now())
    if function:
        query = query.where(Act.function == function)
    found = listing(session, query, Act.ordinal, page=page, descending=True)
    return Listing([_view(principal, row) for row in found.items], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One act: from the ledger, or from the submission while the ledger has not seen it."""
    query = select(*_COLUMNS).where(Act.id == id, policy.visible(principal, Act))
    row = session.execute(query).mappings().one_or_none()
    if row is not None:
        return _view(principal, dict(row))
    party, uuid = ids.split(id)
    submission = relay.find(session, party, uuid) if party == principal.party else None
    if submission is None or submission.function != "act:propose":
        raise Error("not_found", f"there is no act {id}", reason="act")
    return _pending(submission)


def propose(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    function: str,
    args: Mapping[str, Any],
    good_till: str = "",
) -> Submission:
    """Propose any act of the table, as it will be signed."""
    submission = send_proposal(session, principal, intent, function=function, args=args, good_till=good_till)
    session.commit()
    relay.push(session)
    return submission


def approve(session: Session, principal: Principal, intent: Intent, *, act: str, hash: str) -> Submission:
    """Sign an act that another organisation has proposed; from the block on it is done."""
    row = show(session, principal, act)
    if row["status"] == "proposed":
        _check(session, row["function"], row["args"])
    submission = submissions.send(session, principal, intent, "act:approve", {"act": act, "hash": hash})
    session.commit()
    relay.push(session)
    return submission


def send_proposal(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    function: str,
    args: Mapping[str, Any],
    good_till: str = "",
) -> Submission:
    """Store a proposal; the use case commits. It can be approved for seven days unless `good_till` says otherwise."""
    first = submissions.first_args(session, principal.party, intent, "act:propose")
    if not first:
        _check(session, function, args)
    good_till = good_till or first.get("good_till") or clock.text(clock.now() + GOOD_FOR)
    proposal = {"function": function, "args": dict(args), "good_till": good_till}
    return submissions.send(session, principal, intent, "act:propose", proposal)


def _check(session: Session, function: str, args: Mapping[str, Any]) -> None:
    if check := CHECKS.get(function):
        check(session, args)


@on("ActProposed")
def mirror_proposed(fact: Fact, rows: Rows) -> None:
    """A proposal that waits for its second signature."""
    subject = _subject(fact["function"], fact["args"], rows)
    row = {name: fact[name] for name in ("function", "args", "hash", "proposer", "organisation")}
    row |= {"id": fact["act"], "subject": subject, "good_till": clock.parse(fact["good_till"]), "status": "proposed"}
    row |= {"approver": "", "approved_at": None, "approved_transaction": ""}
    rows.put(Act, {**row, **recorded(fact, rows)})
    told = [fact["proposer"], subject, *_custodians(fact["function"], fact["args"], rows)]
    rows.event(fact, "act", fact["act"], told)


@on("ActApproved")
def mirror_approved(fact: Fact, rows: Rows) -> None:
    """Two organisations have signed: it is done, in the same command."""
    row = existing(rows, Act, fact["act"])
    approved = {"approver": fact["approver"], "approved_at": fact.at, "approved_transaction": fact.transaction}
    rows.put(Act, {**row, "status": "approved", **approved})
    told = [row["proposer"], row["subject"], *_custodians(row["function"], row["args"], rows)]
    rows.event(fact, "act", fact["act"], told)


def _subject(function: str, args: Mapping[str, Any], rows: Rows) -> str:
    """Whom an act concerns beside its two signers."""
    if function == "instrument:register":
        return str(args["issuer"])
    if function == "offering:allot":
        return str(args["offering"]).partition(":")[0]
    if function in OF_ISSUER:
        instrument = rows.get(Instrument, args["instrument"])
        return instrument["issuer"] if instrument else ""
    if function == "claim:enforce":
        return str(args["claim"]).partition(":")[0]
    if function == "account:move":
        return str(args["custodian"])
    return str(args.get("party", ""))


def _custodians(function: str, args: Mapping[str, Any], rows: Rows) -> list[str]:
    """The custodians whom an act concerns: all, or of what is about one account whoever keeps that."""
    if function == "offering:allot":
        offering = rows.get(Offering, args["offering"])
        return keepers(rows, offering["cash_account"]) if offering else []
    return keepers(rows, args["account"]) if function in ("instrument:issue", "account:move") else ["@custodian"]


def _view(principal: Principal, row: Row) -> Row:
    lapsed = row["status"] == "proposed" and row["good_till"] <= clock.now()
    status = "lapsed" if lapsed else row["status"]
    return {**row, "status": status, "approvable": status == "proposed" and _may_approve(principal, row), **_NO_REFUSAL}


def _may_approve(principal: Principal, row: Row) -> bool:
    """As the ledger will judge: another organisation, and the other one of the act's two roles."""
    if principal.party == row["proposer"] or principal.organisation == row["organisation"]:
        return False
    if row["function"] in OF_ISSUER:
        return principal.has("custodian") or principal.party == row["subject"]
    if row["function"] == "account:move":
        return bool(principal.party == row["subject"])
    return principal.has("operator", "custodian")


def _pending(submission: Submission) -> Row:
    args = submission.args
    return {
        "id": ids.reference(submission.party, submission.id),
        "function": args["function"],
        "args": args["args"],
        "hash": submission.hash,
        "proposer": submission.party,
        "organisation": "",
        "good_till": clock.parse(args["good_till"]),
        "status": "refused" if submission.code else "pending",
        "approver": "",
        "approvable": False,
        "approved_at": None,
        "block": submission.block,
        "at": None,
        "code": submission.code,
        "reason": submission.reason,
        "message": submission.message,
    }


_NO_REFUSAL = {"code": "", "reason": "", "message": ""}
_COLUMNS = (
    Act.ordinal,
    Act.id,
    Act.function,
    Act.args,
    Act.hash,
    Act.proposer,
    Act.organisation,
    Act.subject,
    Act.good_till,
    Act.status,
    Act.approver,
    Act.approved_at,
    Act.block,
    Act.at,
)
