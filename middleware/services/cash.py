"""Cash: deposits that a bank confirms; withdrawals that an owner asks for and the bank pays or refuses."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.account import Account
from middleware.models.cash import Deposit, Destination, Withdrawal
from middleware.models.submission import Submission
from middleware.services import accounts, drafts, instruments, submissions
from middleware.services.attestations import issued_by
from middleware.services.drafts import Entered
from middleware.services.instruments import set_issued
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named
from middleware.services.recording import existing, keepers, recorded
from middleware.services.submissions import Intent


def deposits(session: Session, principal: Principal, *, page: Page, instrument: str = "", account: str = "") -> Listing:
    """Deposits that the principal's bank confirmed, or that came into accounts he owns or keeps; newest first."""
    query = _DEPOSITS.where(policy.visible(principal, Deposit))
    if instrument:
        query = query.where(Deposit.instrument == instrument)
    if account:
        query = query.where(Deposit.account == account)
    found = listing(session, query, Deposit.ordinal, page=page, descending=True)
    return Listing(drafts.signed(session, principal, found.items), found.next)


def deposit(session: Session, principal: Principal, id: str) -> Row:
    """One deposit."""
    query = _DEPOSITS.where(Deposit.id == id, policy.visible(principal, Deposit))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no deposit {id}", reason="deposit")
    return drafts.signed(session, principal, [dict(row)])[0]


def confirm_deposit(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    account: str,
    amount_minor: str,
    reference: str,
) -> Entered:
    """The bank says that money has come in for an account. Its own reference makes sure that it counts once."""
    issued_by(session, principal, instrument)
    args = {"instrument": instrument, "account": account, "amount_minor": amount_minor, "reference": reference}
    return drafts.send(session, principal, intent, "cash:deposit", args)


def withdrawals(
    session: Session, principal: Principal, *, page: Page, status: str = "", instrument: str = ""
) -> Listing:
    """Withdrawals from accounts that the principal owns or keeps, or for his bank to pay; newest first."""
    query = _WITHDRAWALS.where(policy.visible(principal, Withdrawal))
    if status:
        query = query.where(Withdrawal.status == status)
    if instrument:
        query = query.where(Withdrawal.instrument == instrument)
    found = listing(session, query, Withdrawal.ordinal, page=page, descending=True)
    rows = [_with_destination(session, principal, row) for row in found.items]
    return Listing(drafts.signed(session, principal, rows), found.next)


def withdrawal(session: Session, principal: Principal, id: str) -> Row:
    """One withdrawal; where it is paid to is shown to its owner, its bank and the operator."""
    query = _WITHDRAWALS.where(Withdrawal.id == id, policy.visible(principal, Withdrawal))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no withdrawal {id}", reason="withdrawal")
    return drafts.signed(session, principal, [_with_destination(session, principal, dict(row))])[0]


def request_withdrawal(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    account: str,
    amount_minor: str,
    destination: str = "",
    salt: str = "",
    destination_hash: str = "",
) -> Submission:
    """Ask for money: it is reserved until the bank pays or refuses. The ledger sees a salted hash of where it goes.

    Whoever signs himself has made the hash; salt and destination come beside it, so that the bank can pay.
    """
    instruments.show(session, principal, instrument, field="instrument")
    accounts.owned(session, principal, account)
    args = {"instrument": instrument, "account": account, "amount_minor": amount_minor}
    kept = _keep(session, principal.party, intent.id, destination, salt, destination_hash)
    submission = submissions.send(session, principal, intent, "cash:withdraw", {**args, "destination_hash": kept})
    session.commit()
    relay.push(session)
    return submission


def pay(session: Session, principal: Principal, intent: Intent, *, withdrawal: str, reference: str) -> Entered:
    """The bank says that it has paid."""
    _to_pay(session, principal, withdrawal)
    args = {"withdrawal": withdrawal, "reference": reference}
    return drafts.send(session, principal, intent, "cash:pay", args, withdrawal)


def refuse(session: Session, principal: Principal, intent: Intent, *, withdrawal: str, reason: str) -> Entered:
    """The bank does not pay: what was reserved is available again."""
    _to_pay(session, principal, withdrawal)
    args = {"withdrawal": withdrawal, "reason": reason}
    return drafts.send(session, principal, intent, "cash:refuse", args, withdrawal)


def _to_pay(session: Session, principal: Principal, id: str) -> None:
    if withdrawal(session, principal, id)["bank"] != principal.party:
        raise Error("forbidden", f"{id} is not a withdrawal for {principal.party} to pay", reason="owner")


def _keep(session: Session, party: str, id: str, destination: str, salt: str, signed_hash: str) -> str:
    """Store where to pay, once; answers the hash that the ledger is told."""
    known = session.get(Destination, (party, id))
    if known is None and destination:
        salt = salt or ids.token(16).hex()
        known = Destination(party=party, id=id, destination=destination, salt=salt, hash=salted(salt, destination))
        known.created_at = clock.now()
        session.add(known)
    if signed_hash and destination and signed_hash != salted(salt, destination):
        message = f"{destination} is not what the signed destination_hash was made of"
        raise Error("invalid", message, reason="destination", field="destination")
    if signed_hash or known is None:
        return signed_hash
    return known.hash if known.destination == destination else salted(known.salt, destination)


def salted(salt: str, destination: str) -> str:
    """What the ledger is told of a destination: nobody who does not know the salt can try out all of them."""
    said = b"".join(len(part).to_bytes(4, "big") + part for part in (salt.encode(), destination.encode()))
    return hashlib.sha256(b"lonja/destination/1" + said).hexdigest()


def _with_destination(session: Session, principal: Principal, row: Row) -> Row:
    party, id = ids.split(row["id"])
    known = session.get(Destination, (party, id))
    entitled = principal.party in (row["owner"], row["bank"]) or principal.has("operator")
    # Rows of SQL can be changed by hand; the signed hash cannot.
    genuine = known is not None and salted(known.salt, known.destination) == row["destination_hash"]
    return {**row, "destination": known.destination if known and entitled and genuine else ""}


@on("CashDeposited")
def mirror_deposited(fact: Fact, rows: Rows) -> None:
    """Money that came in; the holding has a fact of its own."""
    id = ids.reference(fact.command.party, fact.command.id)
    row = {name: fact[name] for name in ("bank", "reference", "instrument", "account")}
    rows.put(Deposit, {**row, "id": id, "amount_minor": int(fact["amount_minor"]), **recorded(fact, rows)})
    set_issued(fact, rows, fact["instrument"])
    rows.event(fact, "deposit", id, [fact["bank"], *keepers(rows, fact["account"])])


@on("CashWithdrawn")
def mirror_withdrawn(fact: Fact, rows: Rows) -> None:
    """Money that is reserved to be paid out."""
    row = {name: fact[name] for name in ("owner", "bank", "instrument", "account", "destination_hash")}
    row |= {"id": fact["withdrawal"], "amount_minor": int(fact["amount_minor"]), "status": "pending"}
    row |= {"reference": "", "reason": "", "closed_at": None, "closed_transaction": ""}
    rows.put(Withdrawal, {**row, **recorded(fact, rows)})
    _tell(fact, rows, row)


@on("CashPaid")
def mirror_paid(fact: Fact, rows: Rows) -> None:
    """Paid: there is less of the currency now."""
    row = existing(rows, Withdrawal, fact["withdrawal"])
    closed = {"status": "paid", "reference": fact["reference"]}
    rows.put(Withdrawal, {**row, **closed, "closed_at": fact.at, "closed_transaction": fact.transaction})
    set_issued(fact, rows, row["instrument"])
    _tell(fact, rows, row)


@on("CashRefused")
def mirror_refused(fact: Fact, rows: Rows) -> None:
    """Not paid: the reservation is gone."""
    row = existing(rows, Withdrawal, fact["withdrawal"])
    closed = {"status": "refused", "reason": fact["reason"]}
    rows.put(Withdrawal, {**row, **closed, "closed_at": fact.at, "closed_transaction": fact.transaction})
    _tell(fact, rows, row)


def _tell(fact: Fact, rows: Rows, row: Mapping[str, Any]) -> None:
    rows.event(fact, "withdrawal", fact["withdrawal"], [row["bank"], *keepers(rows, row["account"])])


_DEPOSITS = select(*Deposit.__table__.columns, Account.owner, named(Account.owner).label("owner_name")).join(
    Account, Account.id == Deposit.account
)
_WITHDRAWALS = select(*Withdrawal.__table__.columns, named(Withdrawal.owner).label("owner_name"))
