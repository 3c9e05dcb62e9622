"""Where an application stands, as a person asks: what has been done, what comes next, and who may do it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, ids, relay
from middleware.auth import Principal
from middleware.models.act import Act
from middleware.models.application import Application
from middleware.models.party import Party
from middleware.models.qualification import Qualification
from middleware.models.submission import Submission

STEPS = (
    *("draft", "submitted", "in_review", "refused", "expired", "erased"),
    *("admission", "admission_failed", "qualification", "qualification_failed", "qualified"),
)
_OPERATORS = {"submitted": ["review"], "in_review": ["approve", "send_back", "refuse"], "admission_failed": ["approve"]}
_WAITING = ("submitted", "in_review", "admission", "qualification")


def of(session: Session, application: Application, status: str) -> str:
    """The one step that an application is at; an approval has several, until it is on the ledger."""
    if application.erased_at is not None:
        return "erased"
    if status != "approved":
        return status
    if session.get(Party, application.party) is None:
        return "admission_failed" if _came_to_nothing(session, application.act) else "admission"
    known = session.get(Qualification, application.party)
    if known is not None and known.commitment == application.commitment:
        return "qualified"
    sent = _submission(session, application.qualification)
    if sent is not None and sent.status == "done" and not sent.code:
        return "qualified"  # and replaced since
    failed = application.qualified_at is not None and (sent is None or bool(sent.code))
    return "qualification_failed" if failed else "qualification"


def may(session: Session, principal: Principal, application: Application, step: str) -> list[str]:
    """What the principal can do with it now."""
    own, operator = application.party == principal.party, principal.has("operator")
    allowed: list[str] = []
    if own and step == "draft":
        allowed += ["change", "submit", "discard"]
    if own and step == "expired" and application.status == "draft":
        allowed.append("discard")
    if operator:
        allowed += _OPERATORS.get(step, [])
        allowed += ["qualify"] if step == "qualification_failed" else []
    if (own or operator) and is_erasable(session, application.party, step):
        allowed.append("erase")
    return allowed


def is_erasable(session: Session, party: str, step: str) -> bool:
    """Not while it is being decided, and not while somebody relies on what was verified."""
    if step in _WAITING or step in ("erased", "draft"):
        return False
    known, qualification = session.get(Party, party), session.get(Qualification, party)
    relied_on = qualification is not None and qualification.good_till > clock.now()
    return known is None or known.status == "suspended" or not relied_on


def _came_to_nothing(session: Session, act: str) -> bool:
    known = session.scalar(select(Act).where(Act.id == act))
    if known is not None:
        return known.status == "proposed" and known.good_till <= clock.now()
    sent = _submission(session, act)
    return sent is None or bool(sent.code)


def _submission(session: Session, reference: str) -> Submission | None:
    return relay.find(session, *ids.split(reference)) if reference else None
