"""The platform's keys follow the ledger: a key signs from the fact that names it on, and stops when it is revoked."""

from sqlalchemy import update

from middleware.mirror import Fact, Rows, on
from middleware.models.key import HostedKey


@on("PartyAdmitted", "KeyAdded")
def activate(fact: Fact, rows: Rows) -> None:
    """The ledger knows this key now."""
    _set_status(rows, fact["party"], fact["key"]["n"], "active", fact["key"]["public"])


@on("KeyRotated")
def rotate(fact: Fact, rows: Rows) -> None:
    """The new key takes over from the old one."""
    _set_status(rows, fact["party"], fact["n"], "retired")
    _set_status(rows, fact["party"], fact["key"]["n"], "active", fact["key"]["public"])


@on("KeyRevoked")
def revoke(fact: Fact, rows: Rows) -> None:
    """The key signs nothing any more."""
    _set_status(rows, fact["party"], fact["n"], fact["status"])


def _set_status(rows: Rows, party: str, n: str, status: str, public: str = "") -> None:
    """Nothing happens for a key that is kept elsewhere, or that carries our number but is not ours."""
    change = update(HostedKey).where(HostedKey.party == party, HostedKey.n == int(n))
    if public:
        change = change.where(HostedKey.public == public)
    rows.connection.execute(change.values(status=status))
