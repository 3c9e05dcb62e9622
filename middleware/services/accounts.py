"""Safekeeping accounts: opened and closed by their custodian, taken to another one by their owner."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.account import Account
from middleware.models.holding import Holding
from middleware.models.submission import Submission
from middleware.services import acts, parties, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named
from middleware.services.recording import existing
from middleware.services.submissions import Intent


def index(session: Session, principal: Principal, *, page: Page, instrument: str = "", **wanted: str) -> Listing:
    """Accounts that the principal owns or keeps, by id.

    `wanted` narrows them by owner, custodian, kind or status; `instrument` to those that hold some of it.
    """
    query = select(*_COLUMNS).where(policy.visible(principal, Account))
    for name, value in wanted.items():
        if value:
            query = query.where(getattr(Account, name) == value)
    if instrument:
        held = select(Holding.account).where(Holding.instrument == instrument, Holding.quantity > 0)
        query = query.where(Account.id.in_(held))
    return listing(session, query, Account.id, page=page)


def show(session: Session, principal: Principal, id: str, *, field: str = "") -> Row:
    """One account. `field` names the input that asked for it, for the sentence of the refusal."""
    query = select(*_COLUMNS).where(Account.id == id, policy.visible(principal, Account))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no account {id}", reason="account", field=field)
    return dict(row)


def owned(session: Session, principal: Principal, id: str, *, field: str = "account") -> Row:
    """One account of the principal's own party. Another's does not exist for him, unless he may see it."""
    account = show(session, principal, id, field=field)
    if account["owner"] != principal.party:
        raise Error("forbidden", f"the account {id} is not {principal.party}'s", reason="owner", field=field)
    return account


def open(session: Session, principal: Principal, intent: Intent, *, owner: str, kind: str) -> Submission:
    """Open an account for a party at the principal's custodian."""
    parties.show(session, principal, owner, field="owner")
    submission = submissions.send(session, principal, intent, "account:open", {"owner": owner, "kind": kind})
    session.commit()
    relay.push(session)
    return submission


def close(session: Session, principal: Principal, intent: Intent, *, account: str) -> Submission:
    """Close an account that holds nothing."""
    show(session, principal, account)
    submission = submissions.send(session, principal, intent, "account:close", {"account": account})
    session.commit()
    relay.push(session)
    return submission


def move(
    session: Session, principal: Principal, intent: Intent, *, account: str, custodian: str, good_till: str = ""
) -> Submission:
    """Propose that another custodian keeps the principal's account; it moves once that custodian has approved the act.

    Whoever keeps it now is not asked: an owner can leave a custodian who is away.
    """
    owned(session, principal, account)
    parties.show(session, principal, custodian, field="custodian")
    args = {"account": account, "custodian": custodian}
    return acts.propose(session, principal, intent, function="account:move", args=args, good_till=good_till)


@on("AccountOpened")
def mirror_opened(fact: Fact, rows: Rows) -> None:
    """A new account."""
    row = {"id": fact["account"], "owner": fact["owner"], "custodian": fact["custodian"], "kind": fact["kind"]}
    rows.put(Account, {**row, "status": "open", "block": fact.block, "opened_at": fact.at, "closed_at": None})
    rows.event(fact, "account", fact["account"], [fact["owner"], fact["custodian"]])


@on("AccountClosed")
def mirror_closed(fact: Fact, rows: Rows) -> None:
    """An account that takes nothing any more."""
    row = existing(rows, Account, fact["account"])
    rows.put(Account, {**row, "status": "closed", "closed_at": fact.at})
    rows.event(fact, "account", fact["account"], [row["owner"], row["custodian"]])


@on("AccountMoved")
def mirror_moved(fact: Fact, rows: Rows) -> None:
    """Another custodian keeps the account; all else stays as it is."""
    row = existing(rows, Account, fact["account"])
    rows.put(Account, {**row, "custodian": fact["custodian"]})
    rows.event(fact, "account", fact["account"], [fact["owner"], fact["from"], fact["custodian"]])


_COLUMNS = (
    Account.id,
    Account.owner,
    named(Account.owner).label("owner_name"),
    Account.custodian,
    Account.kind,
    Account.status,
    Account.block,
    Account.opened_at,
    Account.closed_at,
)
