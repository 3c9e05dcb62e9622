"""Who may do what, and who may see what. Doors ask `allow` before a use case; every query goes through `visible`.

An action is the name of a route ("orders.place"). A route that is missing here cannot be served: a test says so.
What an action does is checked again by its signature on the ledger; this table is the first of two locks.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, or_, select, true

from middleware import clock
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.account import Account
from middleware.models.act import Act
from middleware.models.application import Application
from middleware.models.attestation import Attestation
from middleware.models.cash import Deposit, Withdrawal
from middleware.models.certificate import Certificate
from middleware.models.disclosure import Disclosure
from middleware.models.document import Document, Publication
from middleware.models.draft import Draft
from middleware.models.entry import Entry
from middleware.models.execution import Claim, Confirmation, Execution
from middleware.models.holding import Holding, Movement
from middleware.models.instruction import Instruction
from middleware.models.instrument import Instrument
from middleware.models.letter import Letter, LetterHolder
from middleware.models.mandate import Mandate
from middleware.models.negotiation import Asked, Negotiation, Offer
from middleware.models.offering import Invitation, Offering
from middleware.models.order import Order
from middleware.models.party import Party, PartyKey
from middleware.models.qualification import Qualification
from middleware.models.session import FixSession, Message
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.models.terms import Terms
from middleware.models.trade import Trade
from middleware.models.transfer import Transfer
from middleware.models.webhook import Webhook

ROLES = ("issuer", "investor", "broker", "custodian", "venue", "exchange", "bank", "operator", "regulator")
OVERSEERS = ("operator", "regulator")  # see everything

SIGNED_IN: frozenset[str] = frozenset()  # any user, also one whose party is not admitted yet
EVERYBODY = frozenset(ROLES)  # any user whose party is admitted
OWNERS = frozenset({"issuer", "investor", "broker", "custodian", "venue", "exchange", "bank", "operator"})
TRADERS = frozenset({"issuer", "investor"})
FOUNDERS = frozenset({"operator", "custodian"})
BANKS = frozenset({"bank"})

PUBLIC = frozenset(
    {
        "signups.create",
        "tokens.create",
        "certificates.verify",  # whoever has the fingerprint has the paper
        "health.livez",
        "health.readyz",
        "health.version",
        "api-docs.openapi_json",
    }
)

ACTIONS: dict[str, frozenset[str]] = {
    "tokens.end": SIGNED_IN,
    "users.me": SIGNED_IN,
    "users.change_me": SIGNED_IN,
    "users.change_password": SIGNED_IN,
    "users.index": frozenset({"operator"}),
    "users.create": frozenset({"operator"}),
    "ledger.show": SIGNED_IN,
    "parties.index": SIGNED_IN,
    "parties.show": SIGNED_IN,
    "parties.admit": FOUNDERS,
    "parties.rename": FOUNDERS,
    "parties.suspend": frozenset({"operator"}),
    "parties.qualify": frozenset({"operator"}),
    "applications.index": SIGNED_IN,
    "applications.create": SIGNED_IN,
    "applications.show": SIGNED_IN,
    "applications.change": SIGNED_IN,
    "applications.discard": SIGNED_IN,
    "applications.submit": SIGNED_IN,
    "applications.attach": SIGNED_IN,
    "applications.document": SIGNED_IN,
    "applications.detach": SIGNED_IN,
    "applications.erase": SIGNED_IN,
    "onboarding.review": frozenset({"operator"}),
    "onboarding.send_back": frozenset({"operator"}),
    "onboarding.refuse": frozenset({"operator"}),
    "onboarding.approve": frozenset({"operator"}),
    "onboarding.qualify": frozenset({"operator"}),
    "keys.index": SIGNED_IN,
    "keys.add": OWNERS,
    "keys.rotate": OWNERS,
    "keys.revoke": OWNERS,
    "accounts.index": SIGNED_IN,
    "accounts.show": SIGNED_IN,
    "accounts.open": frozenset({"custodian"}),
    "accounts.close": frozenset({"custodian"}),
    "accounts.move": OWNERS,
    "instruments.index": SIGNED_IN,
    "instruments.show": SIGNED_IN,
    "instruments.register": FOUNDERS,
    "instruments.issue": frozenset({"issuer", "custodian"}),
    "instruments.suspend": frozenset({"operator"}),
    "instruments.authorise": frozenset({"issuer", "custodian"}),
    "instruments.identify": frozenset({"operator"}),
    "terms.index": SIGNED_IN,
    "terms.define": frozenset({"issuer", "custodian"}),
    "documents.index": SIGNED_IN,
    "documents.show": SIGNED_IN,
    "documents.content": SIGNED_IN,
    "documents.upload": OWNERS,
    "publications.index": SIGNED_IN,
    "publications.show": SIGNED_IN,
    "publications.content": SIGNED_IN,
    "publications.publish": frozenset({"issuer", "bank"}),
    "register.show": frozenset({"issuer", "bank", "custodian", "operator", "regulator"}),
    "register.csv": frozenset({"issuer", "bank", "custodian", "operator", "regulator"}),
    "register.xlsx": frozenset({"issuer", "bank", "custodian", "operator", "regulator"}),
    "register.pdf": frozenset({"issuer", "bank", "custodian", "operator", "regulator"}),
    "letters.index": SIGNED_IN,
    "letters.show": SIGNED_IN,
    "letters.receive": SIGNED_IN,
    "letters.send": frozenset({"issuer"}),
    "market.book": SIGNED_IN,
    "acts.index": SIGNED_IN,
    "acts.show": SIGNED_IN,
    "acts.propose": FOUNDERS | {"issuer"},
    "acts.approve": FOUNDERS | {"issuer"},
    "holdings.index": SIGNED_IN,
    "holdings.movements": SIGNED_IN,
    "portfolio.show": SIGNED_IN,
    "statements.index": SIGNED_IN,
    "statements.show": SIGNED_IN,
    "statements.list_lines": SIGNED_IN,
    "statements.sheet": SIGNED_IN,
    "statements.pdf": SIGNED_IN,
    "notifications.index": SIGNED_IN,
    "notifications.count": SIGNED_IN,
    "notifications.read": SIGNED_IN,
    "certificates.index": SIGNED_IN,
    "certificates.issue": EVERYBODY,
    "certificates.pdf": SIGNED_IN,
    "transfers.index": SIGNED_IN,
    "transfers.show": SIGNED_IN,
    "transfers.send": OWNERS,
    "instructions.index": SIGNED_IN,
    "instructions.show": SIGNED_IN,
    "instructions.enter": OWNERS,
    "instructions.cancel": OWNERS,
    "instructions.expire": OWNERS,
    "attestations.index": SIGNED_IN,
    "attestations.show": SIGNED_IN,
    "attestations.attest": frozenset({"bank"}),
    "negotiations.index": SIGNED_IN,
    "negotiations.show": SIGNED_IN,
    "negotiations.open": TRADERS,
    "negotiations.withdraw": TRADERS,
    "negotiations.refuse": TRADERS,
    "negotiations.offer": TRADERS,
    "negotiations.accept_offer": TRADERS,
    "negotiations.refuse_offer": TRADERS,
    "negotiations.withdraw_offer": TRADERS,
    "drafts.index": BANKS,
    "drafts.show": BANKS,
    "drafts.approve": BANKS,
    "drafts.refuse": BANKS,
    "drafts.four_eyes": BANKS,
    "drafts.want": BANKS,
    "cash.deposits": SIGNED_IN,
    "cash.deposit": SIGNED_IN,
    "cash.confirm_deposit": frozenset({"bank"}),
    "cash.withdrawals": SIGNED_IN,
    "cash.withdrawal": SIGNED_IN,
    "cash.request_withdrawal": OWNERS,
    "cash.pay": frozenset({"bank"}),
    "cash.refuse": frozenset({"bank"}),
    "orders.index": SIGNED_IN,
    "orders.show": SIGNED_IN,
    "orders.trace": SIGNED_IN,
    "orders.reports_of": SIGNED_IN,
    "orders.place": TRADERS,
    "orders.place_bulk": TRADERS,
    "orders.preview": TRADERS,
    "orders.cancel": TRADERS | {"broker"},
    "orders.replace": TRADERS | {"broker"},
    "orders.expire": OWNERS,
    "mandates.index": SIGNED_IN,
    "mandates.grant": TRADERS,
    "mandates.revoke": TRADERS,
    "entries.index": SIGNED_IN,
    "entries.show": SIGNED_IN,
    "entries.enter": frozenset({"broker"}),
    "entries.withdraw": frozenset({"broker"}),
    "entries.affirm": TRADERS,
    "entries.affirm_many": TRADERS,
    "entries.decline": TRADERS,
    "executions.index": SIGNED_IN,
    "executions.show": SIGNED_IN,
    "executions.retry": frozenset({"operator", "exchange"}),
    "executions.dismiss": frozenset({"operator", "exchange"}),
    "claims.index": SIGNED_IN,
    "claims.show": SIGNED_IN,
    "claims.accept": TRADERS,
    "claims.refuse": TRADERS,
    "confirmations.index": SIGNED_IN,
    "confirmations.show": SIGNED_IN,
    "confirmations.answer": frozenset({"broker"}),
    "offerings.index": SIGNED_IN,
    "offerings.show": SIGNED_IN,
    "offerings.book": SIGNED_IN,
    "offerings.open": frozenset({"issuer"}),
    "offerings.cancel": frozenset({"issuer"}),
    "invitations.index": SIGNED_IN,
    "invitations.invite": frozenset({"issuer"}),
    "subscriptions.index": SIGNED_IN,
    "subscriptions.show": SIGNED_IN,
    "subscriptions.preview": TRADERS,
    "subscriptions.subscribe": TRADERS,
    "subscriptions.withdraw": TRADERS,
    "allotments.show": frozenset({"issuer", "custodian", "operator", "regulator"}),
    "allotments.propose": frozenset({"issuer", "custodian"}),
    "disclosures.index": SIGNED_IN,
    "disclosures.show": SIGNED_IN,
    "disclosures.proof": frozenset({"custodian"}),
    "disclosures.publish": frozenset({"custodian"}),
    "trades.index": SIGNED_IN,
    "trades.show": SIGNED_IN,
    "trades.execute": frozenset({"venue"}),
    "sessions.index": SIGNED_IN,
    "sessions.show": SIGNED_IN,
    "sessions.create": frozenset({"operator"}),
    "sessions.enable": frozenset({"operator"}),
    "sessions.disable": frozenset({"operator", "broker", "exchange"}),
    "sessions.reset": frozenset({"operator", "broker", "exchange"}),
    "sessions.list_messages": SIGNED_IN,
    "messages.show": SIGNED_IN,
    "webhooks.index": SIGNED_IN,
    "webhooks.show": SIGNED_IN,
    "webhooks.create": EVERYBODY,
    "webhooks.remove": EVERYBODY,
    "webhooks.enable": EVERYBODY,
    "webhooks.rotate": EVERYBODY,
    "webhooks.deliveries": SIGNED_IN,
    "webhooks.resend": EVERYBODY,
    "submissions.index": SIGNED_IN,
    "submissions.show": SIGNED_IN,
    "events.stream": SIGNED_IN,
}


def allow(principal: Principal, action: str) -> None:
    """Refuse what none of the principal's roles may do."""
    roles = ACTIONS.get(action)
    if roles is None:
        raise Error("forbidden", f"{action} is open to nobody.", reason="role")
    if roles and not principal.has(*roles):
        wanted = " or ".join(sorted(roles))
        own = ", ".join(sorted(principal.roles)) or "no role yet"
        raise Error("forbidden", f"{action} needs the role {wanted}; {principal.party} has {own}.", reason="role")


def visible(principal: Principal, model: type[Any]) -> ColumnElement[bool]:
    """What of a noun the principal may see: to be put into every query of it. The rest does not exist for him."""
    if principal.has(*OVERSEERS) and model not in _PRIVATE:
        return true()
    return _VISIBLE[model](principal)


def sees_trade_side(principal: Principal, *, party: str, account_is_kept: bool) -> bool:
    """Whether one side of a trade, its party, account and fee, may be shown. The other side stays anonymous."""
    return party == principal.party or account_is_kept or principal.has("venue", "exchange", *OVERSEERS)


def may_know(principal: Principal, parties: Sequence[str]) -> bool:
    """Whether an event that concerns these parties may be told; [] concerns everybody, "@role" all of that role."""
    return not parties or party_may_know(principal.party, principal.roles, parties)


def party_may_know(party: str, roles: Iterable[str], parties: Sequence[str]) -> bool:
    """Whether a party may be told, by whatever way, of what concerns these parties and roles ("@role")."""
    return party in parties or any(role in OVERSEERS or f"@{role}" in parties for role in roles)


def _kept(principal: Principal) -> Select[str]:
    """Accounts that the principal owns or keeps as their custodian."""
    owned = Account.owner == principal.party
    kept = Account.custodian == principal.party
    return select(Account.id).where(or_(owned, kept) if principal.has("custodian") else owned)


def _parties(principal: Principal) -> ColumnElement[bool]:
    if principal.has("custodian"):
        return true()
    return or_(Party.institution, Party.party == principal.party)


def _keys(principal: Principal) -> ColumnElement[bool]:
    return true() if principal.has("custodian") else PartyKey.party == principal.party


def _qualifications(principal: Principal) -> ColumnElement[bool]:
    return true() if principal.has("custodian") else Qualification.party == principal.party


def _accounts(principal: Principal) -> ColumnElement[bool]:
    return Account.id.in_(_kept(principal))


def _acts(principal: Principal) -> ColumnElement[bool]:
    own = or_(Act.proposer == principal.party, Act.subject == principal.party)
    if not principal.has("custodian"):
        return own
    seen = Act.args["offering"].as_string().in_(select(Offering.id).where(_offerings(principal)))
    kept = Act.args["account"].as_string().in_(_kept(principal))
    bound = {"offering:allot": seen, "instrument:issue": kept, "account:move": kept}  # the rest any custodian may sign
    return or_(own, case(bound, value=Act.function, else_=true()))


def _deposits(principal: Principal) -> ColumnElement[bool]:
    return or_(Deposit.bank == principal.party, Deposit.account.in_(_kept(principal)))


def _withdrawals(principal: Principal) -> ColumnElement[bool]:
    return or_(Withdrawal.bank == principal.party, Withdrawal.account.in_(_kept(principal)))


def _transfers(principal: Principal) -> ColumnElement[bool]:
    kept = _kept(principal)
    return or_(Transfer.from_account.in_(kept), Transfer.to_account.in_(kept))


def _signed_by(principal: Principal, order: Any) -> ColumnElement[bool]:
    """Orders whose reference begins with the principal's code: it signed them, for itself or for another."""
    return and_(order >= f"{principal.party}:", order < f"{principal.party};")


def _signs_for(principal: Principal) -> Select[str]:
    """The owners for whom the principal may sign now."""
    mine = (Mandate.agent == principal.party, Mandate.affirmation == "none", Mandate.status == "active")
    return select(Mandate.owner).where(*mine, Mandate.good_till > clock.now())


def _entries(principal: Principal) -> ColumnElement[bool]:
    own = [Entry.owner == principal.party]
    if principal.has(*TRADERS):  # a broker who may sign has no business with what other brokers enter
        own.append(Entry.owner.in_(_signs_for(principal)))
    if principal.has("broker"):
        own.append(Entry.broker == principal.party)
    if principal.has("custodian"):
        own.append(Entry.account.in_(_kept(principal)))
    return or_(*own)


def _orders(principal: Principal) -> ColumnElement[bool]:
    own = [Order.owner == principal.party, _signed_by(principal, Order.id)]
    if principal.has("exchange"):
        own.append(Order.venue == principal.party)
    if principal.has("venue"):
        own.append(Order.venue == principal.party)
    if principal.has("broker"):
        own.append(Order.broker == principal.party)
    if principal.has("custodian"):
        own.append(Order.account.in_(_kept(principal)))
    return or_(*own)


def _confirmations(principal: Principal) -> ColumnElement[bool]:
    own = [Confirmation.broker == principal.party, Confirmation.owner == principal.party]
    if principal.has("custodian"):
        own.append(Confirmation.order.in_(select(Order.id).where(Order.account.in_(_kept(principal)))))
    return or_(*own)


def _instructions(principal: Principal) -> ColumnElement[bool]:
    """Both sides and the custodians of their accounts; one that waits is alleged to those of its other side."""
    own = [Instruction.owner == principal.party, Instruction.counterparty == principal.party]
    if principal.has("custodian"):
        kept = _kept(principal)
        clients = select(Account.owner).where(Account.custodian == principal.party)
        own += [Instruction.account.in_(kept), Instruction.counter_account.in_(kept)]
        own.append(and_(Instruction.status == "alleged", Instruction.counterparty.in_(clients)))
    return or_(*own)


def _disclosures(principal: Principal) -> ColumnElement[bool]:
    issued = select(Instrument.instrument).where(Instrument.issuer == principal.party)
    return or_(Disclosure.custodian == principal.party, Disclosure.instrument.in_(issued))


def _offerings(principal: Principal) -> ColumnElement[bool]:
    """Public ones; private ones for issuer, invited and subscribers, and whoever keeps the account that is paid."""
    asked = select(Invitation.offering).where(Invitation.party == principal.party)
    taken = select(Subscription.offering).where(Subscription.subscriber == principal.party)
    own = [Offering.kind == "public", Offering.issuer == principal.party]
    own += [Offering.id.in_(asked), Offering.id.in_(taken)]
    if principal.has("custodian"):
        own.append(Offering.cash_account.in_(_kept(principal)))
    return or_(*own)


def _subscriptions(principal: Principal) -> ColumnElement[bool]:
    """One's own, those to one's own offerings, and for custodians those of accounts they keep on either side."""
    issued = select(Offering.id).where(Offering.issuer == principal.party)
    own = [Subscription.subscriber == principal.party, Subscription.offering.in_(issued)]
    if principal.has("custodian"):
        kept = _kept(principal)
        paid = select(Offering.id).where(Offering.cash_account.in_(kept))
        own += [Subscription.account.in_(kept), Subscription.offering.in_(paid)]
    return or_(*own)


def _negotiations(principal: Principal) -> ColumnElement[bool]:
    asked = select(Asked.negotiation).where(Asked.party == principal.party)
    return or_(Negotiation.opener == principal.party, Negotiation.id.in_(asked))


def _letters(principal: Principal) -> ColumnElement[bool]:
    received = select(LetterHolder.letter).where(LetterHolder.party == principal.party)
    return or_(Letter.issuer == principal.party, Letter.number.in_(received))


def _has(principal: Principal, role: str) -> ColumnElement[bool]:
    return true() if principal.has(role) else false()


def _trades(principal: Principal) -> ColumnElement[bool]:
    own = [Trade.buyer == principal.party, Trade.seller == principal.party]
    own += [_signed_by(principal, Trade.buy), _signed_by(principal, Trade.sell)]
    if principal.has("broker"):
        entered = select(Order.id).where(Order.broker == principal.party)
        own += [Trade.buy.in_(entered), Trade.sell.in_(entered)]
    if principal.has("venue", "exchange"):
        own.append(Trade.venue == principal.party)
    if principal.has("custodian"):
        kept = _kept(principal)
        own += [Trade.buyer_account.in_(kept), Trade.seller_account.in_(kept)]
    return or_(*own)


def _claims(principal: Principal) -> ColumnElement[bool]:
    """Whoever may see the trade: both owners, their brokers and custodians, and the exchange."""
    return Claim.trade.in_(select(Trade.id).where(_trades(principal)))


_VISIBLE: dict[type[Any], Callable[[Principal], ColumnElement[bool]]] = {
    Party: _parties,
    PartyKey: _keys,
    Qualification: _qualifications,
    Account: _accounts,
    Application: lambda principal: Application.party == principal.party,
    Instrument: lambda _principal: true(),
    Act: _acts,
    Holding: lambda principal: Holding.account.in_(_kept(principal)),
    Movement: lambda principal: Movement.account.in_(_kept(principal)),
    Draft: lambda principal: Draft.party == principal.party,
    Attestation: lambda _principal: true(),
    Certificate: lambda principal: Certificate.account.in_(_kept(principal)),
    Deposit: _deposits,
    Withdrawal: _withdrawals,
    Transfer: _transfers,
    Claim: _claims,
    Confirmation: _confirmations,
    Disclosure: _disclosures,
    Document: lambda principal: Document.party == principal.party,
    Instruction: _instructions,
    Offering: _offerings,
    Subscription: _subscriptions,
    Publication: lambda _principal: true(),
    Terms: lambda _principal: true(),
    Execution: lambda principal: and_(Execution.venue == principal.party, _has(principal, "exchange")),
    Entry: _entries,
    Letter: _letters,
    Mandate: lambda principal: or_(Mandate.owner == principal.party, Mandate.agent == principal.party),
    Negotiation: _negotiations,
    Offer: lambda principal: or_(Offer.maker == principal.party, Offer.taker == principal.party),
    Order: _orders,
    Trade: _trades,
    Submission: lambda principal: Submission.party == principal.party,
    Webhook: lambda principal: Webhook.party == principal.party,
    FixSession: lambda principal: FixSession.party == principal.party,
    Message: lambda principal: Message.session.in_(
        select(FixSession.comp_id).where(FixSession.party == principal.party)
    ),
}


# What parties say to each other before they agree is theirs alone: overseers see what the ledger shows of it.
_PRIVATE = (Negotiation, Offer)


def register_visible(principal: Principal, instrument: Instrument) -> bool:
    """Whether the principal may see who holds an instrument."""
    return instrument.issuer == principal.party or principal.has("custodian", *OVERSEERS)
