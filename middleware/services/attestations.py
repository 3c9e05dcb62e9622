"""Attestations: a bank says what balance stands behind its currency; the ledger lets no more of it be issued."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.attestation import Attestation
from middleware.models.instrument import Instrument
from middleware.services import drafts, instruments
from middleware.services.drafts import Entered
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import existing, recorded
from middleware.services.submissions import Intent

ATTEST = "cash:attest"


def attest(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    balance_minor: str,
    as_of: str,
    reference: str,
) -> Entered:
    """The bank says how much it has for those who hold its currency."""
    issued_by(session, principal, instrument)
    args = {"instrument": instrument, "balance_minor": balance_minor, "as_of": as_of, "reference": reference}
    return drafts.send(session, principal, intent, ATTEST, args)


def issued_by(session: Session, principal: Principal, instrument: str) -> None:
    """Refuse an instrument that the principal does not issue."""
    found = instruments.show(session, principal, instrument, field="instrument")
    if found["issuer"] != principal.party:
        message = f"{instrument} is not a currency of {principal.party}"
        raise Error("forbidden", message, reason="owner", field="instrument")


def index(session: Session, principal: Principal, *, page: Page, instrument: str = "") -> Listing:
    """Attestations, newest first. Whoever holds a currency may know what stands behind it, so everybody does."""
    query = select(*_COLUMNS).where(policy.visible(principal, Attestation))
    if instrument:
        query = query.where(Attestation.instrument == instrument)
    found = listing(session, query, Attestation.ordinal, page=page, descending=True)
    return Listing(drafts.signed(session, principal, found.items), found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One attestation."""
    query = select(*_COLUMNS).where(Attestation.id == id, policy.visible(principal, Attestation))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no attestation {id}", reason="attestation")
    return drafts.signed(session, principal, [dict(row)])[0]


@on("CashAttested")
def mirror_attested(fact: Fact, rows: Rows) -> None:
    """A bank's statement; the instrument carries the last one."""
    id, as_of, balance = fact["attestation"], clock.parse(fact["as_of"]), int(fact["balance_minor"])
    row: Row = {name: fact[name] for name in ("bank", "instrument", "reference")}
    row |= {"id": id, "as_of": as_of, "balance_minor": balance, "issued": int(fact["issued"])}
    rows.put(Attestation, {**row, **recorded(fact, rows)})
    behind = {"attested_minor": balance, "attested_as_of": as_of}
    rows.put(Instrument, {**existing(rows, Instrument, fact["instrument"]), **behind})
    rows.event(fact, "attestation", id)
    rows.event(fact, "instrument", fact["instrument"])


_COLUMNS = (
    Attestation.ordinal,
    Attestation.id,
    Attestation.bank,
    Attestation.instrument,
    Attestation.balance_minor,
    Attestation.as_of,
    Attestation.reference,
    Attestation.issued,
    Attestation.kid,
    Attestation.held,
    Attestation.block,
    Attestation.transaction,
    Attestation.at,
)
