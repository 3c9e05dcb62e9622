"""Instruments: registered and issued by two signatures, suspended by the operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from middleware import policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.instrument import Instrument, Issued
from middleware.models.submission import Submission
from middleware.services import accounts, acts, parties, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named
from middleware.services.recording import existing
from middleware.services.submissions import Intent


def index(session: Session, principal: Principal, *, page: Page, kind: str = "", issuer: str = "") -> Listing:
    """What can be held and traded, by code."""
    query = _QUERY.where(policy.visible(principal, Instrument))
    if kind:
        query = query.where(Instrument.kind == kind)
    if issuer:
        query = query.where(Instrument.issuer == issuer)
    return listing(session, query, Instrument.instrument, page=page)


def show(session: Session, principal: Principal, code: str, *, field: str = "") -> Row:
    """One instrument. `field` names the input that asked for it, for the sentence of the refusal."""
    query = _QUERY.where(Instrument.instrument == code, policy.visible(principal, Instrument))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no instrument {code}", reason="instrument", field=field)
    return dict(row)


@dataclass(frozen=True, slots=True)
class Named:
    """An instrument as messages name it, and the decimals that its prices are written with."""

    instrument: str
    isin: str
    currency: str
    digits: int


def find(session: Session, *, code: str = "", isin: str = "", field: str = "") -> Named:
    """The instrument with this code or this ISIN; both, where both are said."""
    money = aliased(Instrument)
    query = select(Instrument.instrument, Instrument.isin, Instrument.currency, money.minor_digits)
    query = query.outerjoin(money, money.instrument == Instrument.currency)
    if code:
        query = query.where(Instrument.instrument == code)
    if isin:
        query = query.where(Instrument.isin == isin)
    row = session.execute(query.limit(1)).one_or_none() if code or isin else None
    if row is None:
        what = " with the ISIN ".join(filter(None, (code, isin))) if code else f"with the ISIN {isin!r}"
        raise Error("not_found", f"there is no instrument {what}", reason="instrument", field=field)
    return Named(row.instrument, row.isin, row.currency, row.minor_digits or 0)


def register(
    session: Session, principal: Principal, intent: Intent, *, terms: Mapping[str, Any], good_till: str = ""
) -> Submission:
    """Propose an instrument with its terms; the other organisation approves."""
    parties.show(session, principal, terms["issuer"], field="issuer")
    return acts.propose(session, principal, intent, function="instrument:register", args=terms, good_till=good_till)


def proposable(session: Session, principal: Principal, code: str) -> Row:
    """An instrument about which the principal may propose an act: its issuer, or a custodian."""
    found = show(session, principal, code)
    if found["issuer"] != principal.party and not principal.has("custodian"):
        raise Error("forbidden", f"{principal.party} does not issue {code}", reason="role")
    return found


def issue(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    account: str,
    quantity: str,
    resolution: str,
    good_till: str = "",
) -> Submission:
    """Propose an issue into an account of the issuer, by the issuer or by that account's custodian."""
    proposable(session, principal, instrument)
    accounts.show(session, principal, account, field="account")
    args = {"instrument": instrument, "account": account, "quantity": quantity, "resolution": resolution}
    return acts.propose(session, principal, intent, function="instrument:issue", args=args, good_till=good_till)


def suspend(
    session: Session, principal: Principal, intent: Intent, *, instrument: str, suspended: str, reason: str
) -> Submission:
    """Stop trading in an instrument, or let it go on."""
    show(session, principal, instrument)
    args = {"instrument": instrument, "suspended": suspended, "reason": reason}
    submission = submissions.send(session, principal, intent, "instrument:suspend", args)
    session.commit()
    relay.push(session)
    return submission


def authorise(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    authorised: str,
    resolution: str,
    good_till: str = "",
) -> Submission:
    """Propose how much may ever be issued, by the issuer or a custodian."""
    proposable(session, principal, instrument)
    args = {"instrument": instrument, "authorised": authorised, "resolution": resolution}
    return acts.propose(session, principal, intent, function="instrument:authorise", args=args, good_till=good_till)


def identify(
    session: Session, principal: Principal, intent: Intent, *, instrument: str, isin: str, cfi: str
) -> Submission:
    """Write down the ISIN that an agency has assigned."""
    if show(session, principal, instrument)["kind"] == "currency":
        raise Error("invalid", f"{instrument} is a currency, which has no ISIN", reason="instrument")
    other = session.scalar(select(Instrument).where(Instrument.isin == isin, Instrument.instrument != instrument))
    if other is not None:
        raise Error("duplicate", f"{isin} is the ISIN of {other.instrument}", reason="isin", field="isin")
    args = {"instrument": instrument, "isin": isin, "cfi": cfi}
    submission = submissions.send(session, principal, intent, "instrument:identify", args)
    session.commit()
    relay.push(session)
    return submission


@on("InstrumentRegistered")
def mirror_registered(fact: Fact, rows: Rows) -> None:
    """A new instrument; nothing of it is issued yet."""
    names = ("instrument", "kind", "issuer", "currency", "isin", "fee_account")
    row: Row = {name: fact[name] for name in names}
    row |= {name: int(fact[name]) for name in ("lot", "tick_minor", "fee_bps", "minor_digits")}
    row |= {"authorised": int(fact["authorised"]) if fact["authorised"] else None, "issued": 0}
    row |= {"attested_minor": 0, "attested_as_of": None}
    row |= {"cfi": "", "class": "", "terms": 0, "investor_types": [], "jurisdictions": []}
    row |= {"status": "active", "reason": "", "last_price_minor": None, "block": fact.block, "registered_at": fact.at}
    rows.put(Instrument, row)
    rows.event(fact, "instrument", fact["instrument"])


@on("InstrumentIssued")
def mirror_issued(fact: Fact, rows: Rows) -> None:
    """There is more of it now."""
    set_issued(fact, rows, fact["instrument"])


@on("InstrumentIdentified")
def mirror_identified(fact: Fact, rows: Rows) -> None:
    """It has the number by which the world knows it."""
    row = existing(rows, Instrument, fact["instrument"])
    rows.put(Instrument, {**row, "isin": fact["isin"], "cfi": fact["cfi"]})
    rows.event(fact, "instrument", fact["instrument"])


@on("InstrumentAuthorised")
def mirror_authorised(fact: Fact, rows: Rows) -> None:
    """So much of it may be issued from now on."""
    row = existing(rows, Instrument, fact["instrument"])
    rows.put(Instrument, {**row, "authorised": int(fact["authorised"])})
    rows.event(fact, "instrument", fact["instrument"])


@on("InstrumentSuspended", "InstrumentReinstated")
def mirror_suspended(fact: Fact, rows: Rows) -> None:
    """Trading stopped, or goes on."""
    status = "suspended" if fact.name == "InstrumentSuspended" else "active"
    rows.put(Instrument, {**existing(rows, Instrument, fact["instrument"]), "status": status, "reason": fact["reason"]})
    rows.event(fact, "instrument", fact["instrument"])


def set_issued(fact: Fact, rows: Rows, instrument: str) -> None:
    """Write the total that a fact says is held by all accounts together."""
    issued = int(fact["issued"])
    rows.put(Instrument, {**existing(rows, Instrument, instrument), "issued": issued})
    rows.put(Issued, {"instrument": instrument, "block": fact.block, "quantity": issued})
    rows.event(fact, "instrument", instrument)


_OF_CURRENCY = aliased(Instrument)
# A currency is its own currency: callers need not know that the ledger writes "" there.
currency_of = case((Instrument.kind == "currency", Instrument.instrument), else_=Instrument.currency)
currency_digits = func.coalesce(
    select(_OF_CURRENCY.minor_digits).where(_OF_CURRENCY.instrument == currency_of).scalar_subquery(), 0
)
_QUERY = select(
    Instrument.instrument,
    Instrument.kind,
    Instrument.issuer,
    named(Instrument.issuer).label("issuer_name"),
    currency_of.label("currency"),
    Instrument.isin,
    Instrument.cfi,
    Instrument.class_.label("class"),
    Instrument.terms,
    Instrument.investor_types,
    Instrument.jurisdictions,
    Instrument.authorised,
    Instrument.issued,
    Instrument.attested_minor,
    Instrument.attested_as_of,
    Instrument.lot,
    Instrument.tick_minor,
    Instrument.fee_bps,
    Instrument.fee_account,
    Instrument.minor_digits,
    currency_digits.label("currency_digits"),
    Instrument.status,
    Instrument.reason,
    Instrument.last_price_minor,
    Instrument.block,
    Instrument.registered_at,
)
