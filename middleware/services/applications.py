"""Applications: an applicant's half. What is asked and shown, and where it stands. What the operator does: onboarding.

They stand in SQL only. What identifies a person is encrypted under its own key, and erased with it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from middleware import clock, ids, personal, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.application import Application
from middleware.services import evidence, questions, steps
from middleware.services.pages import Listing, Page, Row, listing

STATUSES = ("draft", "submitted", "in_review", "approved", "refused", "expired")
DRAFT_FOR = timedelta(days=30)


def index(session: Session, principal: Principal, *, page: Page, status: str = "", kind: str = "") -> Listing:
    """The applications of the principal's party, newest first; the operator and the regulator see all."""
    query = select(Application.number).where(policy.visible(principal, Application))
    if status:
        query = query.where(_is(status))
    if kind:
        query = query.where(Application.kind == kind)
    found = listing(session, query, Application.number, page=page, descending=True)
    rows = [view(session, principal, session.get_one(Application, row["number"])) for row in found.items]
    return Listing([{name: row[name] for name in SUMMARY} for row in rows], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One application with everything that it says."""
    return view(session, principal, find(session, principal, id))


def create(session: Session, principal: Principal, *, kind: str, roles: list[str]) -> Row:
    """Begin an application: to be admitted or, for a party that is, verified again. Filled in as the last one was."""
    _clear_expired(session, principal)
    made = Application(id=ids.new(), party=principal.party, kind=kind, status="draft", reason="", limit_minor=0)
    made.purpose, made.roles = ("admission", _roles(kind, roles)) if principal.status == "unknown" else ("renewal", [])
    made.jurisdiction = made.investor_type = made.commitment = made.act = made.qualification = made.reviewer = ""
    made.created_at = made.changed_at = clock.now()
    personal.lock(session, made, {"details": _last(session, principal, kind)})
    session.add(made)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        message = f"{principal.party} has an application that is not decided yet"
        raise Error("duplicate", message, reason="application") from None
    session.commit()
    return view(session, principal, made)


def change(session: Session, principal: Principal, id: str, answers: dict[str, str]) -> Row:
    """Answer questions of a draft; those that are not named keep their answers."""
    application = draft(session, principal, id)
    foreign = sorted(answers.keys() - set(questions.FIELDS[application.kind]))
    if foreign:
        message = f"a {application.kind.replace('_', ' ')} is not asked for {foreign[0]}"
        raise Error("invalid", message, reason=foreign[0], field=foreign[0])
    details = {**_details(session, application), **answers}
    _refuse(questions.wrong(details))
    personal.lock(session, application, {"details": {name: text for name, text in details.items() if text}})
    application.changed_at = clock.now()
    session.commit()
    return view(session, principal, application)


def submit(session: Session, principal: Principal, id: str) -> Row:
    """Hand an application in. Everything that is asked must be answered, and everything shown that must be."""
    application = draft(session, principal, id)
    shown = {one["kind"] for one in evidence.of(session, application)}
    lacking = questions.missing(application.kind, _details(session, application), shown)
    _refuse(dict.fromkeys(lacking, "is missing"))
    application.status, application.reason = "submitted", ""
    application.submitted_at = application.changed_at = clock.now()
    session.commit()
    return view(session, principal, application)


def discard(session: Session, principal: Principal, id: str) -> None:
    """Forget a draft, with what was shown for it."""
    free = drop(session, draft(session, principal, id, expired=True))
    session.commit()
    free()


def drop(session: Session, application: Application) -> Callable[[], None]:
    """Take a draft out of the tables; with the last one of a person its key goes. The caller commits, then calls."""
    free = evidence.forget(session, application)
    session.delete(application)
    session.flush()
    others = select(Application.number).where(Application.party == application.party, Application.erased_at.is_(None))
    if session.scalar(others.limit(1)) is None:
        personal.destroy(session, application.party)
    return free


def find(session: Session, principal: Principal, id: str) -> Application:
    """An application that the principal may see."""
    found = session.scalar(select(Application).where(Application.id == id, policy.visible(principal, Application)))
    if found is None:
        raise Error("not_found", f"there is no application {id}", reason="application")
    return found


def draft(session: Session, principal: Principal, id: str, *, expired: bool = False) -> Application:
    """One that its own party may still change: those who see everything change nothing of others."""
    mine = (Application.id == id, Application.party == principal.party)
    found = session.scalar(select(Application).where(*mine))
    if found is None:
        raise Error("not_found", f"there is no application {id}", reason="application")
    said = status_of(found)
    if said != "draft" and not (expired and found.status == "draft"):
        raise Error("wrong_status", f"the application is {said.replace('_', ' ')}", reason="application")
    return found


def status_of(application: Application) -> str:
    """What is stored, or expired: a draft that nobody touches, an approval that has run out."""
    if application.status == "draft" and application.changed_at <= clock.now() - DRAFT_FOR:
        return "expired"
    ran_out = application.good_till is not None and application.good_till <= clock.now()
    return "expired" if application.status == "approved" and ran_out else application.status


def view(session: Session, principal: Principal, application: Application) -> Row:
    """An application as pages show it."""
    details = _details(session, application)
    shown = evidence.of(session, application)
    row = {column.key: getattr(application, column.key) for column in _COLUMNS}
    row |= {"status": status_of(application), "name": questions.name_of(application.kind, details), "details": details}
    row |= {"doubts": questions.doubts(application.kind, details), "evidence": shown}
    row["missing"] = _missing(application, details, shown)
    step = steps.of(session, application, row["status"])
    return {**row, "step": step, "may": steps.may(session, principal, application, step)}


def _missing(application: Application, details: dict[str, str], shown: list[Row]) -> list[str]:
    if application.status != "draft":
        return []
    return questions.missing(application.kind, details, {one["kind"] for one in shown})


def _details(session: Session, application: Application) -> dict[str, str]:
    details: dict[str, str] = personal.unlock(session, application).get("details", {})
    return details


def _last(session: Session, principal: Principal, kind: str) -> dict[str, str]:
    """What the party's last application of this kind said: nobody types it twice."""
    mine = (Application.party == principal.party, Application.kind == kind, Application.erased_at.is_(None))
    query = select(Application).where(*mine).order_by(Application.number.desc()).limit(1)
    known = session.scalar(query)
    return _details(session, known) if known else {}


def _roles(kind: str, roles: list[str]) -> list[str]:
    if kind == "natural_person" and "issuer" in roles:
        message = "a natural person issues nothing; a sole proprietorship or an enterprise may"
        raise Error("invalid", message, reason="roles", field="roles")
    return roles


def _clear_expired(session: Session, principal: Principal) -> None:
    """A draft that has expired makes room for the next application."""
    old = and_(Application.party == principal.party, _is("expired"), Application.status == "draft")
    for application in session.scalars(select(Application).where(old)).all():
        evidence.forget(session, application)()
        session.delete(application)
    session.flush()


def _is(status: str) -> ColumnElement[bool]:
    stale = and_(Application.status == "draft", Application.changed_at <= clock.now() - DRAFT_FOR)
    ran_out = and_(Application.status == "approved", Application.good_till <= clock.now())
    if status == "expired":
        return or_(stale, ran_out)
    return and_(
        Application.status == status, or_(Application.good_till.is_(None), Application.good_till > clock.now()), ~stale
    )


def _refuse(sentences: dict[str, str]) -> None:
    """All that is wrong at once, each beside its field."""
    if sentences:
        name, sentence = next(iter(sentences.items()))
        errors = [{"pointer": f"/{field}", "message": text} for field, text in sentences.items()]
        raise Error("invalid", f"{name} {sentence}", reason="fields", details={"errors": errors})


_COLUMNS: tuple[Any, ...] = (
    *(Application.number, Application.id, Application.party, Application.kind, Application.purpose, Application.roles),
    *(Application.status, Application.reason, Application.jurisdiction, Application.investor_type),
    *(
        Application.limit_minor,
        Application.good_till,
        Application.commitment,
        Application.act,
        Application.qualification,
    ),
    *(Application.reviewer, Application.created_at, Application.changed_at, Application.submitted_at),
    *(Application.decided_at, Application.erased_at),
)
SUMMARY = (
    *("id", "party", "name", "kind", "purpose", "roles", "status", "step", "reason", "reviewer", "good_till"),
    *("created_at", "changed_at", "submitted_at", "decided_at", "erased_at"),
)
