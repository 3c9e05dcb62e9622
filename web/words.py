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
    "exchange": _l("Exchange"),
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
    "party:qualify": _l("Write down what was verified of a party"),
    "key:add": _l("Add a key"),
    "key:rotate": _l("Replace a key"),
    "key:revoke": _l("Revoke a key"),
    "account:open": _l("Open an account"),
    "account:close": _l("Close an account"),
    "account:move": _l("Move an account to another custodian"),
    "instrument:register": _l("Register an instrument"),
    "instrument:issue": _l("Issue"),
    "instrument:define": _l("Define terms"),
    "instrument:identify": _l("Write down an ISIN"),
    "instrument:authorise": _l("Change the authorised capital"),
    "document:publish": _l("Publish a document"),
    "instrument:suspend": _l("Suspend or reinstate an instrument"),
    "holding:transfer": _l("Transfer free of payment"),
    "cash:attest": _l("Attest the balance behind a currency"),
    "bank:single": _l("Want four eyes no longer"),
    "cash:deposit": _l("Credit a deposit"),
    "cash:withdraw": _l("Request a withdrawal"),
    "cash:pay": _l("Pay a withdrawal"),
    "cash:refuse": _l("Refuse a withdrawal"),
    "order:place": _l("Place an order"),
    "order:cancel": _l("Cancel an order"),
    "order:expire": _l("Expire an order"),
    "order:replace": _l("Replace an order"),
    "order:amend": _l("Answer a replacement"),
    "order:release": _l("Release an order"),
    "order:enter": _l("Enter an order"),
    "trade:execute": _l("Execute a trade"),
    "trade:report": _l("Report an execution"),
    "mandate:grant": _l("Grant a mandate"),
    "mandate:revoke": _l("Revoke a mandate"),
    "claim:open": _l("Open a claim"),
    "claim:accept": _l("Accept a claim"),
    "claim:refuse": _l("Refuse a claim"),
    "claim:enforce": _l("Enforce a claim"),
    "instruction:enter": _l("Sign one side of an agreement"),
    "instruction:cancel": _l("Take back one side of an agreement"),
    "instruction:expire": _l("Release an instruction that nobody met"),
    "disclosure:publish": _l("Disclose the clients of an account"),
    "offering:open": _l("Open an offering"),
    "offering:invite": _l("Invite to an offering"),
    "offering:cancel": _l("Cancel an offering"),
    "offering:subscribe": _l("Subscribe to an offering"),
    "offering:withdraw": _l("Withdraw a subscription"),
    "offering:allot": _l("Allot an offering"),
    "offering:settle": _l("Settle a part of an allotment"),
    "offering:release": _l("Release subscriptions"),
}
STEPS = {
    "account_and_key": (
        _l("Account and key"),
        _l("A custodian opened the account, and the key that signs for its owner is on the ledger."),
    ),
    "entered": (
        _l("Entered by the broker"),
        _l("The broker signed it as an entry. It reserves nothing and is no order yet."),
    ),
    "affirmed": (
        _l("Affirmed"),
        _l("The investor, or whoever may sign for him, signed exactly what was entered."),
    ),
    "reserved": (_l("Reserved"), _l("The ledger set aside all it may cost. From here it counts.")),
    "routed": (_l("Sent to the exchange"), _l("Only a valid order goes there, and it goes once.")),
    "settled": (_l("Settled"), _l("Delivered against payment in one step of the ledger.")),
    "replaced": (_l("Replaced"), _l("Other terms took the place of the earlier ones.")),
    "pending_replace": (_l("Other terms asked for"), _l("The exchange has to agree; the higher need is reserved.")),
    "replace_refused": (_l("Other terms refused"), _l("The exchange did not agree; the earlier terms stand.")),
    "pending_cancel": (_l("Cancelling asked for"), _l("The reservation stays until the exchange confirms.")),
    "cancel_refused": (_l("Not cancelled"), _l("The exchange did not cancel it; it stands.")),
    "bust": (_l("Undone by a claim"), _l("A later settlement moved units and money back.")),
    "correct": (_l("Corrected by a claim"), _l("A later settlement moved the difference.")),
    "executed": (_l("Executed"), _l("Traded with another order, within both limits.")),
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
    "custodian": _l("Custodian"),
    "quantity": _l("Quantity"),
    "resolution": _l("Fingerprint of the resolution"),
    "version": _l("Version"),
    "class": _l("Class"),
    "votes": _l("Votes of a unit"),
    "face_minor": _l("Face value"),
    "rate_bps": _l("Rate a year"),
    "frequency": _l("Payments a year"),
    "day_count": _l("Day count"),
    "matures_on": _l("Matures on"),
    "investor_types": _l("Kinds of investor"),
    "jurisdictions": _l("Countries"),
    "document": _l("Text of the terms"),
    "reason": _l("Reason"),
    "suspended": _l("Suspended"),
    "claim": _l("Claim"),
    "offering": _l("Offering"),
    "price_minor": _l("Price"),
    "allotted": _l("Allotted"),
    "parts": _l("Parts"),
    "root": _l("Fingerprint of all parts"),
}
MOVEMENTS = {"DELI": _l("Delivers"), "RECE": _l("Receives"), "deliver": _l("Delivers"), "receive": _l("Receives")}
CLASSES_OF = {
    "equity": {
        "ordinary": _l("Ordinary share"),
        "preferred": _l("Preferred share"),
        "non_voting": _l("Share without votes"),
    },
    "bond": {"fixed": _l("Bond with a fixed rate"), "zero": _l("Bond without coupons")},
}
CLASSES = {name: word for kind in CLASSES_OF.values() for name, word in kind.items()}
FREQUENCIES = {"0": _l("None, or at maturity"), "1": _l("One"), "2": _l("Two"), "4": _l("Four")}
DAY_COUNTS = [(name, name) for name in ("30/360", "ACT/360", "ACT/365")]
DOCUMENT_KINDS = {
    "prospectus": _l("Prospectus"),
    "bylaws": _l("Bylaws"),
    "resolution": _l("Resolution"),
    "terms": _l("Terms"),
    "report": _l("Report"),
    "other": _l("Other"),
}
INVESTOR_TYPES = {"retail": _l("Retail"), "qualified": _l("Qualified"), "institutional": _l("Institutional")}
OFFERING_KINDS = {"public": _l("Public: everybody may subscribe"), "private": _l("Private: by invitation only")}
RELEASES = {
    "not_allotted": _l("Nothing was left for it, or the price was above its limit."),
    "offering_cancelled": _l("The issuer cancelled the offering."),
    "offering_failed": _l("The offering came to nothing."),
    "suspended": _l("The subscriber was suspended."),
    "key_compromised": _l("The key that signed it was reported as compromised."),
    "account_closed": _l("The account was closed."),
}
FAILURES = {
    "below_minimum": _l("Less than the minimum was subscribed."),
    "not_allotted": _l("It was not allotted in time."),
    "not_settled": _l("It was not settled in time."),
}
AFFIRMATIONS = {"each": _l("You sign every order"), "none": _l("The agent signs alone")}
BOOKS = {"ledger": _l("The ledger’s book"), "exchange": _l("The exchange’s book")}
SESSION_KINDS = {
    "broker": _l("Orders of a broker"),
    "drop_copy": _l("Drop copy, read-only"),
    "exchange": _l("Link to an exchange"),
}
DIRECTIONS = {"in": _l("Received"), "out": _l("Sent")}
CLAIM_KINDS = {"bust": _l("Bust: the trade is to be undone"), "correct": _l("Correction of quantity or price")}
EXECUTION_KINDS = {"trade": _l("Execution"), "bust": _l("Bust"), "correct": _l("Correction")}
REPORTS = {
    "new": _l("Accepted"),
    "trade": _l("Executed"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Expired"),
    "rejected": _l("Rejected"),
    "replaced": _l("Replaced"),
    "pending_cancel": _l("Asked to cancel"),
    "cancel_refused": _l("Not cancelled"),
    "pending_replace": _l("Asked to replace"),
    "replace_refused": _l("Not replaced"),
    "bust": _l("Undone"),
    "correct": _l("Corrected"),
}
NOTICES = {
    "entered": _l("Entered"),
    "affirmed": _l("Affirmed"),
    "direct": _l("Signed by the agent"),
    "declined": _l("Declined"),
    "lapsed": _l("Lapsed"),
    "withdrawn": _l("Withdrawn"),
    "refused": _l("Not accepted as an entry"),
}
EVENTS = {"*": _l("Everything")} | {f"order.{name}": said for name, said in (NOTICES | REPORTS).items()}


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
        movements=MOVEMENTS,
        functions=FUNCTIONS,
        transfer_reasons=TRANSFER_REASONS,
        step_words=STEPS,
        argument_words=ARGUMENTS,
        classes_of=CLASSES_OF,
        class_words=CLASSES,
        frequencies=FREQUENCIES,
        day_counts=DAY_COUNTS,
        document_kinds=DOCUMENT_KINDS,
        affirmations=AFFIRMATIONS,
        books=BOOKS,
        session_kinds=SESSION_KINDS,
        directions=DIRECTIONS,
        claim_kinds=CLAIM_KINDS,
        execution_kinds=EXECUTION_KINDS,
        report_words=REPORTS,
        offering_kinds=OFFERING_KINDS,
        investor_types=INVESTOR_TYPES,
        release_words=RELEASES,
        failure_words=FAILURES,
        event_words=EVENTS,
    )
    app.jinja_env.filters["word"] = lambda value, table: word(table, value)
