"""Offers: signed proposals between two parties, countered, refused, withdrawn or accepted, all of it off the ledger.

Only an acceptance goes there: the taker's instruction under the salted hash of the offer, and after it the maker's. A
maker whose key the platform keeps has authorised his by signing the offer with its time; one who keeps his own key
signs it himself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from middleware import agreement, amounts, clock, ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.ledger import command, wallet
from middleware.models.instruction import Instruction
from middleware.models.negotiation import Asked, Negotiation, Offer
from middleware.models.party import PartyKey
from middleware.models.submission import Submission
from middleware.services import accounts, negotiations, submissions, talks
from middleware.services.instructing import ENTER
from middleware.services.pages import Row
from middleware.services.submissions import Intent
from middleware.signing import VALID_FOR

MAKE = "offer:make"  # what a maker signs; it stays off the ledger, which has no such function
SETTLE_WITHIN = timedelta(hours=24)
MOST_OFFERS = 100  # of one talk
MOST_FOLLOWED = 100
OPPOSITE = {"buy": "sell", "sell": "buy"}


def make(
    session: Session, principal: Principal, intent: Intent, negotiation: str, *, party: str, fields: Mapping[str, str]
) -> Row:
    """Make an offer, or a counter-offer to the one that is open. The same again answers what is there."""
    known = session.scalar(select(Offer).where(Offer.id == intent.id))
    talk = talks.find(session, principal, negotiation)
    if known is not None:
        return _same(session, principal, known, fields)
    asked = talks.with_party(session, principal, talk, party)
    talks.open_now(talk)
    if asked.status == "refused":
        raise Error("wrong_status", f"{asked.party} has refused the request", reason="negotiation")
    _room(session, asked)
    args = _args(session, principal, talk, asked, fields)
    signed = _signed(session, principal, intent, args)
    if _counter(session, principal, asked):
        talks.tell(session, "countered", negotiation, {talk.opener, asked.party} - {principal.party})
    else:
        talks.tell(session, "offered", negotiation, {talk.opener, asked.party} - {principal.party})
    session.add(_offer(principal, asked, intent.id, args, signed))
    session.commit()
    relay.push(session)
    return negotiations.show(session, principal, negotiation)


def _same(session: Session, principal: Principal, known: Offer, fields: Mapping[str, str]) -> Row:
    same = all(value in ("", known.args.get(name)) for name, value in fields.items())
    if known.maker != principal.party or not same:
        raise Error("duplicate", f"the id {known.id} was used for another offer", reason="id")
    return negotiations.show(session, principal, known.negotiation)


def _room(session: Session, asked: Asked) -> None:
    query = select(func.count()).where(Offer.negotiation == asked.negotiation, Offer.party == asked.party)
    if (session.scalar(query) or 0) >= MOST_OFFERS:
        message = f"the two have made {MOST_OFFERS} offers; begin anew"
        raise Error("wrong_status", message, reason="offers")


def _args(
    session: Session, principal: Principal, talk: Negotiation, asked: Asked, fields: Mapping[str, str]
) -> dict[str, str]:
    """What the maker signs: everything that the other needs to know, and the salt."""
    opens = principal.party == talk.opener
    args = {name: fields[name] for name in ("quantity", "price_minor", "account", "good_till", "note")}
    args |= {"negotiation": talk.id, "instrument": talk.instrument, "currency": talk.currency}
    args |= {"side": talk.side if opens else OPPOSITE[talk.side]}
    args |= {"counterparty": asked.party if opens else talk.opener}
    args |= {
        "cash_account": fields["cash_account"] or fields["account"],
        "salt": fields.get("salt") or agreement.new_salt(),
    }
    for field in ("account", "cash_account"):
        accounts.owned(session, principal, args[field], field=field)
    good_till = clock.parse(args["good_till"], field="good_till")
    if not clock.now() < good_till <= talk.expires_at:
        message = f"{args['good_till']} is not between now and {clock.text(talk.expires_at)}, when the talk ends"
        raise Error("invalid", message, reason="good_till", field="good_till")
    return args


def _signed(session: Session, principal: Principal, intent: Intent, args: Mapping[str, str]) -> Row:
    """The maker's signature, by a key that may enter instructions: that is what an acceptance makes of an offer."""
    if intent.jws:
        return _signed_elsewhere(session, principal, intent, args)
    kid, private = wallet.signing_key(session, principal.party, ENTER)
    ledger = wallet.ledger_hash(session.info["config"])
    expires_at = (clock.now() + VALID_FOR).replace(microsecond=0)
    payload = command.encode(
        ledger=ledger, party=principal.party, id=intent.id, function=MAKE, args=args, expires_at=expires_at
    )
    jws = command.sign(private, kid, payload)
    return {"jws": jws, "hash": command.body_hash(payload), "kid": kid, "held": "platform"}


def _signed_elsewhere(session: Session, principal: Principal, intent: Intent, args: Mapping[str, str]) -> Row:
    submissions.verify(session, intent.jws)
    said = command.parse(intent.jws)
    wanted = {"ledger": wallet.ledger_hash(session.info["config"]), "party": principal.party, "id": intent.id}
    for name, value in {**wanted, "function": MAKE, "args": dict(args)}.items():
        if getattr(said, name) != value:
            raise Error("invalid", f"the signed {name} is not that of the request", reason=name, field="jws")
    return {"jws": intent.jws, "hash": said.hash, "kid": said.kid, "held": "own"}


def _counter(session: Session, principal: Principal, asked: Asked) -> bool:
    """One offer at a time is open between two: a new one takes the place of the last."""
    open_ones = (Offer.negotiation == asked.negotiation, Offer.party == asked.party, Offer.status == "open")
    change = update(Offer).where(*open_ones).values(decided_at=clock.now())
    session.execute(change.where(Offer.maker == principal.party).values(status="withdrawn"))
    countered = session.execute(change.where(Offer.maker != principal.party).values(status="countered"))
    return bool(getattr(countered, "rowcount", 0))


def _offer(principal: Principal, asked: Asked, id: str, args: dict[str, str], signed: Row) -> Offer:
    quantity, price = int(args["quantity"]), int(args["price_minor"])
    row: Row = {name: args[name] for name in ("negotiation", "side", "account", "cash_account", "note")}
    row |= {"id": id, "party": asked.party, "maker": principal.party, "taker": args["counterparty"], "args": args}
    row |= {"quantity": quantity, "price_minor": price}
    row |= {"amount_minor": amounts.multiply(quantity, price, field="quantity")}
    row |= {"good_till": clock.parse(args["good_till"]), "terms": agreement.terms(principal.party, id, args), **signed}
    row |= {"status": "open", "reason": "", "made_by": principal.username, "made_at": clock.now()}
    return Offer(**row, decided_at=None, acceptance="", fulfilment="", settle_by=None)


def find(session: Session, principal: Principal, negotiation: str, id: str) -> Offer:
    """An offer of a talk that the principal takes part in."""
    query = select(Offer).where(Offer.id == id, Offer.negotiation == negotiation, policy.visible(principal, Offer))
    offer = session.scalar(query)
    if offer is None:
        raise Error("not_found", f"there is no offer {id}", reason="offer")
    return offer


def refuse(session: Session, principal: Principal, negotiation: str, id: str, *, reason: str) -> Row:
    """Say no to one offer; its maker is told why, and the talk goes on."""
    return _end(session, principal, find(session, principal, negotiation, id), "refused", reason)


def withdraw(session: Session, principal: Principal, negotiation: str, id: str) -> Row:
    """Take an offer back, as long as nobody has accepted it."""
    return _end(session, principal, find(session, principal, negotiation, id), "withdrawn", "")


def _end(session: Session, principal: Principal, offer: Offer, status: str, reason: str) -> Row:
    by, other = (offer.taker, offer.maker) if status == "refused" else (offer.maker, offer.taker)
    if by != principal.party:
        raise Error("forbidden", f"{by} can do this, not {principal.party}", reason="owner")
    if (offer.status, offer.reason) != (status, reason):
        _decide(session, offer, {"status": status, "reason": reason})
        talks.tell(session, status, offer.negotiation, [other])
        session.commit()
        relay.push(session)
        session.expire_all()
    return negotiations.show(session, principal, offer.negotiation)


def _decide(session: Session, offer: Offer, values: Mapping[str, Any]) -> None:
    """Compare and set: of two who decide at once, the first is heard."""
    change = update(Offer).where(Offer.id == offer.id, Offer.status == "open")
    done = session.execute(change.values(**values, decided_at=clock.now()))
    if not getattr(done, "rowcount", 0):
        raise Error("wrong_status", f"the offer {offer.id} is {offer.status}", reason="offer")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """With which accounts the taker accepts. `signed`: the args of his instruction, where he keeps his own key."""

    account: str
    cash_account: str = ""
    signed: Mapping[str, str] | None = None


def accept(
    session: Session, principal: Principal, intent: Intent, negotiation: str, id: str, wanted: Acceptance
) -> Submission:
    """Sign the taker's instruction to the terms of an offer; the maker's follows, and both legs settle."""
    offer = find(session, principal, negotiation, id)
    if offer.taker != principal.party:
        raise Error("forbidden", f"the offer {id} is made to {offer.taker}, not to {principal.party}", reason="owner")
    again = offer.acceptance == intent.id and offer.settle_by is not None
    settle_by = offer.settle_by if again and offer.settle_by else _settle_by(wanted)
    args = instruction(offer, wanted, settle_by)
    for field in ("account", "cash_account"):
        accounts.owned(session, principal, args[field], field=field)
    if not again:
        _agree(session, principal, offer, intent, settle_by)
    submission = submissions.send(session, principal, intent, ENTER, args)
    session.commit()  # from here it is agreed, unless the ledger refuses
    relay.push(session)
    return submission


def _settle_by(wanted: Acceptance) -> datetime:
    if wanted.signed is not None:
        return clock.parse(wanted.signed["good_till"], field="jws")
    return (clock.now() + SETTLE_WITHIN).replace(microsecond=0)


def instruction(offer: Offer, wanted: Acceptance, settle_by: datetime) -> dict[str, str]:
    """The args of the taker's instruction. What he signed himself must say the same."""
    account = wanted.signed["account"] if wanted.signed else wanted.account
    cash = wanted.signed["cash_account"] if wanted.signed else wanted.cash_account or wanted.account
    args = {"side": "deliver" if offer.side == "buy" else "receive", "account": account, "cash_account": cash}
    args |= {"counterparty": offer.maker, "instrument": offer.args["instrument"], "quantity": offer.args["quantity"]}
    args |= {"amount_minor": str(offer.amount_minor), "terms": offer.terms, "good_till": clock.text(settle_by)}
    for name, value in (wanted.signed or {}).items():
        if args[name] != value:
            raise Error("invalid", f"the signed {name} is not that of the offer", reason=name, field="jws")
    return args


def _agree(session: Session, principal: Principal, offer: Offer, intent: Intent, settle_by: datetime) -> None:
    if _reopen(session, offer):
        session.flush()
        session.expire_all()
    talk = talks.find(session, principal, offer.negotiation)
    talks.open_now(talk)
    if offer.status == "open" and offer.good_till <= clock.now():
        message = f"the offer {offer.id} was good till {clock.text(offer.good_till)}"
        raise Error("wrong_status", message, reason="good_till")
    if _compromised(session, offer.kid):
        raise Error("wrong_status", f"the key {offer.kid} that signed the offer is compromised", reason="key")
    _decide(session, offer, {"status": "accepted", "acceptance": intent.id, "settle_by": settle_by})
    change = update(Negotiation).where(Negotiation.id == talk.id, Negotiation.status == "open")
    done = session.execute(change.values(status="agreed", agreed=offer.id, closed_at=clock.now()))
    if not getattr(done, "rowcount", 0):
        raise Error("wrong_status", f"the negotiation {talk.id} is not open any more", reason="negotiation")
    asked = session.scalars(select(Asked.party).where(Asked.negotiation == talk.id))
    talks.tell(session, "accepted", talk.id, {talk.opener, *asked} - {principal.party})


def _compromised(session: Session, kid: str) -> bool:
    party, _, n = kid.rpartition(".")
    return session.get_one(PartyKey, (party, int(n))).status == "compromised"


# What the worker does, a step behind the ledger.


def pending(session: Session) -> Sequence[Offer]:
    """Accepted offers of which the ledger has not said the last word, oldest first."""
    settled = select(Instruction.terms).where(Instruction.status != "alleged")
    query = select(Offer).where(Offer.status == "accepted", Offer.terms.not_in(settled))
    return list(session.scalars(query.order_by(Offer.number).limit(MOST_FOLLOWED)))


def follow(session: Session) -> int:
    """Do what follows from acceptances: the maker's signature, or the end where the ledger said no. Commit after it."""
    return sum(_follow(session, offer) for offer in pending(session))


def _follow(session: Session, offer: Offer) -> bool:
    agreed = session.get(Instruction, offer.terms)
    if agreed is None:
        return _reopen(session, offer)
    if offer.fulfilment:
        return _fail(session, offer)
    if offer.held != "platform" or agreed.good_till <= clock.now():
        return False
    if _compromised(session, offer.kid):
        return _broken(session, offer)
    offer.fulfilment = ids.member(offer.id, "fulfilment")
    args = negotiations.fulfilment(offer)
    wish = relay.Wish(function=ENTER, args=args, signer=offer.maker, id=offer.fulfilment)
    if isinstance(relay.enqueue_many(session, [wish])[0], Error):
        _broken(session, offer)
    return True


def _reopen(session: Session, offer: Offer) -> bool:
    """The taker's instruction was refused: the offer stands as before. Why is the taker's business."""
    if not negotiations.fell_through(session, offer):
        return False
    offer.status, offer.acceptance, offer.settle_by, offer.decided_at = "open", "", None, None
    change = update(Negotiation).where(Negotiation.id == offer.negotiation, Negotiation.agreed == offer.id)
    session.execute(change.values(status="open", agreed="", closed_at=None))
    talks.tell(session, "reopened", offer.negotiation, [offer.maker, offer.taker])
    return True


def _fail(session: Session, offer: Offer) -> bool:
    """The maker's instruction was refused: the taker takes his own back. Why is the maker's business."""
    sent = relay.find(session, offer.maker, offer.fulfilment)
    if sent is None or not (sent.status == "done" and sent.code):
        return False
    return _broken(session, offer)


def _broken(session: Session, offer: Offer) -> bool:
    offer.status = "failed"
    talks.tell(session, "failed", offer.negotiation, [offer.maker, offer.taker])
    return True
