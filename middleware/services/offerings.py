"""Offerings: opened and cancelled by their issuer, and folded from what the ledger says becomes of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session

from middleware import clock, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.account import Account
from middleware.models.instrument import Instrument
from middleware.models.offering import Invitation, Offering
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.services import accounts, instruments, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named
from middleware.services.recording import existing, recorded
from middleware.services.submissions import Intent

# An offering that the ledger has as open is upcoming, open or closed by the clock.
STATUSES = ("upcoming", "open", "closed", "allotting", "settled", "cancelled", "failed")
OPEN, CANCEL = "offering:open", "offering:cancel"


def index(session: Session, principal: Principal, *, page: Page, status: str = "", **wanted: str) -> Listing:
    """Offerings that the principal may see, newest first. `wanted`: instrument, issuer, kind."""
    now = clock.now()
    query = _query(principal).where(policy.visible(principal, Offering))
    if status:
        query = query.where(_is(status, now))
    for name, value in wanted.items():
        if value:
            query = query.where(getattr(Offering, name) == value)
    found = listing(session, query, Offering.ordinal, page=page, descending=True)
    return Listing([_view(principal, row, now) for row in found.items], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One offering. A private one does not exist for whom it does not concern."""
    query = _query(principal).where(Offering.id == id, policy.visible(principal, Offering))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no offering {id}", reason="offering")
    return _view(principal, dict(row), clock.now())


def find(session: Session, principal: Principal, id: str) -> Offering:
    """The row of an offering that the principal may see."""
    found = session.scalar(select(Offering).where(Offering.id == id, policy.visible(principal, Offering)))
    if found is None:
        raise Error("not_found", f"there is no offering {id}", reason="offering")
    return found


def issued_by(session: Session, principal: Principal, id: str) -> Offering:
    """An offering of the principal's own."""
    found = find(session, principal, id)
    if found.issuer != principal.party:
        raise Error("forbidden", f"the offering {id} is not of {principal.party}", reason="owner")
    return found


def open(session: Session, principal: Principal, intent: Intent, **terms: Any) -> Submission:
    """Offer new units of an instrument that the principal issues; the ledger sets them aside of what is authorised."""
    found = instruments.show(session, principal, terms["instrument"], field="instrument")
    if found["issuer"] != principal.party:
        message = f"{terms['instrument']} is not issued by {principal.party}"
        raise Error("forbidden", message, reason="owner", field="instrument")
    accounts.owned(session, principal, terms["cash_account"], field="cash_account")
    return _send(session, principal, intent, OPEN, terms)


def cancel(session: Session, principal: Principal, intent: Intent, *, offering: str, reason: str) -> Submission:
    """Take an offering back that is not allotted. Every subscription is released by itself."""
    issued_by(session, principal, offering)
    return _send(session, principal, intent, CANCEL, {"offering": offering, "reason": reason})


def _send(session: Session, principal: Principal, intent: Intent, function: str, args: Mapping[str, Any]) -> Submission:
    submission = submissions.send(session, principal, intent, function, args)
    session.commit()
    relay.push(session)
    return submission


def sees_book(principal: Principal, row: Mapping[str, Any]) -> bool:
    """Whether the principal may see who has subscribed: the issuer, who keeps its cash account, and overseers."""
    keeps = principal.has("custodian") and row["custodian"] == principal.party
    return keeps or row["issuer"] == principal.party or principal.has(*policy.OVERSEERS)


@on("OfferingOpened")
def mirror_opened(fact: Fact, rows: Rows) -> None:
    """A new offering: nobody has subscribed."""
    row = {name: fact[name] for name in _TEXTS} | {name: int(fact[name]) for name in _NUMBERS}
    row |= {name: clock.parse(fact[name]) for name in ("opens_at", "closes_at", "allot_by")}
    row |= {"id": fact["offering"], "tiers": list(fact["tiers"]), **_BEGUN}
    rows.put(Offering, {**row, **recorded(fact, rows)})
    tell(fact, rows, row)


@on("OfferingInvited")
def mirror_invited(fact: Fact, rows: Rows) -> None:
    """Hashes are on the ledger; for whom they are, only issuer and invited know."""
    row = dict(existing(rows, Offering, fact["offering"]))
    row["invitations"] += int(fact["invitations"])
    rows.put(Offering, row)
    tell(fact, rows, row)


@on("OfferingCancelled", "OfferingFailed")
def mirror_ended(fact: Fact, rows: Rows) -> None:
    """It comes to nothing: what was subscribed is being released."""
    status = "cancelled" if fact.name == "OfferingCancelled" else "failed"
    row = {**existing(rows, Offering, fact["offering"]), "status": status, "reason": fact["reason"]}
    rows.put(Offering, {**row, "closed_at": fact.at})
    tell(fact, rows, row)


@on("OfferingAllotted")
def mirror_allotted(fact: Fact, rows: Rows) -> None:
    """Issuer and custodian have signed who gets how much; the parts settle one after the other."""
    numbers = {name: int(fact[name]) for name in ("price_minor", "allotted", "parts")}
    row = {**existing(rows, Offering, fact["offering"]), **numbers, "root": fact["root"], "status": "allotting"}
    rows.put(Offering, {**row, "allotted_at": fact.at})
    tell(fact, rows, row)


@on("OfferingSettled")
def mirror_part(fact: Fact, rows: Rows) -> None:
    """A part has settled; with the last one the offering has."""
    row = dict(existing(rows, Offering, fact["offering"]))
    row |= {"part": int(fact["part"]) + 1, "status": fact["status"], "placed": row["placed"] + int(fact["quantity"])}
    row["raised_minor"] += int(fact["amount_minor"])
    if row["status"] == "settled":
        row["closed_at"] = fact.at
    rows.put(Offering, row)
    instruments.set_issued(fact, rows, row["instrument"])
    tell(fact, rows, row)


def tell(fact: Fact, rows: Rows, row: Mapping[str, Any], *others: str) -> None:
    """Whom a change of an offering concerns: everybody if it is public, else issuer, custodian and those named."""
    account = rows.get(Account, row["cash_account"])
    keeper = {account["custodian"]} if account else set()
    parties = [] if row["kind"] == "public" else sorted({row["issuer"], *keeper, *others})
    rows.event(fact, "offering", row["id"], parties)


def _is(status: str, now: datetime) -> ColumnElement[bool]:
    if status == "upcoming":
        return and_(Offering.status == "open", Offering.opens_at > now)
    if status == "open":
        return and_(Offering.status == "open", Offering.opens_at <= now, Offering.closes_at > now)
    if status == "closed":
        return and_(Offering.status == "open", Offering.closes_at <= now)
    return Offering.status == status


def _phase(row: Mapping[str, Any], now: datetime) -> str:
    if row["status"] != "open":
        return str(row["status"])
    if row["opens_at"] > now:
        return "upcoming"
    return "open" if row["closes_at"] > now else "closed"


def _view(principal: Principal, row: Row, now: datetime) -> Row:
    status = _phase(row, now)
    mine = row["issuer"] == principal.party
    trader = principal.has(*policy.TRADERS) and not mine
    wanted = row["own_status"] in (None, "withdrawn")
    welcome = row["kind"] == "public" or row["invited"]
    return {
        **row,
        "status": status,
        "minimum_reached": row["demand"] >= row["minimum"],
        "mine": mine,
        "sees_book": sees_book(principal, row),
        "subscribable": trader and status == "open" and wanted and welcome,
        "withdrawable": status == "open" and row["own_status"] == "open",
        "cancellable": mine and row["status"] == "open",
        "invitable": mine and row["kind"] == "private" and status in ("upcoming", "open"),
        "allottable": _allottable(principal, row, now),
    }


def _allottable(principal: Principal, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether the principal may propose its allotment now: its issuer, or who keeps the account that is paid."""
    signs = row["issuer"] == principal.party or (principal.has("custodian") and row["custodian"] == principal.party)
    due = row["status"] == "open" and row["closes_at"] <= now < row["allot_by"]
    return bool(signs and due and row["demand"] >= row["minimum"])


def _query(principal: Principal) -> Any:
    own = select(Subscription.status).where(
        Subscription.offering == Offering.id, Subscription.subscriber == principal.party
    )
    asked = exists().where(Invitation.offering == Offering.id, Invitation.party == principal.party)
    keeper = select(Account.custodian).where(Account.id == Offering.cash_account)
    return select(
        *_COLUMNS,
        func.coalesce(keeper.scalar_subquery(), "").label("custodian"),
        own.scalar_subquery().label("own_status"),
        case((asked, True), else_=False).label("invited"),
    ).join(Instrument, Instrument.instrument == Offering.instrument)


_TEXTS = ("issuer", "instrument", "currency", "cash_account", "kind", "document")
_NUMBERS = ("price_min_minor", "price_max_minor", "minimum", "maximum", "ticket_minimum", "ticket_maximum")
_COUNTS = ("invitations", "subscriptions", "subscribed", "subscribers", "demand", "reserved_minor")
_SETTLED = ("allotted", "parts", "part", "done", "placed", "raised_minor")
_BEGUN: Row = {
    **dict.fromkeys((*_COUNTS, *_SETTLED), 0),
    "status": "open",
    "reason": "",
    "price_minor": None,
    "root": "",
    "allotted_at": None,
    "closed_at": None,
}
_COLUMNS = (
    *(getattr(Offering, name) for name in ("ordinal", "id", *_TEXTS, *_NUMBERS, *_COUNTS, *_SETTLED)),
    *(getattr(Offering, name) for name in ("opens_at", "closes_at", "allot_by", "tiers", "status", "reason")),
    *(getattr(Offering, name) for name in ("price_minor", "root", "allotted_at", "closed_at")),
    *(getattr(Offering, name) for name in ("block", "transaction", "at", "kid", "held")),
    named(Offering.issuer).label("issuer_name"),
    Instrument.kind.label("instrument_kind"),
    Instrument.lot,
    Instrument.tick_minor,
    instruments.currency_digits.label("currency_digits"),
)
