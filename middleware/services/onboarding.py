"""Onboarding: the operator's half of an application, from the queue to the ledger, and its end.

Approval admits the party by the usual act of two organisations. Once the ledger has it, its qualification follows,
signed by the key of the operator who approved. Both in one order of events, whatever stops in between.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from middleware import clock, ids, personal, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.application import Application
from middleware.models.party import Party
from middleware.models.submission import Submission
from middleware.services import applications, evidence, parties, qualifications, questions, steps, submissions
from middleware.services.pages import Row
from middleware.services.submissions import Intent

log = structlog.get_logger(__name__)
LONGEST = timedelta(days=1100)  # as the ledger allows
AT_ONCE = 50
KEPT_FOR = timedelta(days=30)  # a draft after it has expired


def review(session: Session, principal: Principal, id: str) -> Row:
    """Take an application out of the queue: it is being looked at."""
    application = _at(session, principal, id, "submitted")
    application.status, application.reviewer = "in_review", principal.username
    application.changed_at = clock.now()
    session.commit()
    return applications.view(session, principal, application)


def send_back(session: Session, principal: Principal, id: str, *, reason: str) -> Row:
    """Give an application back to the applicant, who can complete it and hand it in again."""
    return _decide(session, principal, id, "draft", reason)


def refuse(session: Session, principal: Principal, id: str, *, reason: str) -> Row:
    """Refuse an application, and say why. The applicant may begin another."""
    return _decide(session, principal, id, "refused", reason)


def approve(
    session: Session,
    principal: Principal,
    intent: Intent,
    id: str,
    *,
    jurisdiction: str,
    investor_type: str,
    limit_minor: str,
    good_till: str,
) -> Submission:
    """Admit the applicant with these terms, or qualify it anew. The same command again answers the first."""
    known = relay.find(session, principal.party, intent.id)
    application = applications.find(session, principal, id)
    reference = ids.reference(principal.party, intent.id)
    if known is not None and reference in (application.act, application.qualification):
        return known
    application = _at(session, principal, id, "in_review", "admission_failed")
    _check_good_till(good_till)
    application.jurisdiction, application.investor_type = jurisdiction, investor_type
    application.limit_minor, application.good_till = int(limit_minor), clock.parse(good_till)
    _commit_to(session, application)
    submission = _send(session, principal, intent, application)
    application.status, application.reason, application.reviewer = "approved", "", principal.username
    application.decided_at = application.changed_at = clock.now()
    session.commit()
    relay.push(session)
    return submission


def qualify(session: Session, principal: Principal, intent: Intent, id: str) -> Submission:
    """Send the qualification of an approved applicant again, when the ledger has not taken it."""
    application = applications.find(session, principal, id)
    if application.qualification != ids.reference(principal.party, intent.id):
        application = _at(session, principal, id, "qualification_failed")
    submission = _qualify(session, principal, intent, application)
    session.commit()
    relay.push(session)
    return submission


def erase(session: Session, principal: Principal, id: str) -> Row:
    """Erase the person behind an application: all that its party ever handed in, and its name.

    The commitment stays on the ledger; without what was erased it tells nobody anything.
    """
    application = applications.find(session, principal, id)
    if principal.party != application.party and not principal.has("operator"):
        message = f"{principal.party} may look at the application {id}, and not erase it"
        raise Error("forbidden", message, reason="owner")
    if application.erased_at is not None:
        raise Error("wrong_status", "the application is erased already", reason="application")
    mine = list(session.scalars(select(Application).where(Application.party == application.party)))
    for one in mine:
        step = steps.of(session, one, applications.status_of(one))
        if step not in ("draft", "erased") and not steps.is_erasable(session, one.party, step):
            message = f"{one.party} cannot be erased now: an application is {step.replace('_', ' ')}"
            raise Error("wrong_status", message, reason="application")
    frees = [_blank(session, one) for one in mine]
    personal.destroy(session, application.party)
    parties.forget_name(session, application.party)
    session.commit()
    for free in frees:
        free()
    return applications.view(session, principal, application)


def pending(session: Session) -> list[Application]:
    """Approved applications of those whom the ledger has admitted since, not qualified yet, oldest first."""
    query = select(Application).join(Party, Party.party == Application.party)
    query = query.where(Application.status == "approved", Application.qualified_at.is_(None))
    return list(session.scalars(query.order_by(Application.number).limit(AT_ONCE)))


def follow(session: Session) -> int:
    """Send the qualifications of those that are pending; answers how many. The caller commits."""
    found = pending(session)
    for application in found:
        signer, id = ids.split(application.act)[0], ids.new()
        wish = relay.Wish(function=qualifications.QUALIFY, args=_args(application), signer=signer, id=id)
        (answer,) = relay.enqueue_many(session, [wish])
        application.qualified_at = clock.now()
        if isinstance(answer, Error):
            log.error("alarm: a qualification cannot be signed", application=application.id, problem=str(answer))
        else:
            application.qualification = ids.reference(signer, id)
    return len(found)


def tidy(session: Session) -> int:
    """Erase drafts that expired a while ago: what nobody hands in is not kept. Answers how many. The caller commits."""
    stale = Application.changed_at <= clock.now() - applications.DRAFT_FOR - KEPT_FOR
    found = list(session.scalars(select(Application).where(Application.status == "draft", stale).limit(AT_ONCE)))
    for application in found:
        applications.drop(session, application)()
    return len(found)


def _at(session: Session, principal: Principal, id: str, *wanted: str) -> Application:
    application = applications.find(session, principal, id)
    step = steps.of(session, application, applications.status_of(application))
    if step not in wanted:
        message = f"the application is at the step {step.replace('_', ' ')}"
        raise Error("wrong_status", message, reason="application")
    return application


def _decide(session: Session, principal: Principal, id: str, status: str, reason: str) -> Row:
    application = _at(session, principal, id, "in_review")
    application.status, application.reason, application.reviewer = status, reason, principal.username
    application.decided_at = application.changed_at = clock.now()
    session.commit()
    return applications.view(session, principal, application)


def _check_good_till(good_till: str) -> None:
    if not clock.now() < clock.parse(good_till) <= clock.now() + LONGEST:
        message = f"{good_till} is not within the next {LONGEST.days} days"
        raise Error("invalid", message, reason="good_till", field="good_till")


def _commit_to(session: Session, application: Application) -> None:
    """Bind the operator to what it has seen. The salt is kept with it and erased with it."""
    details = personal.unlock(session, application).get("details", {})
    salt = personal.salt()
    shown = evidence.hashes(session, application)
    application.commitment = personal.commitment(application.party, details, shown, salt)
    personal.lock(session, application, {"details": details, "salt": salt})


def _send(session: Session, principal: Principal, intent: Intent, application: Application) -> Submission:
    """The first command of an approval: the proposal to admit, or the qualification of who is admitted already."""
    if session.get(Party, application.party) is not None:
        return _qualify(session, principal, intent, application)
    details = personal.unlock(session, application)["details"]
    application.act = ids.reference(principal.party, intent.id)
    return parties.send_admission(
        session,
        principal,
        intent,
        party=application.party,
        name=questions.name_of(application.kind, details),
        organisation="",
        roles=application.roles,
    )


def _qualify(session: Session, principal: Principal, intent: Intent, application: Application) -> Submission:
    submission = submissions.send(session, principal, intent, qualifications.QUALIFY, _args(application))
    application.qualification = ids.reference(principal.party, intent.id)
    application.qualified_at = clock.now()
    return submission


def _args(application: Application) -> Row:
    terms = {"party": application.party, "jurisdiction": application.jurisdiction}
    terms |= {"investor_type": application.investor_type, "limit_minor": str(application.limit_minor)}
    good_till = clock.text(application.good_till) if application.good_till else ""
    return {**terms, "commitment": application.commitment, "good_till": good_till}


def _blank(session: Session, application: Application) -> Callable[[], None]:
    """Take everything out of an application but that there was one, and what became of it."""
    free = evidence.forget(session, application)
    status = "refused" if application.status == "draft" else application.status
    blank = {"nonce": b"", "ciphertext": b"", "reason": "", "erased_at": clock.now(), "status": status}
    session.execute(update(Application).where(Application.number == application.number).values(**blank))
    return free
