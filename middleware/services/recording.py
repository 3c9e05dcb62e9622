"""What the `@on` functions of all nouns need: a fact's place on the ledger and the key that signed it."""

from collections.abc import Mapping
from typing import Any

from middleware.amounts import parse
from middleware.errors import Error
from middleware.fact import Fact
from middleware.models.account import Account
from middleware.models.base import Mirror
from middleware.models.party import PartyKey
from middleware.rows import Row, Rows

_LONGEST = 200


def ordinal(fact: Fact) -> int:
    """The ledger's own order of commands in one number, to be compared and paged by."""
    return fact.block << 32 | fact.transaction_index << 16 | fact.command_index


def recorded(fact: Fact, rows: Rows) -> Row:
    """The columns of `Recorded`: where it stands and who signed."""
    kid = fact.command.kid
    return {
        "ordinal": ordinal(fact),
        "block": fact.block,
        "transaction": fact.transaction,
        "at": fact.at,
        "kid": kid,
        "held": held(kid, rows),
    }


def held(kid: str, rows: Rows) -> str:
    """Who keeps a key: own or platform; "" for the genesis, which nobody signed."""
    party, _, n = kid.rpartition(".")
    key = rows.get(PartyKey, (party, int(n))) if n.isdigit() else None
    return "" if key is None else str(key["held"])


def existing(rows: Rows, model: type[Mirror], key: Any) -> Mapping[str, Any]:
    """The row that a fact is about. That it is missing means that facts were lost: a defect, and the fold stops."""
    row = rows.get(model, key)
    if row is None:
        message = f"the ledger speaks of {model.__tablename__} {key!r}, which was never made"
        raise Error("internal", message, reason="fold")
    return row


def keepers(rows: Rows, account: str) -> list[str]:
    """Owner and custodian of an account: whom a change in it concerns."""
    row = rows.get(Account, account)
    return [] if row is None else [row["owner"], row["custodian"]]


def number(text: Any) -> int | None:
    """A number of a refused command, whose args nobody has checked: None when it is none."""
    try:
        return parse(text)
    except Error:
        return None


def text(value: Any) -> str:
    """A text of a refused command, whose args nobody has checked: "" when it is none.

    No longer than an index of PostgreSQL takes, and without the one character that PostgreSQL does not.
    """
    return value[:_LONGEST].replace("\0", "\ufffd") if isinstance(value, str) else ""
