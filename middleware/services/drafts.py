"""Four eyes inside a bank: what one of its users enters is signed and sent only once another has approved it."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import clock, ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.draft import Draft, FourEyes
from middleware.models.submission import Submission
from middleware.models.user import User
from middleware.services import submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.submissions import Intent

SINGLE = "bank:single"  # to want four eyes no longer; off the ledger, which knows no such function
Entered = Submission | Draft


def send(
    session: Session, principal: Principal, intent: Intent, function: str, args: Mapping[str, Any], subject: str = ""
) -> Entered:
    """Send a command of a bank, or hold it for a second user. `subject` is what it is about, else what it makes."""
    reference = ids.reference(principal.party, intent.id)
    draft = _held(session, principal, intent, function, args, subject or reference)
    if draft is not None:
        session.commit()
        return draft
    submission = submissions.send(session, principal, intent, function, args)
    session.commit()
    relay.push(session)
    return submission


def waits(entered: object) -> bool:
    """Whether what was entered is held for a second user."""
    return isinstance(entered, Draft)


def _held(
    session: Session, principal: Principal, intent: Intent, function: str, args: Mapping[str, Any], subject: str
) -> Draft | None:
    """The draft that a command is or becomes; None where it goes to the ledger."""
    known = session.scalar(select(Draft).where(Draft.party == principal.party, Draft.id == intent.id))
    if known is not None:
        if (known.function, known.args, known.jws) != (function, dict(args), intent.jws):
            raise Error("duplicate", f"{intent.id} was used for another command", reason="id", field="Idempotency-Key")
        return None if known.status == "approved" and function != SINGLE else known
    if not required(session, principal.party) or relay.find(session, principal.party, intent.id):
        return None
    if intent.jws:
        submissions.verify(session, intent.jws)
    return _enter(session, principal, intent, function, args, subject)


def _enter(
    session: Session, principal: Principal, intent: Intent, function: str, args: Mapping[str, Any], subject: str
) -> Draft:
    waiting = select(Draft.id).where(Draft.party == principal.party, Draft.subject == subject, _WAITING)
    if other := session.scalar(waiting):
        message = f"{ids.reference(principal.party, other)} waits for a second user and is about {subject} too"
        raise Error("wrong_status", message, reason="draft")
    draft = Draft(party=principal.party, id=intent.id, function=function, args=dict(args), jws=intent.jws)
    draft.subject, draft.status, draft.reason, draft.decided_by = subject, "waiting", "", ""
    draft.entered_by, draft.entered_at = principal.username, clock.now()
    session.add(draft)
    return draft


def approve(session: Session, principal: Principal, id: str) -> Submission | None:
    """A second user agrees: now the command is signed and sent, under the id it was entered with."""
    draft = _one(session, principal, id)
    if draft.status != "approved":
        _decide(draft, principal, "approved", "")
    if draft.function == SINGLE:
        _want(session, principal, False)
        session.commit()
        return None
    submission = submissions.send(session, principal, Intent(draft.id, draft.jws), draft.function, draft.args)
    session.commit()
    relay.push(session)
    return submission


def refuse(session: Session, principal: Principal, id: str, *, reason: str) -> Row:
    """A second user does not agree; whoever entered it takes it back. Nothing is signed."""
    draft = _one(session, principal, id)
    own = draft.entered_by == principal.username
    _decide(draft, principal, "withdrawn" if own else "refused", reason, alone=own)
    session.commit()
    return show(session, principal, id)


def _one(session: Session, principal: Principal, id: str) -> Draft:
    party, uuid = ids.split(id)
    query = select(Draft).where(Draft.party == party, Draft.id == uuid, Draft.party == principal.party)
    draft = session.scalar(query.with_for_update())
    if draft is None:
        raise Error("not_found", f"nothing was entered as {id}", reason="draft")
    return draft


def _decide(draft: Draft, principal: Principal, status: str, reason: str, *, alone: bool = False) -> None:
    if draft.status != "waiting":
        raise Error("wrong_status", f"it is {draft.status} already, by {draft.decided_by}", reason="draft")
    if draft.entered_by == principal.username and not alone:
        message = f"{principal.username} has entered this; another user of {draft.party} approves it"
        raise Error("forbidden", message, reason="same_user")
    draft.status, draft.reason = status, reason
    draft.decided_by, draft.decided_at = principal.username, clock.now()


def index(session: Session, principal: Principal, *, page: Page, status: str = "") -> Listing:
    """What the users of the principal's bank have entered, newest first, and what became of it."""
    query = _query().where(policy.visible(principal, Draft))
    if status:
        query = query.where(Draft.status == status)
    found = listing(session, query, Draft.number, page=page, descending=True)
    return Listing([_view(row) for row in found.items], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One of them."""
    party, uuid = ids.split(id)
    query = _query().where(Draft.party == party, Draft.id == uuid, policy.visible(principal, Draft))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"nothing was entered as {id}", reason="draft")
    return _view(dict(row))


def signers(session: Session, principal: Principal, subjects: Iterable[str]) -> dict[str, Row]:
    """Who entered and who approved what these are about, for users of the bank itself."""
    query = select(Draft.subject, Draft.entered_by, Draft.decided_by.label("approved_by"))
    query = query.where(Draft.party == principal.party, Draft.subject.in_(list(subjects)), Draft.status == "approved")
    rows = session.execute(query.order_by(Draft.number)).mappings()
    return {row["subject"]: {name: row[name] for name in ("entered_by", "approved_by")} for row in rows}


def signed(session: Session, principal: Principal, rows: list[Row]) -> list[Row]:
    """The same rows with who entered and who approved them, "" where that is not known to the principal."""
    found = signers(session, principal, [row["id"] for row in rows])
    nobody = {"entered_by": "", "approved_by": ""}
    return [{**row, **found.get(row["id"], nobody)} for row in rows]


def required(session: Session, party: str) -> bool:
    """Whether a party's commands wait for a second user."""
    return bool(session.scalar(select(FourEyes.required).where(FourEyes.party == party)))


def setting(session: Session, principal: Principal) -> Row:
    """What the principal's bank wants, since when and by whom, and how many users it has to do it."""
    kept = session.get(FourEyes, principal.party)
    users = session.scalar(select(func.count()).select_from(User).where(User.party == principal.party)) or 0
    changed = {"changed_by": kept.changed_by, "changed_at": kept.changed_at} if kept else {}
    on = bool(kept and kept.required)
    return {"party": principal.party, "required": on, "users": users, "changed_by": "", "changed_at": None, **changed}


def want(session: Session, principal: Principal, id: str, *, wanted: bool) -> Row:
    """Want four eyes from now on; or no longer, which itself takes a second user: the draft then stands beside it."""
    if not wanted and required(session, principal.party):
        intent, subject = Intent(id), f"{principal.party}/four-eyes"
        _held(session, principal, intent, SINGLE, {"required": "no"}, subject)
        session.commit()
        return {**setting(session, principal), "draft": show(session, principal, ids.reference(principal.party, id))}
    if wanted and setting(session, principal)["users"] < 2:
        message = f"{principal.party} has one user; nobody could approve what he enters"
        raise Error("wrong_status", message, reason="users")
    if wanted != required(session, principal.party):
        _want(session, principal, wanted)
        session.commit()
    return {**setting(session, principal), "draft": None}


def _want(session: Session, principal: Principal, wanted: bool) -> None:
    changed = {"required": wanted, "changed_by": principal.username, "changed_at": clock.now()}
    session.merge(FourEyes(party=principal.party, **changed))


def _view(row: Row) -> Row:
    """A draft as its bank sees it; `outcome` is the ledger's word once it was approved and sent."""
    done = "refused" if row["code"] else "done"
    outcome = {None: "", "done": done}.get(row["sent"], "sent")
    more = {name: row[name] or "" for name in ("code", "message")}
    return {**row, "id": ids.reference(row["party"], row["id"]), "outcome": outcome, **more}


_WAITING = Draft.status == "waiting"


def _query() -> Any:
    of_it = (Submission.party == Draft.party) & (Submission.id == Draft.id)
    columns = [column for column in Draft.__table__.columns if column.name != "jws"]
    said = (Submission.status.label("sent"), Submission.code, Submission.message)
    return select(*columns, *said).outerjoin(Submission, of_it)
