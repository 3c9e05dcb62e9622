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
        "at_exchange": Status(
            _l("At the exchange"),
            "live",
            _l("In a block: the ledger has reserved all it may cost, and it is at the exchange or on its way there."),
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
    "certificate": {
        "unchanged": Status(_l("Unchanged"), "good", _l("The holding is what the certificate states.")),
        "changed": Status(_l("Changed"), "wait", _l("The holding has moved, or its reservations have, since then.")),
        "another_ledger": Status(_l("Another ledger"), "bad", _l("It speaks of another ledger than this one.")),
    },
    "draft": {
        "waiting": Status(_l("Waiting"), "wait", _l("Entered by one user; another of the same bank approves it.")),
        "approved": Status(_l("Approved"), "good", _l("A second user agreed; it was signed and sent.")),
        "refused": Status(_l("Refused"), "bad", _l("A second user did not agree; nothing was signed.")),
        "withdrawn": Status(_l("Withdrawn"), "quiet", _l("Taken back by whoever entered it; nothing was signed.")),
    },
    "offering": {
        "upcoming": Status(_l("Upcoming"), "wait", _l("Announced; nobody can subscribe yet.")),
        "open": Status(_l("Open"), "live", _l("Takes subscriptions until it closes. Each reserves all it may cost.")),
        "closed": Status(
            _l("Closed"),
            "wait",
            _l("Takes no more subscriptions. It is allotted now, or comes to nothing."),
        ),
        "allotting": Status(_l("Settling"), "live", _l("Allotted: units are issued against payment, part by part.")),
        "settled": Status(_l("Settled"), "good", _l("Everybody has what was allotted to him; the rest is free again.")),
        "cancelled": Status(_l("Cancelled"), "quiet", _l("Taken back by its issuer; every reservation is released.")),
        "failed": Status(_l("Came to nothing"), "bad", _l("Nothing is issued; every reservation is released.")),
    },
    "subscription": {
        "open": Status(_l("Reserved"), "live", _l("In a block: all it may cost is set aside until the allotment.")),
        "withdrawn": Status(_l("Withdrawn"), "quiet", _l("Taken back before the close; its cash is free again.")),
        "settled": Status(_l("Allotted and settled"), "good", _l("The units are yours; what was left over is free.")),
        "released": Status(_l("Released"), "quiet", _l("It got nothing; all that was reserved is free again.")),
    },
    "entry": {
        "awaiting_affirmation": Status(
            _l("To be affirmed"), "wait", _l("Entered by a broker. Nothing is reserved until the investor signs it.")
        ),
        "affirmed": Status(_l("Affirmed"), "good", _l("Signed by the investor or his agent: it became an order.")),
        "direct": Status(
            _l("Signed by the agent"), "live", _l("The mandate lets the agent sign: it became an order at once.")
        ),
        "declined": Status(_l("Declined"), "bad", _l("The investor did not sign; the broker was told why.")),
        "lapsed": Status(_l("Lapsed"), "quiet", _l("Nobody signed in time. Nothing was reserved.")),
        "withdrawn": Status(_l("Withdrawn"), "quiet", _l("The broker took it back before anybody signed.")),
    },
    "mandate": {
        "active": Status(_l("In force"), "good", _l("The agent may act within its limits until its last day.")),
        "lapsed": Status(_l("Lapsed"), "quiet", _l("Past its last day: the agent may enter nothing more.")),
        "revoked": Status(_l("Revoked"), "quiet", _l("Taken back by its owner. Orders that stand are not touched.")),
    },
    "session": {
        "enabled": Status(_l("Enabled"), "good", _l("Its party may log on.")),
        "disabled": Status(_l("Disabled"), "bad", _l("Cut, and its logons are refused until it is enabled again.")),
    },
    "line": {
        "up": Status(_l("Logged on"), "good", _l("Both sides are connected and count messages.")),
        "down": Status(_l("Not connected"), "wait", _l("Nobody is logged on. What happens meanwhile is sent later.")),
    },
    "execution": {
        "waiting": Status(_l("One side"), "wait", _l("The exchange has told one side; it waits for the other.")),
        "paired": Status(_l("Paired"), "quiet", _l("Joined with the other side of the same trade.")),
        "reported": Status(_l("Reported"), "live", _l("On its way to the ledger under the exchange’s key.")),
        "settled": Status(_l("Settled"), "good", _l("Delivered against payment in one step of the ledger.")),
        "claimed": Status(_l("Claim open"), "wait", _l("A bust or a correction became a claim; nothing has moved.")),
        "parked": Status(_l("Parked"), "bad", _l("It could not be settled. The operator decides what to do with it.")),
        "dismissed": Status(_l("Dismissed"), "quiet", _l("Put aside by the operator, with a reason.")),
    },
    "negotiation": {
        "open": Status(_l("Open"), "live", _l("Offers can be made and accepted until its last moment.")),
        "agreed": Status(_l("Agreed"), "good", _l("An offer was accepted; what settles it is on the ledger.")),
        "closed": Status(_l("Closed"), "quiet", _l("It ended without you.")),
        "expired": Status(_l("Expired"), "quiet", _l("Its last moment passed and nobody accepted an offer.")),
        "withdrawn": Status(_l("Withdrawn"), "quiet", _l("Whoever asked took it back.")),
    },
    "offer": {
        "open": Status(_l("Open"), "live", _l("It can be accepted. Nothing is reserved before.")),
        "countered": Status(_l("Countered"), "quiet", _l("The other side answered with an offer of its own.")),
        "refused": Status(_l("Refused"), "bad", _l("The other side said no.")),
        "withdrawn": Status(_l("Withdrawn"), "quiet", _l("Whoever made it took it back.")),
        "expired": Status(_l("Expired"), "quiet", _l("Its last moment passed.")),
        "closed": Status(_l("Closed"), "quiet", _l("The request it answers has ended.")),
        "accepted": Status(
            _l("Accepted"), "wait", _l("The taker has signed; it settles with the maker’s signature on the ledger.")
        ),
        "settled": Status(_l("Settled"), "good", _l("Units and money changed hands in one step of the ledger.")),
        "cancelled": Status(_l("Cancelled"), "quiet", _l("Accepted, and taken back before the maker signed.")),
        "failed": Status(_l("Failed"), "bad", _l("Accepted, and its maker could not keep it. Nothing moved.")),
    },
    "instruction": {
        "alleged": Status(_l("Alleged"), "wait", _l("One side has signed and reserved; the other has not.")),
        "pending": Status(_l("Pending"), "live", _l("What it needs is reserved; it waits for its other side.")),
        "settled": Status(_l("Settled"), "good", _l("Units and money changed hands in one step of the ledger.")),
        "cancelled": Status(_l("Cancelled"), "quiet", _l("Taken back by who signed it; what it reserved is free.")),
        "expired": Status(_l("Expired"), "quiet", _l("Nobody met it in time; what it reserved is free.")),
    },
    "claim": {
        "open": Status(_l("Open"), "wait", _l("Nothing moves before both owners accept it.")),
        "refused": Status(
            _l("Refused"), "bad", _l("An owner said no. Only operator and custodian together can still settle it.")
        ),
        "settled": Status(_l("Settled"), "good", _l("The difference moved in a settlement of its own.")),
    },
    "trade": {
        "settled": Status(_l("Settled"), "good", _l("Units and money changed hands in one step of the ledger.")),
        "reversed": Status(_l("Reversed"), "quiet", _l("A later settlement has undone it. Both stay on the ledger.")),
        "corrected": Status(_l("Corrected"), "live", _l("A later settlement moved the difference.")),
    },
    "confirmation": {
        "sent": Status(_l("To be answered"), "wait", _l("Told to the broker, who has not answered yet.")),
        "received": Status(_l("Received"), "live", _l("The broker has it and has not agreed yet.")),
        "affirmed": Status(_l("Agreed"), "good", _l("The broker agrees with its terms.")),
        "rejected": Status(_l("Rejected"), "bad", _l("The broker does not agree. The trade stands as it settled.")),
    },
    "step": {
        "done": Status(_l("Complete"), "good", _l("Nothing is left to do here.")),
        "open": Status(_l("To do"), "wait", _l("Still to be done.")),
    },
    "publication": {
        "current": Status(_l("Current"), "good", _l("Its issuer stands by it; nothing has taken its place.")),
        "superseded": Status(_l("Superseded"), "quiet", _l("A later document has taken its place.")),
    },
    "webhook": {
        "active": Status(_l("Active"), "good", _l("Told of everything it asked for.")),
        "disabled": Status(
            _l("Disabled"), "bad", _l("Its receiver said that it is gone. Nothing is sent until it is enabled.")
        ),
    },
    "delivery": {
        "waiting": Status(_l("Waiting"), "wait", _l("Not accepted yet; it is tried again, for about three days.")),
        "delivered": Status(_l("Delivered"), "good", _l("The receiver has accepted it.")),
        "failed": Status(_l("Given up"), "bad", _l("The receiver never accepted it. It can be sent again by hand.")),
    },
    "submission": {
        "waiting": Status(
            _l("Submitted"), "wait", _l("Kept by us; the next batch takes it to the ledger. It can no longer be lost.")
        ),
        "sent": Status(
            _l("Sent"),
            "wait",
            _l("In a batch that two organisations check. Not in a block yet, so nothing has happened yet."),
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
    "application": {
        "draft": Status(_l("Draft"), "quiet", _l("Being written. Nobody but the applicant's party works on it.")),
        "submitted": Status(_l("Waiting"), "wait", _l("Handed in; nobody has looked at it yet.")),
        "in_review": Status(_l("In review"), "wait", _l("Somebody compares the answers with the documents.")),
        "admission": Status(_l("Approved"), "wait", _l("The admission waits for the second organisation's signature.")),
        "admission_failed": Status(
            _l("Admission lapsed"), "bad", _l("Nobody signed the admission in time, or the ledger refused it.")
        ),
        "qualification": Status(_l("Admitted"), "wait", _l("What was verified is on its way to the ledger.")),
        "qualification_failed": Status(
            _l("Not qualified"), "bad", _l("The ledger has not taken what was verified; it can be sent again.")
        ),
        "qualified": Status(_l("Verified"), "good", _l("Admitted, and what was verified stands on the ledger.")),
        "refused": Status(_l("Refused"), "bad", _l("Not to be admitted, for the reason that is given.")),
        "expired": Status(_l("Expired"), "quiet", _l("A draft nobody touched, or a verification past its last day.")),
        "erased": Status(_l("Erased"), "quiet", _l("What was sent was destroyed. That there was something remains.")),
    },
    "qualification": {
        "due": Status(_l("Ends soon"), "wait", _l("Still good; to be verified again before its last day.")),
        "good": Status(_l("Verified"), "good", _l("What was verified is good until its last day.")),
        "expired": Status(_l("Expired"), "bad", _l("Past its last day: restricted instruments are closed to it.")),
        "none": Status(
            _l("Not verified"), "quiet", _l("Nothing of it is on the ledger: restricted instruments are closed.")
        ),
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


def of_order(order: dict[str, Any]) -> str:
    """The status of an order by name; one that stands at an exchange is not on our book."""
    away = order["status"] == "new" and order["book"] == "exchange"
    return "at_exchange" if away else str(order["status"])


def attach(app: Flask) -> None:
    """Give templates the statuses."""
    app.jinja_env.globals.update(status_of=status, held_words=HELD, order_status=of_order)
