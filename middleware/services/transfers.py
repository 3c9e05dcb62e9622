"""Transfers free of payment: an owner moves what is his."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.submission import Submission
from middleware.models.transfer import Transfer
from middleware.services import accounts, instruments, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import keepers, recorded
from middleware.services.submissions import Intent

REASONS = ("gift", "inheritance", "own_accounts", "correction", "other")


def index(session: Session, principal: Principal, *, page: Page, instrument: str = "", account: str = "") -> Listing:
    """Transfers out of and into the accounts that the principal owns or keeps, newest first."""
    query = select(*Transfer.__table__.columns).where(policy.visible(principal, Transfer))
    if instrument:
        query = query.where(Transfer.instrument == instrument)
    if account:
        query = query.where((Transfer.from_account == account) | (Transfer.to_account == account))
    return listing(session, query, Transfer.ordinal, page=page, descending=True)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One transfer."""
    query = select(*Transfer.__table__.columns).where(Transfer.id == id, policy.visible(principal, Transfer))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no transfer {id}", reason="transfer")
    return dict(row)


def send(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    instrument: str,
    from_account: str,
    to_account: str,
    quantity: str,
    reason: str,
) -> Submission:
    """Move a quantity to another account, against nothing."""
    instruments.show(session, principal, instrument, field="instrument")
    accounts.owned(session, principal, from_account, field="from_account")
    args = {"instrument": instrument, "from_account": from_account, "to_account": to_account}
    args |= {"quantity": quantity, "reason": reason}
    submission = submissions.send(session, principal, intent, "holding:transfer", args)
    session.commit()
    relay.push(session)
    return submission


@on("HoldingTransferred")
def mirror_transferred(fact: Fact, rows: Rows) -> None:
    """A quantity that changed accounts; the holdings have facts of their own."""
    id = ids.reference(fact.command.party, fact.command.id)
    row = {name: fact[name] for name in ("instrument", "from_account", "to_account", "reason")}
    row |= {"id": id, "party": fact.command.party, "quantity": int(fact["quantity"])}
    rows.put(Transfer, {**row, **recorded(fact, rows)})
    parties = {*keepers(rows, fact["from_account"]), *keepers(rows, fact["to_account"])}
    rows.event(fact, "transfer", id, parties)
