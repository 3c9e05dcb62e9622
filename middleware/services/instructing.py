"""Instructions that two parties sign: entered, taken back, released, and folded from the ledger's facts."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.instruction import Instruction
from middleware.models.submission import Submission
from middleware.services import accounts, instruments, submissions
from middleware.services.pages import Row
from middleware.services.recording import existing, keepers, ordinal, recorded
from middleware.services.submissions import Intent

ENTER, CANCEL, EXPIRE = "instruction:enter", "instruction:cancel", "instruction:expire"
SIDES = ("deliver", "receive")
STATUSES = ("alleged", "settled", "cancelled", "expired")


def show(session: Session, principal: Principal, terms: str) -> Row:
    """One instruction with both its sides, by the hash of its terms."""
    query = select(*Instruction.__table__.columns).where(
        Instruction.terms == terms, policy.visible(principal, Instruction)
    )
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no instruction {terms}", reason="instruction")
    return dict(row)


def enter(session: Session, principal: Principal, intent: Intent, **args: str) -> Submission:
    """Sign one side: the first reserves what it owes and waits, the second settles both at once."""
    instruments.show(session, principal, args["instrument"], field="instrument")
    for field in ("account", "cash_account"):
        accounts.owned(session, principal, args[field], field=field)
    return _send(session, principal, intent, ENTER, args)


def cancel(session: Session, principal: Principal, intent: Intent, *, terms: str) -> Submission:
    """Take back what the other side has not signed; what was reserved is available again."""
    row = show(session, principal, terms)
    if row["owner"] != principal.party:
        raise Error("forbidden", f"the instruction {terms} is not {principal.party}'s", reason="owner")
    return _send(session, principal, intent, CANCEL, {"terms": terms})


def expire(session: Session, principal: Principal, intent: Intent, *, terms: str) -> Submission:
    """Release what an instruction reserves that can never settle any more."""
    show(session, principal, terms)
    return _send(session, principal, intent, EXPIRE, {"terms": terms})


def _send(session: Session, principal: Principal, intent: Intent, function: str, args: dict[str, str]) -> Submission:
    submission = submissions.send(session, principal, intent, function, args)
    session.commit()
    relay.push(session)
    return submission


@on("InstructionEntered")
def mirror_entered(fact: Fact, rows: Rows) -> None:
    """One side has signed and reserved; the other is told."""
    row: Row = {name: fact[name] for name in _TEXTS}
    row |= {name: int(fact[name]) for name in ("quantity", "amount_minor", "reserved")}
    row |= {"good_till": clock.parse(fact["good_till"]), "status": "alleged", **_UNMET, **_OPEN}
    row |= {**recorded(fact, rows), "kid": fact["kid"], "held": fact["held"]}
    rows.put(Instruction, row)
    _tell(fact, rows, row)


@on("InstructionSettled")
def mirror_settled(fact: Fact, rows: Rows) -> None:
    """Both have signed: units against cash, in one step."""
    row = dict(existing(rows, Instruction, fact["terms"]))
    met = "receiver" if row["side"] == "deliver" else "deliverer"
    row |= {"counter_account": fact[f"{met}_account"], "counter_cash_account": fact[f"{met}_cash_account"]}
    row |= {"counter_kid": fact["kid"], "counter_held": fact["held"], "settlement": fact["settlement"]}
    row |= {"settled_ordinal": ordinal(fact), **_closed(fact, "settled")}
    rows.put(Instruction, row)
    _tell(fact, rows, row)


@on("InstructionCancelled", "InstructionExpired")
def mirror_ended(fact: Fact, rows: Rows) -> None:
    """One side's instruction that was never met; what it reserved is available again."""
    row = dict(existing(rows, Instruction, fact["terms"]))
    row |= _closed(fact, "cancelled" if fact.name == "InstructionCancelled" else "expired")
    rows.put(Instruction, row)
    _tell(fact, rows, row)


def _closed(fact: Fact, status: str) -> Row:
    closed = {"closed_at": fact.at, "closed_block": fact.block, "closed_transaction": fact.transaction}
    return {"status": status, "reserved": 0, **closed}


def _tell(fact: Fact, rows: Rows, row: Row) -> None:
    """Both sides hear of it, and the custodians of the accounts that are named."""
    kept = {*keepers(rows, row["account"]), *keepers(rows, row["counter_account"])}
    rows.event(fact, "instruction", row["terms"], kept | {row["owner"], row["counterparty"]})


_TEXTS = ("terms", "owner", "counterparty", "side", "account", "cash_account", "instrument", "currency")
_UNMET: dict[str, Any] = {
    **dict.fromkeys(("counter_account", "counter_cash_account", "counter_kid", "counter_held", "settlement"), ""),
    "settled_ordinal": None,
}
_OPEN = {"closed_at": None, "closed_block": None, "closed_transaction": ""}
