"""Keys of parties: their own or hosted by the platform. Without the old key a new one takes two organisations."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.ledger import wallet
from middleware.mirror import Fact, Rows, on
from middleware.models.key import HostedKey
from middleware.models.party import PartyKey
from middleware.models.submission import Submission
from middleware.services import acts, parties, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import existing
from middleware.services.submissions import Intent

SCOPES = (
    "*",
    "act:propose",
    "act:approve",
    "party:suspend",
    "party:qualify",
    "key:add",
    "key:rotate",
    "key:revoke",
    "account:open",
    "account:close",
    "instrument:suspend",
    "instrument:identify",
    "document:publish",
    "holding:transfer",
    "instruction:enter",
    "instruction:cancel",
    "instruction:expire",
    "cash:attest",
    "cash:deposit",
    "cash:withdraw",
    "cash:pay",
    "cash:refuse",
    "mandate:grant",
    "mandate:revoke",
    "order:place",
    "order:replace",
    "order:cancel",
    "order:amend",
    "order:release",
    "order:expire",
    "trade:execute",
    "trade:report",
    "claim:open",
    "claim:accept",
    "claim:refuse",
    "claim:enforce",
    "offering:open",
    "offering:invite",
    "offering:cancel",
    "offering:subscribe",
    "offering:withdraw",
    "offering:allot",
    "offering:settle",
    "offering:release",
    "disclosure:publish",
)


def index(session: Session, principal: Principal, party: str, *, page: Page) -> Listing:
    """The public keys of a party, in the order of their numbers."""
    _own_or_known(session, principal, party)
    query = select(*_COLUMNS).where(PartyKey.party == party, policy.visible(principal, PartyKey))
    return listing(session, query, PartyKey.n, page=page)


def show(session: Session, principal: Principal, party: str, n: int) -> Row | None:
    """One key, None while the ledger does not know it."""
    query = select(*_COLUMNS).where(PartyKey.party == party, PartyKey.n == n, policy.visible(principal, PartyKey))
    row = session.execute(query).mappings().one_or_none()
    return dict(row) if row else None


def add(
    session: Session, principal: Principal, intent: Intent, *, party: str, key: Mapping[str, Any], good_till: str = ""
) -> Submission:
    """Register another key: signed by the party itself, or proposed for it by the operator or a custodian."""
    return _change(session, principal, intent, "key:add", {"party": party}, key=key, good_till=good_till)


def rotate(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    party: str,
    n: str,
    key: Mapping[str, Any],
    good_till: str = "",
) -> Submission:
    """Replace a key by a new one, of the same scope unless it names another. Resting orders stay."""
    old = _key(session, principal, party, n)
    key = key if key.get("scope") else {**key, "scope": old["scope"]}
    return _change(session, principal, intent, "key:rotate", {"party": party, "n": n}, key=key, good_till=good_till)


def revoke(
    session: Session, principal: Principal, intent: Intent, *, party: str, n: str, reason: str, good_till: str = ""
) -> Submission:
    """End a key. A compromised one also stops the orders it has signed."""
    _key(session, principal, party, n)
    args = {"party": party, "n": n, "reason": reason}
    return _send(session, principal, intent, "key:revoke", args, good_till=good_till)


def _change(
    session: Session,
    principal: Principal,
    intent: Intent,
    function: str,
    args: dict[str, Any],
    *,
    key: Mapping[str, Any],
    good_till: str,
) -> Submission:
    party = args["party"]
    _own_or_known(session, principal, party)
    if key["held"] == "platform" and not key.get("public"):
        key = _first_key(session, principal, intent, function) or _make(session, party, key.get("scope") or ["*"])
    return _send(session, principal, intent, function, {**args, "key": dict(key)}, good_till=good_till)


def _send(
    session: Session, principal: Principal, intent: Intent, function: str, args: Mapping[str, Any], *, good_till: str
) -> Submission:
    if args["party"] == principal.party:
        submission = submissions.send(session, principal, intent, function, args)
    else:
        submission = acts.send_proposal(session, principal, intent, function=function, args=args, good_till=good_till)
    session.commit()
    relay.push(session)
    return submission


def _first_key(session: Session, principal: Principal, intent: Intent, function: str) -> Mapping[str, Any] | None:
    """The key made when this very command came first."""
    own = submissions.first_args(session, principal.party, intent, function)
    proposed = submissions.first_args(session, principal.party, intent, "act:propose").get("args", {})
    key: Mapping[str, Any] | None = own.get("key") or proposed.get("key")
    return key


def _make(session: Session, party: str, scope: list[str]) -> dict[str, Any]:
    """A hosted key with the number that the ledger wants next."""
    registered = session.scalar(select(func.max(PartyKey.n)).where(PartyKey.party == party)) or 0
    key = wallet.create(session, party, registered + 1, scope)
    if key["scope"] != scope:
        # Made for an earlier try that came to nothing; it is not known to the ledger yet.
        session.get_one(HostedKey, (party, registered + 1)).scope = scope
    return {**key, "scope": scope}


def _key(session: Session, principal: Principal, party: str, n: str) -> Row:
    _own_or_known(session, principal, party)
    found = show(session, principal, party, int(n))
    if found is None:
        raise Error("not_found", f"{party} has no key {n}", reason="key")
    return found


def _own_or_known(session: Session, principal: Principal, party: str) -> None:
    """Others' keys exist for those only who may act on them."""
    if party != principal.party and not principal.has("custodian", *policy.OVERSEERS):
        raise Error("not_found", f"there is no party {party}", reason="party")
    parties.show(session, principal, party)


@on("KeyAdded")
def mirror_added(fact: Fact, rows: Rows) -> None:
    """One more key of a party."""
    rows.put(PartyKey, parties.key_row(fact, fact["party"], fact["key"]))
    rows.event(fact, "key", f"{fact['party']}.{fact['key']['n']}", [fact["party"], "@custodian"])


@on("KeyRotated")
def mirror_rotated(fact: Fact, rows: Rows) -> None:
    """A new key in the place of an old one."""
    old = existing(rows, PartyKey, (fact["party"], int(fact["n"])))
    rows.put(PartyKey, {**old, "status": "retired"})
    mirror_added(fact, rows)


@on("KeyRevoked")
def mirror_revoked(fact: Fact, rows: Rows) -> None:
    """A key that signs nothing any more."""
    key = existing(rows, PartyKey, (fact["party"], int(fact["n"])))
    rows.put(PartyKey, {**key, "status": fact["status"]})
    rows.event(fact, "key", f"{fact['party']}.{fact['n']}", [fact["party"], "@custodian"])


_COLUMNS = (
    PartyKey.party,
    PartyKey.n,
    PartyKey.public,
    PartyKey.scope,
    PartyKey.held,
    PartyKey.status,
    PartyKey.block,
    PartyKey.added_at,
)
