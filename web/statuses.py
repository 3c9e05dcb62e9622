"""Statuses as words with their definitions: what a page says where something stands, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Status:
    """A status as a word, a tone that only repeats it, and what it means."""

    word: Any
    tone: str
    meaning: Any


# Tones: quiet (over, nothing to do), wait (on its way), live (stands), good (reached), bad (refused or stopped).
STATUSES: dict[str, dict[str, Status]] = {
    "order": {
        "pending_new": Status(
            _l("Submitted"),
            "wait",
            _l("Kept by us and on its way to the ledger. Nothing is reserved yet and it is not on the book."),
        ),
        "new": Status(
            _l("On the book"),
            "live",
            _l("In a block: the ledger has reserved all it may cost, and it waits for the other side."),
        ),
        "partially_filled": Status(
            _l("Partly filled"),
            "live",
            _l("Part of it has traded and settled; the rest is on the book, still reserved."),
        ),
        "filled": Status(_l("Filled"), "good", _l("All of it has traded and settled against payment.")),
        "cancelled": Status(
            _l("Cancelled"), "quiet", _l("Taken off the book by its owner; what was reserved is free again.")
        ),
        "rejected": Status(
            _l("Rejected"), "bad", _l("The ledger refused it. Nothing was reserved and nothing changed.")
        ),
        "expired": Status(_l("Expired"), "quiet", _l("Past its last moment; what was reserved is free again.")),
    },
    "submission": {
        "waiting": Status(
            _l("Submitted"), "wait", _l("Kept by us; the next batch takes it to the ledger. It can no longer be lost.")
        ),
        "sent": Status(
            _l("Sent"),
            "wait",
            _l("In a batch that both organisations check. Not in a block yet, so nothing has happened yet."),
        ),
        "done": Status(_l("Ordered"), "live", _l("In a block, with its outcome for ever.")),
        "refused": Status(_l("Refused"), "bad", _l("In a block as refused: nothing changed.")),
    },
    "finality": {
        "submitted": Status(_l("Submitted"), "wait", _l("On its way to the ledger. Nothing has moved yet.")),
        "ordered": Status(
            _l("Ordered"),
            "live",
            _l("Valid in a block. Final once the peers of two organisations have committed that block."),
        ),
        "final": Status(
            _l("Final"),
            "good",
            _l("Valid in a block that the peers of two organisations have committed. Nobody can take it back."),
        ),
    },
    "settlement": {
        "settled": Status(_l("Settled"), "good", _l("Units and money changed hands in one step of the ledger.")),
        "pending": Status(_l("Pending"), "wait", _l("Not settled yet.")),
    },
    "act": {
        "pending": Status(
            _l("Submitted"), "wait", _l("On its way to the ledger; it can be approved once it is in a block.")
        ),
        "proposed": Status(
            _l("Proposed"),
            "wait",
            _l("Signed by one organisation. Nothing happens until the other one signs the same text."),
        ),
        "approved": Status(_l("Approved"), "good", _l("Signed by two organisations and carried out in the same step.")),
        "refused": Status(
            _l("Refused"), "bad", _l("The ledger refused it when it was to be carried out; nothing changed.")
        ),
        "lapsed": Status(_l("Lapsed"), "quiet", _l("Not approved in time. Propose it again if it is still wanted.")),
    },
    "party": {
        "active": Status(_l("Active"), "good", _l("May act in all its roles.")),
        "suspended": Status(
            _l("Suspended"), "bad", _l("The ledger refuses everything it signs, and its orders no longer trade.")
        ),
        "unknown": Status(_l("Not admitted"), "wait", _l("Has a login, but is not on the ledger yet.")),
    },
    "instrument": {
        "active": Status(_l("Active"), "good", _l("May be issued, moved and traded.")),
        "suspended": Status(_l("Suspended"), "bad", _l("No trading and no movement until the operator lifts it.")),
    },
    "account": {
        "open": Status(_l("Open"), "good", _l("Can hold, receive and deliver.")),
        "closed": Status(_l("Closed"), "quiet", _l("Holds nothing and takes nothing any more.")),
    },
    "withdrawal": {
        "pending": Status(_l("Requested"), "wait", _l("The amount is reserved; the bank pays it out or refuses.")),
        "paid": Status(_l("Paid"), "good", _l("The bank has paid it outside; the claim has left the ledger.")),
        "refused": Status(_l("Refused"), "bad", _l("The bank did not pay; the amount is free again.")),
    },
    "key": {
        "active": Status(_l("Active"), "good", _l("Its signatures count.")),
        "rotated": Status(_l("Replaced"), "quiet", _l("A newer key took its place. What it signed before stands.")),
        "retired": Status(_l("Retired"), "quiet", _l("No longer signs. What it signed before stands.")),
        "compromised": Status(_l("Compromised"), "bad", _l("In wrong hands: its open orders no longer trade.")),
    },
}

HELD = {
    "platform": Status(
        _l("key held by the platform"),
        "quiet",
        _l("The platform keeps this key, encrypted, and signs with it for the party. That is custody."),
    ),
    "own": Status(
        _l("own key"), "quiet", _l("The party alone holds this key. The platform could not have signed this.")
    ),
}


def status(noun: str, value: str) -> Status:
    """The word for a status; one we do not know yet is shown as it is."""
    return STATUSES[noun].get(value) or Status(value, "quiet", _("No definition yet."))


def attach(app: Flask) -> None:
    """Give templates the statuses."""
    app.jinja_env.globals.update(status_of=status, held_words=HELD)
