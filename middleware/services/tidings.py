"""Tidings: what of each noun a party should hear of. A source is one query, by an index, for its newest rows."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.models.account import Account
from middleware.models.act import Act
from middleware.models.application import Application
from middleware.models.cash import Deposit, Withdrawal
from middleware.models.entry import Entry
from middleware.models.execution import Claim
from middleware.models.instruction import Instruction
from middleware.models.letter import Letter, LetterHolder
from middleware.models.negotiation import Negotiation, TalkNotice
from middleware.models.offering import Invitation, Offering
from middleware.models.order import Order
from middleware.models.subscription import Subscription
from middleware.models.trade import Trade
from middleware.models.transfer import Transfer
from middleware.services import acts
from middleware.services.pages import Page, Query, Row

MOST = 200  # older ones stand in the lists of their nouns
Source = Callable[[Session, Principal], Iterable[Row]]


def told(kind: str, noun: str, thing: str, at: datetime, *, key: str = "", **said: Any) -> Row:
    """One notification. said: instrument, currency, quantity, price_minor, amount_minor, text, waits.

    `key` tells it apart from others of the same kind about the same thing.
    """
    return {**_BLANK, "id": f"{kind}/{key or thing}", "kind": kind, "noun": noun, "thing": thing, "at": at, **said}


def rows(session: Session, query: Query, newest: Any) -> list[Any]:
    """The newest rows of one source."""
    return list(session.execute(query.order_by(newest.desc()).limit(MOST)))


def _trades(session: Session, principal: Principal) -> Iterable[Row]:
    for side, party in (("bought", Trade.buyer), ("sold", Trade.seller)):
        query = select(Trade.id, Trade.at, *_OF_TRADE).where(party == principal.party)
        for row in rows(session, query, Trade.ordinal):
            said = {name: getattr(row, name) for name in ("instrument", "currency", "quantity", "price_minor")}
            yield told(f"trade_{side}", "trade", row.id, row.at, amount_minor=row.amount_minor, **said)


def _orders(session: Session, principal: Principal) -> Iterable[Row]:
    """What ended without its owner's doing."""
    names = (Order.id, Order.at, Order.closed_at, Order.status, Order.message, Order.instrument, Order.currency)
    query = select(*names, Order.quantity, Order.limit_minor)
    query = query.where(Order.owner == principal.party, Order.status.in_(("rejected", "expired")))
    for row in rows(session, query, Order.ordinal):
        said = {"instrument": row.instrument, "currency": row.currency, "quantity": row.quantity, "text": row.message}
        at = row.closed_at or row.at
        yield told(f"order_{row.status}", "order", row.id, at, price_minor=row.limit_minor, **said)


def _entries(session: Session, principal: Principal) -> Iterable[Row]:
    """What waits for the principal's signature; for a broker, what became of what he entered."""
    query = select(Entry.id, Entry.entered_at, Entry.decided_at, *_OF_ENTRY)
    if principal.has(*policy.TRADERS):
        mine = (policy.visible(principal, Entry), Entry.broker != principal.party)
        for row in rows(session, query.where(*mine, Entry.status == "awaiting_affirmation"), Entry.number):
            yield _entry("entry_waiting", row, row.entered_at, waits=True)
    if principal.has("broker"):
        ended = query.where(Entry.broker == principal.party, Entry.status.in_(("affirmed", "declined", "lapsed")))
        for row in rows(session, ended, Entry.number):
            yield _entry(f"entry_{row.status}", row, row.decided_at or row.entered_at, text=row.reason)


def _entry(kind: str, row: Any, at: datetime, **said: Any) -> Row:
    terms = {"instrument": row.instrument, "quantity": row.quantity, "price_minor": row.limit_minor}
    return told(kind, "entry", row.id, at, **terms, **said)


def _acts(session: Session, principal: Principal) -> Iterable[Row]:
    """Acts to be signed, and those that were."""
    for row in acts.index(session, principal, page=Page(limit=MOST), status="proposed").items:
        if row["approvable"]:
            yield told("act_waiting", "act", row["id"], row["at"], text=row["function"], waits=True)
    query = select(Act.id, Act.approved_at, Act.function).where(Act.status == "approved")
    subject = and_(Act.subject == principal.party, Act.function != "party:admit")  # its admission is no news to a party
    concerned = or_(Act.proposer == principal.party, subject)
    for row in rows(session, query.where(concerned, Act.approver != principal.party), Act.ordinal):
        if row.approved_at:
            yield told("act_approved", "act", row.id, row.approved_at, text=row.function)


def _deposits(session: Session, principal: Principal) -> Iterable[Row]:
    query = select(Deposit.id, Deposit.at, Deposit.instrument, Deposit.amount_minor, Deposit.reference)
    for row in rows(session, query.where(Deposit.account.in_(_own(principal))), Deposit.ordinal):
        said = {"currency": row.instrument, "amount_minor": row.amount_minor, "text": row.reference}
        yield told("deposit_credited", "deposit", row.id, row.at, **said)


def _withdrawals(session: Session, principal: Principal) -> Iterable[Row]:
    """What the bank answered; for the bank, what it has to pay."""
    names = (Withdrawal.id, Withdrawal.at, Withdrawal.closed_at, Withdrawal.status, Withdrawal.instrument)
    query = select(*names, Withdrawal.amount_minor, Withdrawal.reference, Withdrawal.reason)
    ended = query.where(Withdrawal.owner == principal.party, Withdrawal.status != "pending")
    for row in rows(session, ended, Withdrawal.ordinal):
        said = {"currency": row.instrument, "amount_minor": row.amount_minor, "text": row.reference or row.reason}
        yield told(f"withdrawal_{row.status}", "withdrawal", row.id, row.closed_at or row.at, **said)
    due = query.where(Withdrawal.bank == principal.party, Withdrawal.status == "pending")
    for row in rows(session, due, Withdrawal.ordinal):
        said = {"currency": row.instrument, "amount_minor": row.amount_minor}
        yield told("withdrawal_waiting", "withdrawal", row.id, row.at, **said, waits=True)


def _transfers(session: Session, principal: Principal) -> Iterable[Row]:
    """What came from another, against nothing."""
    query = select(Transfer.id, Transfer.at, Transfer.instrument, Transfer.quantity, Transfer.reason)
    query = query.where(Transfer.to_account.in_(_own(principal)), Transfer.party != principal.party)
    for row in rows(session, query, Transfer.ordinal):
        said = {"instrument": row.instrument, "quantity": row.quantity, "text": row.reason}
        yield told("transfer_received", "transfer", row.id, row.at, **said)


def _claims(session: Session, principal: Principal) -> Iterable[Row]:
    """An exchange's word about a trade of the principal's."""
    query = select(Claim.id, Claim.at, Claim.status, Claim.accepted, Claim.quantity, Claim.price_minor)
    query = query.add_columns(Trade.instrument, Trade.currency).join(Trade, Trade.id == Claim.trade)
    mine = or_(Claim.buyer == principal.party, Claim.seller == principal.party)
    for row in rows(session, query.where(mine), Claim.ordinal):
        waits = row.status == "open" and principal.party not in row.accepted
        said = {"instrument": row.instrument, "currency": row.currency, "quantity": row.quantity}
        yield told("claim_opened", "claim", row.id, row.at, **said, price_minor=row.price_minor, waits=waits)


def _instructions(session: Session, principal: Principal) -> Iterable[Row]:
    """What another has instructed against the principal, and what was settled of his own."""
    names = ("at", "closed_at", "instrument", "currency", "quantity", "amount_minor")
    query = select(Instruction.terms, *(getattr(Instruction, name) for name in names))
    alleged = query.where(Instruction.counterparty == principal.party, Instruction.status == "alleged")
    for row in rows(session, alleged, Instruction.ordinal):
        said = {name: getattr(row, name) for name in names[2:]}
        yield told("instruction_alleged", "instruction", row.terms, row.at, **said, waits=True)
    settled = query.where(Instruction.owner == principal.party, Instruction.status == "settled")
    for row in rows(session, settled, Instruction.ordinal):
        said = {name: getattr(row, name) for name in names[2:]}
        yield told("instruction_settled", "instruction", row.terms, row.closed_at or row.at, **said)


def _talks(session: Session, principal: Principal) -> Iterable[Row]:
    """What was said to the principal in negotiations."""
    query = select(TalkNotice.number, TalkNotice.kind, TalkNotice.at, TalkNotice.negotiation, Negotiation.instrument)
    query = query.join(Negotiation, Negotiation.id == TalkNotice.negotiation)
    for row in rows(session, query.where(TalkNotice.party == principal.party), TalkNotice.number):
        said = {"instrument": row.instrument, "key": str(row.number)}
        yield told(f"talk_{row.kind}", "negotiation", row.negotiation, row.at, **said)


def _letters(session: Session, principal: Principal) -> Iterable[Row]:
    """What issuers wrote to their holders."""
    query = select(Letter.id, Letter.sent_at, Letter.instrument, Letter.subject)
    query = query.join(LetterHolder, LetterHolder.letter == Letter.number)
    for row in rows(session, query.where(LetterHolder.party == principal.party), Letter.number):
        yield told("letter_received", "letter", row.id, row.sent_at, instrument=row.instrument, text=row.subject)


def _applications(session: Session, principal: Principal) -> Iterable[Row]:
    """What was decided about the principal's own applications; for the operator, those that wait for a reviewer."""
    query = select(Application.id, Application.status, Application.reason, Application.changed_at)
    mine = query.where(Application.party == principal.party, Application.status.in_(("approved", "refused")))
    for row in rows(session, mine, Application.number):
        yield told(f"application_{row.status}", "application", row.id, row.changed_at, text=row.reason)
    if principal.has("operator"):
        for row in rows(session, query.where(Application.status == "submitted"), Application.number):
            yield told("application_waiting", "application", row.id, row.changed_at, waits=True)


def _offerings(session: Session, principal: Principal) -> Iterable[Row]:
    """What investors may subscribe to, and what became of the principal's own offerings."""
    names = (Offering.id, Offering.at, Offering.instrument, Offering.currency, Offering.status, Offering.closed_at)
    query = select(*names, Offering.allotted_at, Offering.placed, Offering.price_minor, Offering.reason)
    if principal.has("investor"):
        public = query.where(Offering.status == "open", Offering.kind == "public")
        for row in rows(session, public, Offering.ordinal):
            yield told("offering_opened", "offering", row.id, row.at, instrument=row.instrument)
    ended = query.where(Offering.issuer == principal.party, Offering.status.in_(("settled", "failed")))
    for row in rows(session, ended, Offering.ordinal):
        said = {"instrument": row.instrument, "currency": row.currency, "quantity": row.placed, "text": row.reason}
        at = row.closed_at or row.allotted_at or row.at
        yield told(f"offering_{row.status}", "offering", row.id, at, price_minor=row.price_minor, **said)


def _invitations(session: Session, principal: Principal) -> Iterable[Row]:
    query = select(Invitation.offering, Invitation.invited_at, Offering.instrument)
    query = query.join(Offering, Offering.id == Invitation.offering).where(Invitation.party == principal.party)
    for row in rows(session, query, Invitation.invited_at):
        yield told("offering_invited", "offering", row.offering, row.invited_at, instrument=row.instrument)


def _subscriptions(session: Session, principal: Principal) -> Iterable[Row]:
    """What the principal was allotted, and what of his cash is free again."""
    terms = (Subscription.allotted, Subscription.price_minor, Subscription.amount_minor, Subscription.reason)
    names = (Subscription.instrument, Subscription.currency, Subscription.status, Subscription.closed_at)
    query = select(Subscription.offering, Subscription.at, *names, *terms)
    mine = (Subscription.subscriber == principal.party, Subscription.status.in_(("settled", "released")))
    for row in rows(session, query.where(*mine), Subscription.ordinal):
        said = {"instrument": row.instrument, "currency": row.currency, "text": row.reason}
        if row.status == "settled":
            said |= {"quantity": row.allotted, "price_minor": row.price_minor, "amount_minor": row.amount_minor}
        yield told(f"subscription_{row.status}", "offering", row.offering, row.closed_at or row.at, **said)


def _own(principal: Principal) -> Any:
    return select(Account.id).where(Account.owner == principal.party)


_OF_TRADE = (Trade.instrument, Trade.currency, Trade.quantity, Trade.price_minor, Trade.amount_minor)
_OF_ENTRY = (Entry.instrument, Entry.quantity, Entry.limit_minor, Entry.status, Entry.reason)
_BLANK: Row = {"instrument": "", "currency": "", "quantity": None, "price_minor": None, "amount_minor": None}
_BLANK |= {"text": "", "waits": False}
SOURCES: tuple[Source, ...] = (
    *(_trades, _orders, _entries, _acts, _deposits, _withdrawals, _transfers, _claims),
    *(_instructions, _talks, _letters, _offerings, _invitations, _subscriptions, _applications),
)
TALKS = ("asked", "offered", "countered", "accepted", "refused", "withdrawn", "reopened", "failed")
KINDS = (
    *("trade_bought", "trade_sold", "order_rejected", "order_expired", "entry_waiting", "entry_affirmed"),
    *("entry_declined", "entry_lapsed", "act_waiting", "act_approved", "deposit_credited", "withdrawal_paid"),
    *("withdrawal_refused", "withdrawal_waiting", "transfer_received", "claim_opened"),
    *("offering_opened", "offering_invited", "offering_settled", "offering_failed"),
    *("subscription_settled", "subscription_released"),
    *("application_waiting", "application_approved", "application_refused"),
    *("instruction_alleged", "instruction_settled", "letter_received", *(f"talk_{kind}" for kind in TALKS)),
)
