"""The market's words for people: roles, kinds, acts, steps."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l

ROLES = {
    "issuer": _l("Issuer"),
    "investor": _l("Investor"),
    "broker": _l("Broker"),
    "custodian": _l("Custodian"),
    "venue": _l("Venue"),
    "bank": _l("Bank"),
    "operator": _l("Operator"),
    "regulator": _l("Regulator"),
}
KINDS = {"equity": _l("Shares"), "bond": _l("Bond"), "currency": _l("Currency")}
ACCOUNT_KINDS = {
    "own": _l("The custodian’s own"),
    "omnibus": _l("Omnibus: many clients in one"),
    "individual": _l("Individual client"),
    "direct": _l("Direct: the investor is the holder of record"),
}
SIDES = {"buy": _l("Buy"), "sell": _l("Sell"), "both": _l("Both sides")}
TRANSFER_REASONS = {
    "gift": _l("Gift"),
    "inheritance": _l("Inheritance"),
    "own_accounts": _l("Between own accounts"),
    "correction": _l("Correction"),
    "other": _l("Other"),
}
FUNCTIONS = {
    "act:propose": _l("Propose an act"),
    "act:approve": _l("Approve an act"),
    "party:admit": _l("Admit a party"),
    "party:suspend": _l("Suspend or reinstate a party"),
    "key:add": _l("Add a key"),
    "key:rotate": _l("Replace a key"),
    "key:revoke": _l("Revoke a key"),
    "account:open": _l("Open an account"),
    "account:close": _l("Close an account"),
    "instrument:register": _l("Register an instrument"),
    "instrument:issue": _l("Issue"),
    "instrument:suspend": _l("Suspend or reinstate an instrument"),
    "holding:transfer": _l("Transfer free of payment"),
    "cash:deposit": _l("Credit a deposit"),
    "cash:withdraw": _l("Request a withdrawal"),
    "cash:pay": _l("Pay a withdrawal"),
    "cash:refuse": _l("Refuse a withdrawal"),
    "order:place": _l("Place an order"),
    "order:cancel": _l("Cancel an order"),
    "order:expire": _l("Expire an order"),
    "trade:execute": _l("Execute a trade"),
}
STEPS = {
    "received": (_l("Received"), _l("Stored by the platform; from here it cannot be lost.")),
    "sent": (_l("Sent to the ledger"), _l("In a batch that the peers of both organisations check and sign.")),
    "placed": (_l("Placed on the book"), _l("The ledger reserved all it may cost and gave it its place in the queue.")),
    "executed": (_l("Traded and settled"), _l("Units and money changed hands in this one step.")),
    "cancelled": (_l("Cancelled"), _l("Taken off the book; what was still reserved is free again.")),
    "expired": (_l("Expired"), _l("Past its last moment; what was still reserved is free again.")),
    "rejected": (_l("Refused by the ledger"), _l("Nothing was reserved and nothing changed.")),
}
ARGUMENTS = {
    "party": _l("Party"),
    "organisation": _l("Organisation"),
    "roles": _l("Roles"),
    "key": _l("Key"),
    "n": _l("Key number"),
    "public": _l("Public key"),
    "scope": _l("May sign"),
    "held": _l("Who holds the key"),
    "proof": _l("Proof of possession"),
    "instrument": _l("Instrument"),
    "kind": _l("Kind"),
    "issuer": _l("Issuer"),
    "currency": _l("Currency"),
    "isin": _l("ISIN"),
    "authorised": _l("Authorised"),
    "lot": _l("Lot"),
    "tick_minor": _l("Tick"),
    "fee_bps": _l("Fee, hundredths of a percent"),
    "fee_account": _l("Fee account"),
    "minor_digits": _l("Decimals"),
    "account": _l("Account"),
    "quantity": _l("Quantity"),
    "resolution": _l("Fingerprint of the resolution"),
    "reason": _l("Reason"),
    "suspended": _l("Suspended"),
}


def word(table: dict[str, Any], value: str) -> Any:
    """A word of one of the tables above, or the value itself."""
    return table.get(value, value)


def attach(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.globals.update(
        roles_words=ROLES,
        kinds=KINDS,
        account_kinds=ACCOUNT_KINDS,
        sides=SIDES,
        functions=FUNCTIONS,
        transfer_reasons=TRANSFER_REASONS,
        step_words=STEPS,
        argument_words=ARGUMENTS,
    )
    app.jinja_env.filters["word"] = lambda value, table: word(table, value)
