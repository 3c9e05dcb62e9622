"""Terms: what an instrument promises and to whom it is open, defined by its issuer and a custodian."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.mirror import Fact, Rows, on
from middleware.models.instrument import Instrument
from middleware.models.submission import Submission
from middleware.models.terms import Terms
from middleware.services import acts, instruments
from middleware.services.pages import Listing, Page, listing
from middleware.services.recording import existing, recorded
from middleware.services.submissions import Intent

DEFINE = "instrument:define"
CLASSES = {"equity": ("ordinary", "preferred", "non_voting"), "bond": ("fixed", "zero")}
DAY_COUNTS = ("30/360", "ACT/360", "ACT/365")


def define(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    terms: Mapping[str, Any],
    good_till: str = "",
) -> Submission:
    """Propose the next version of the terms, by the issuer or a custodian."""
    instruments.proposable(session, principal, instrument)
    args = {"instrument": instrument, **terms}
    return acts.propose(session, principal, intent, function=DEFINE, args=args, good_till=good_till)


def index(session: Session, principal: Principal, instrument: str, *, page: Page) -> Listing:
    """The versions of an instrument's terms, the one that holds first."""
    instruments.show(session, principal, instrument)
    query = select(*_COLUMNS).where(Terms.instrument == instrument, policy.visible(principal, Terms))
    return listing(session, query, Terms.version, page=page, descending=True)


@on("InstrumentDefined")
def mirror_defined(fact: Fact, rows: Rows) -> None:
    """A new version; the instrument is of this class and open to these from now on."""
    lists = {name: list(fact[name]) for name in ("investor_types", "jurisdictions")}
    row = {name: fact[name] for name in ("instrument", "class", "day_count", "matures_on", "document")}
    row |= {name: int(fact[name]) for name in ("version", "votes", "face_minor", "rate_bps", "frequency")}
    rows.put(Terms, {**row, **lists, **recorded(fact, rows)})
    instrument = existing(rows, Instrument, fact["instrument"])
    rows.put(Instrument, {**instrument, **lists, "class": fact["class"], "terms": int(fact["version"])})
    rows.event(fact, "instrument", fact["instrument"])


_COLUMNS = (
    Terms.instrument,
    Terms.version,
    Terms.class_.label("class"),
    Terms.votes,
    Terms.face_minor,
    Terms.rate_bps,
    Terms.frequency,
    Terms.day_count,
    Terms.matures_on,
    Terms.investor_types,
    Terms.jurisdictions,
    Terms.document,
    Terms.kid,
    Terms.held,
    Terms.at,
    Terms.block,
    Terms.transaction,
)
