"""Claims: an exchange's bust or correction of what has settled, and what its owners say to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.execution import Claim
from middleware.models.order import Order
from middleware.models.submission import Submission
from middleware.models.trade import Trade
from middleware.services import orders, reports, submissions, trades
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import existing, keepers, recorded
from middleware.services.submissions import Intent


def index(session: Session, principal: Principal, *, page: Page, status: str = "", trade: str = "") -> Listing:
    """Claims that concern the principal, newest first."""
    query = select(*Claim.__table__.columns).where(policy.visible(principal, Claim))
    if status:
        query = query.where(Claim.status == status)
    if trade:
        query = query.where(Claim.trade == trade)
    found = listing(session, query, Claim.ordinal, page=page, descending=True)
    return Listing([_view(session, principal, row) for row in found.items], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One claim."""
    query = select(*Claim.__table__.columns).where(Claim.id == id, policy.visible(principal, Claim))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no claim {id}", reason="claim")
    return _view(session, principal, dict(row))


def accept(session: Session, principal: Principal, intent: Intent, *, claim: str) -> Submission:
    """Consent to a claim; with the other owner's consent it settles."""
    return _answer(session, principal, intent, "claim:accept", {"claim": claim})


def refuse(session: Session, principal: Principal, intent: Intent, *, claim: str, reason: str) -> Submission:
    """Say no to a claim: from now on only operator and custodian together can settle it."""
    return _answer(session, principal, intent, "claim:refuse", {"claim": claim, "reason": reason})


def _answer(session: Session, principal: Principal, intent: Intent, function: str, args: dict[str, str]) -> Submission:
    row = show(session, principal, args["claim"])
    if not row["side"]:
        raise Error("forbidden", f"the claim {row['id']} is not about a trade of {principal.party}", reason="owner")
    submission = submissions.send(session, principal, intent, function, args)
    session.commit()
    relay.push(session)
    return submission


def _view(session: Session, principal: Principal, row: Row) -> Row:
    """A claim as it is seen from one side: the other side's name stays hidden, as in the trade itself."""
    trade = session.get_one(Trade, row["trade"])
    known = trades.sides_shown(session, principal, trade)
    side = {row["buyer"]: "buy", row["seller"]: "sell"}.get(principal.party, "")
    view = {**row, "side": side, "instrument": trade.instrument, "currency": trade.currency}
    view |= {"traded_quantity": trade.quantity, "traded_price_minor": trade.price_minor}
    view["accepted_by_you"] = principal.party in row["accepted"]
    view["accepted_by"] = len(row["accepted"])
    view["answerable"] = bool(side) and row["status"] == "open" and not view["accepted_by_you"]
    return {**view, **{name: row[name] if name in known else None for name in ("buyer", "seller")}}


@on("ClaimOpened")
def mirror_opened(fact: Fact, rows: Rows) -> None:
    """What an exchange says of a settled execution. Nothing has moved."""
    names = ("venue", "reference", "trade", "kind", "notice", "buyer", "seller")
    row: Row = {name: fact[name] for name in names}
    row |= {name: int(fact[name]) for name in ("quantity", "price_minor")}
    row |= {"id": fact["claim"], "accepted": [], "status": "open", "reason": ""}
    row |= {"closed_at": None, "closed_block": None, "closed_transaction": ""}
    rows.put(Claim, {**row, **recorded(fact, rows)})
    _tell(fact, rows, row)


@on("ClaimAccepted")
def mirror_accepted(fact: Fact, rows: Rows) -> None:
    """One owner's consent."""
    row = dict(existing(rows, Claim, fact["claim"]))
    row |= {"accepted": [*row["accepted"], fact["party"]]}
    rows.put(Claim, row)
    _tell(fact, rows, row)


@on("ClaimRefused", "ClaimEnforced")
def mirror_answered(fact: Fact, rows: Rows) -> None:
    """An owner's no, or the order of two organisations, with its reason."""
    row = dict(existing(rows, Claim, fact["claim"]))
    row |= {"reason": fact["reason"]} | ({"status": "refused"} if fact.name == "ClaimRefused" else {})
    rows.put(Claim, row)
    _tell(fact, rows, row)


@on("ClaimSettled")
def mirror_settled(fact: Fact, rows: Rows) -> None:
    """The net difference has moved; the trade says so, and the brokers of both orders hear of it."""
    row = existing(rows, Claim, fact["claim"])
    closed = {"closed_at": fact.at, "closed_block": fact.block, "closed_transaction": fact.transaction}
    rows.put(Claim, {**row, "status": "settled", **closed})
    _tell(fact, rows, row)
    trade = existing(rows, Trade, fact["trade"])
    status = "reversed" if fact["kind"] == "bust" else "corrected"
    rows.put(Trade, {**trade, "status": status})
    last = {"last_quantity": int(fact["quantity"]), "last_price_minor": int(fact["price_minor"])}
    for side in ("buy", "sell"):
        order = existing(rows, Order, trade[side])
        named = {"trade": trade["id"], "reference": fact["reference"], "text": fact["claim"]}
        reports.add(fact, rows, fact["kind"], order, side=side, **last, **named)


def _tell(fact: Fact, rows: Rows, row: Mapping[str, Any]) -> None:
    """Its owners hear of it, their custodians and brokers, and the exchange."""
    trade = existing(rows, Trade, row["trade"])
    kept = {*keepers(rows, trade["buyer_account"]), *keepers(rows, trade["seller_account"]), row["venue"]}
    rows.event(fact, "claim", row["id"], kept | orders.followers(rows, trade["buy"], trade["sell"]))
