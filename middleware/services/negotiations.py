"""Negotiations: a party asks others, of its own choice, what they would buy or sell for. SQL only.

Each party that was asked talks with the opener alone: it learns neither who else was asked nor what they offered.
Overseers see what the ledger shows of an agreement, and nothing of the talk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from middleware import clock, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.instruction import Instruction
from middleware.models.instrument import Instrument
from middleware.models.negotiation import Asked, Negotiation, Offer
from middleware.models.party import Party
from middleware.services import instruments, talks
from middleware.services.pages import Listing, Page, Row, listing

MOST_ASKED = 20
STATUSES = ("open", "agreed", "withdrawn", "expired", "closed")
OFFER_STATUSES = (
    *("open", "expired", "closed", "countered", "refused", "withdrawn"),
    *("accepted", "settled", "cancelled", "failed"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to do, and whom he asks. `id` is made before the first try."""

    id: str
    instrument: str
    side: str
    quantity: int
    parties: Sequence[str]
    expires_at: str
    note: str = ""


def open(session: Session, principal: Principal, request: Request) -> Row:
    """Ask parties for a quote. The same request again answers what is there."""
    known = session.scalar(select(Negotiation).where(Negotiation.id == request.id))
    if known is not None:
        return _same(session, principal, request, known)
    instrument = instruments.show(session, principal, request.instrument, field="instrument")
    if instrument["kind"] == "currency":
        message = f"{request.instrument} is a currency; it pays, it is not traded"
        raise Error("invalid", message, reason="instrument", field="instrument")
    expires_at = clock.parse(request.expires_at, field="expires_at")
    if expires_at <= clock.now():
        raise Error("invalid", f"{request.expires_at} has passed", reason="expires_at", field="expires_at")
    _can_be_asked(session, principal, request.parties)
    row = {name: getattr(request, name) for name in ("id", "instrument", "side", "quantity", "note")}
    row |= {"opener": principal.party, "currency": instrument["currency"], "status": "open", "agreed": ""}
    row |= {"opened_by": principal.username, "opened_at": clock.now(), "expires_at": expires_at, "closed_at": None}
    session.add(Negotiation(**row))
    session.add_all(
        Asked(negotiation=request.id, party=party, status="asked", reason="", answered_at=None)
        for party in request.parties
    )
    talks.tell(session, "asked", request.id, request.parties)
    session.commit()
    relay.push(session)
    return show(session, principal, request.id)


def _same(session: Session, principal: Principal, request: Request, known: Negotiation) -> Row:
    names = ("instrument", "side", "quantity", "note")
    asked = set(session.scalars(select(Asked.party).where(Asked.negotiation == known.id)))
    same = all(getattr(request, name) == getattr(known, name) for name in names) and asked == set(request.parties)
    if known.opener != principal.party or not same:
        raise Error("duplicate", f"the id {request.id} was used for another request", reason="id")
    return show(session, principal, known.id)


def _can_be_asked(session: Session, principal: Principal, parties: Sequence[str]) -> None:
    """Those who can own and trade, and not oneself."""
    if principal.party in parties:
        raise Error("invalid", f"{principal.party} cannot ask itself", reason="parties", field="parties")
    for party in parties:
        found = session.get(Party, party)
        if found is None or not set(policy.TRADERS) & set(found.roles):
            message = f"there is no issuer or investor {party}"
            raise Error("not_found", message, reason="parties", field="parties")


def index(session: Session, principal: Principal, *, page: Page, status: str = "", instrument: str = "") -> Listing:
    """The negotiations that the principal opened or was asked in, newest first."""
    query = select(*Negotiation.__table__.columns).where(policy.visible(principal, Negotiation))
    if instrument:
        query = query.where(Negotiation.instrument == instrument)
    if status == "open":
        query = query.where(Negotiation.status == "open", Negotiation.expires_at > clock.now())
    elif status == "expired":
        query = query.where(Negotiation.status == "open", Negotiation.expires_at <= clock.now())
    elif status == "closed":
        query = query.where(Negotiation.status != "open", Negotiation.opener != principal.party)
    elif status:
        query = query.where(Negotiation.status == status)
    found = listing(session, query, Negotiation.number, page=page, descending=True)
    return Listing([_view(session, principal, row) for row in found.items], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One negotiation, as the principal sees it: the opener every talk, anybody else his own."""
    found = talks.find(session, principal, id)
    return _view(session, principal, {column.name: getattr(found, column.name) for column in found.__table__.columns})


def refuse(session: Session, principal: Principal, id: str, *, reason: str) -> Row:
    """Say no to a request, for good; the opener is told why, the ledger and everybody else are not."""
    negotiation = talks.find(session, principal, id)
    if negotiation.opener == principal.party:
        raise Error("forbidden", "whoever asked withdraws his request; he cannot refuse it", reason="opener")
    asked = talks.with_party(session, principal, negotiation, principal.party)
    if (asked.status, asked.reason) != ("refused", reason):
        talks.open_now(negotiation)
        if asked.status == "refused":
            raise Error("wrong_status", f"{principal.party} has refused already", reason="negotiation")
        asked.status, asked.reason, asked.answered_at = "refused", reason, clock.now()
        close = update(Offer).where(Offer.negotiation == id, Offer.party == asked.party, Offer.status == "open")
        session.execute(close.values(status="refused", decided_at=clock.now()))
        talks.tell(session, "refused", id, [negotiation.opener])
        session.commit()
        relay.push(session)
    return show(session, principal, id)


def withdraw(session: Session, principal: Principal, id: str) -> Row:
    """Take a request back; what was offered in it stands no longer."""
    negotiation = talks.find(session, principal, id)
    if negotiation.opener != principal.party:
        raise Error("forbidden", f"{negotiation.opener} has asked, not {principal.party}", reason="opener")
    if negotiation.status != "withdrawn":
        talks.open_now(negotiation)
        change = update(Negotiation).where(Negotiation.id == id, Negotiation.status == "open")
        done = session.execute(change.values(status="withdrawn", closed_at=clock.now()))
        if not getattr(done, "rowcount", 0):
            raise Error("wrong_status", f"the negotiation {id} is not open any more", reason="negotiation")
        asked = session.scalars(select(Asked.party).where(Asked.negotiation == id))
        talks.tell(session, "withdrawn", id, asked)
        session.commit()
        relay.push(session)
        session.expire_all()
    return show(session, principal, id)


def _view(session: Session, principal: Principal, row: Row) -> Row:
    opens = row["opener"] == principal.party
    asked = select(Asked).where(Asked.negotiation == row["id"])
    asked = asked if opens else asked.where(Asked.party == principal.party)
    status = _status(session, principal, row)
    found = list(session.scalars(asked.order_by(Asked.party)))
    listed = [_talk(session, principal, row, one, status) for one in found]
    digits = session.scalar(select(Instrument.minor_digits).where(Instrument.instrument == row["currency"])) or 0
    view = {name: value for name, value in row.items() if name not in ("agreed", "opened_by")}
    view |= {"status": status, "currency_digits": digits, "talks": listed, "is_opener": opens}
    view["your_side"] = row["side"] if opens else _OTHER_SIDE[row["side"]]
    return view | {"withdrawable": opens and status == "open", "refusable": not opens and listed[0]["may_offer"]}


def _status(session: Session, principal: Principal, row: Row) -> str:
    """An agreement with another is nobody's business: to the others the request is closed."""
    status = str(row["status"])
    if status == "agreed":
        offer = session.scalars(select(Offer).where(Offer.id == row["agreed"])).one()
        if fell_through(session, offer):
            status = "open"
        elif principal.party not in (row["opener"], offer.party):
            return "closed"
    return "expired" if status == "open" and row["expires_at"] <= clock.now() else status


def fell_through(session: Session, offer: Offer) -> bool:
    """Whether the ledger refused the acceptance: then the offer stands as before. The worker writes that down."""
    sent = relay.find(session, offer.taker, offer.acceptance) if offer.status == "accepted" else None
    return sent is not None and sent.status == "done" and bool(sent.code)


def _talk(session: Session, principal: Principal, row: Row, asked: Asked, status: str) -> Row:
    query = select(Offer).where(Offer.negotiation == row["id"], Offer.party == asked.party).order_by(Offer.number)
    offers = [offer_view(session, principal, offer, status) for offer in session.scalars(query)]
    may_offer = status == "open" and asked.status == "asked"
    view: Row = {"party": asked.party, "status": asked.status, "reason": asked.reason, "may_offer": may_offer}
    return {**view, "answered_at": asked.answered_at, "offers": offers}


def offer_view(session: Session, principal: Principal, offer: Offer, status: str) -> Row:
    """An offer as one of the two sees it, with what became of it on the ledger."""
    row: Row = {name: getattr(offer, name) for name in _SHOWN}
    agreed = session.get(Instruction, offer.terms)
    row |= {
        "signed": offer.args,
        "instruction": agreed and _instruction(agreed),
        "status": offer_status(session, offer, status),
    }
    if offer.status == "accepted" and agreed is not None and agreed.status != "alleged":
        row["status"] = agreed.status
    mine = offer.maker == principal.party
    waits = row["status"] == "open"
    row |= {"mine": mine, "acceptable": waits and not mine, "withdrawable": waits and mine}
    return row | reservation(offer) | {"to_sign": _to_sign(offer, agreed) if mine else None}


def offer_status(session: Session, offer: Offer, status: str) -> str:
    """What the offer is as far as the talk goes. `status`: the negotiation's."""
    if offer.status != "open" and not fell_through(session, offer):
        return offer.status
    if offer.good_till <= clock.now():
        return "expired"
    return "open" if status == "open" else "closed"


def reservation(offer: Offer) -> Row:
    """What accepting would reserve of the taker's."""
    if offer.side == "buy":  # the maker buys, so the taker delivers
        return {"takes": "deliver", "reserves": offer.quantity, "reserved_instrument": offer.args["instrument"]}
    return {"takes": "receive", "reserves": offer.amount_minor, "reserved_instrument": offer.args["currency"]}


def fulfilment(offer: Offer) -> dict[str, str]:
    """The args of the maker's own instruction, once the taker has signed his."""
    args = {name: offer.args[name] for name in ("account", "cash_account", "instrument", "quantity")}
    args |= {"side": "receive" if offer.side == "buy" else "deliver", "counterparty": offer.taker}
    args |= {"amount_minor": str(offer.amount_minor), "terms": offer.terms}
    return args | {"good_till": clock.text(offer.settle_by) if offer.settle_by else ""}


def _to_sign(offer: Offer, agreed: Instruction | None) -> Mapping[str, str] | None:
    """What a maker who keeps his own key has to sign now."""
    waits = offer.status == "accepted" and offer.held == "own" and agreed is not None and agreed.status == "alleged"
    return fulfilment(offer) if waits else None


def _instruction(agreed: Instruction) -> dict[str, Any]:
    names = ("terms", "status", "settlement", "at", "block", "closed_at", "closed_block", "good_till")
    return {name: getattr(agreed, name) for name in names}


_OTHER_SIDE = {"buy": "sell", "sell": "buy"}
_SHOWN = (
    *("id", "party", "maker", "taker", "side", "quantity", "price_minor", "amount_minor", "note", "good_till", "terms"),
    *("jws", "kid", "held", "reason", "made_at", "decided_at", "settle_by"),
)
