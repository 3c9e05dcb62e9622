"""What a page says when something is refused: the API's sentence, and on pages in other languages ours before it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from .client import Problem
from .language import chosen


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a page says about a fault: its text, the language when it is not the page's, and the API's own words."""

    text: str
    language: str = ""
    original: str = ""
    request_id: str = ""


# The API speaks English. These are the refusals that people meet, by code and reason ("" for the rest of a code), for
# pages in other languages; the API's own sentence, which names the offending value, follows. One not here stands alone.
REFUSALS = {
    ("insufficient", ""): _l("There is not enough available for this."),
    ("insufficient", "authorised"): _l("That is more than is authorised."),
    ("insufficient", "order_minor"): _l("That is more than the mandate allows for one order."),
    ("insufficient", "total_minor"): _l("That is more than is left of the mandate."),
    ("insufficient", "limit_minor"): _l("That is more than one purchase of yours may cost."),
    ("forbidden", "qualification"): _l(
        "This is for those only who were verified, and whose verification is still good."
    ),
    ("forbidden", "investor_type"): _l("This is not for your kind of investor."),
    ("forbidden", "jurisdiction"): _l("This is not offered where you are."),
    ("wrong_status", "application"): _l("The application is no longer where this can be done."),
    ("duplicate", "application"): _l("You have an application that is not decided yet."),
    ("wrong_status", "evidence"): _l("An application takes twelve documents at most."),
    ("wrong_status", "mandate"): _l("There is no mandate in force for this: it ended or was revoked."),
    ("wrong_status", "pending"): _l("The exchange has not answered the earlier change yet."),
    ("wrong_status", "entry"): _l("The entry is already decided."),
    ("wrong_status", "book"): _l("The order is at an exchange; only the exchange can end it."),
    ("wrong_status", "negotiation"): _l("The request is not open any more."),
    ("wrong_status", "offer"): _l("The offer is not open any more."),
    ("wrong_status", "instruction"): _l("The instruction is not waiting any more."),
    ("wrong_status", "claim"): _l("The claim is already decided."),
    ("wrong_status", "execution"): _l("The execution is already decided."),
    ("wrong_status", "confirmation"): _l("The confirmation is already answered."),
    ("wrong_status", "reset"): _l("Nobody has asked for a reset."),
    ("forbidden", "four_eyes"): _l("Whoever asked for it cannot confirm it."),
    ("forbidden", "affirmation"): _l("The mandate does not let you sign; its owner signs every order."),
    ("duplicate", "client_id"): _l("This client id was already used for another order."),
    ("duplicate", "comp_id"): _l("There is already a session by that name."),
    ("duplicate", ""): _l("This was already done."),
    ("duplicate", "id"): _l(
        "This form was already sent with other content. Look at what was sent first, or send this one again."
    ),
    ("duplicate", "reference"): _l("This reference was already used; a payment is credited once."),
    ("duplicate", "username"): _l("This user name is taken."),
    ("wrong_status", ""): _l("It is no longer in a state that allows this."),
    ("wrong_status", "expired"): _l("It came too late and was not carried out. Send it again."),
    ("wrong_status", "order"): _l("The order is already closed."),
    ("wrong_status", "instrument"): _l("The instrument is suspended."),
    ("wrong_status", "currency"): _l("The currency is suspended."),
    ("wrong_status", "account"): _l("The account is closed."),
    ("wrong_status", "owner"): _l("The owner is suspended."),
    ("wrong_status", "act"): _l("The act is already decided."),
    ("wrong_status", "withdrawal"): _l("The withdrawal is already answered."),
    ("wrong_status", "good_till"): _l("Its last moment has passed."),
    ("wrong_status", "holdings"): _l("The account still holds something."),
    ("forbidden", ""): _l("You may not do this."),
    ("forbidden", "suspended"): _l("The party is suspended; the ledger refuses what it signs."),
    ("forbidden", "scope"): _l("The key in use may not sign this."),
    ("forbidden", "role"): _l("Your role does not allow this."),
    ("forbidden", "owner"): _l("Only the owner may do this."),
    ("forbidden", "same_organisation"): _l("Another organisation must approve it."),
    ("forbidden", "same_party"): _l("Another party must approve it."),
    ("forbidden", "self"): _l("Nobody may do this to himself."),
    ("unauthenticated", "credentials"): _l("User name or password is wrong."),
    ("unauthenticated", "key"): _l("The signing key is not active."),
    ("unavailable", ""): _l("The ledger does not answer right now. What you sent is kept."),
    ("unavailable", "database"): _l("The database does not answer; nothing was changed. Try again in a few seconds."),
    ("unavailable", "disk"): _l(
        "There is no room on the disk; nothing was changed. The operator has to make some; try again after that."
    ),
    ("unavailable", "rate"): _l("Too many tries. Wait a minute."),
    ("not_found", ""): _l("There is nothing by that name, or it is not yours to see."),
}

# What a field takes, for one that the API refused.
FIELDS = {
    "given_names": _l("The names, as on the identification."),
    "family_names": _l("The names, as on the identification."),
    "legal_name": _l("The name, as in the articles of incorporation."),
    "born_on": _l("A day that has passed."),
    "incorporated_on": _l("A day that has passed."),
    "nationality": _l("A country."),
    "residence": _l("A country."),
    "jurisdiction": _l("A country."),
    "address": _l("Street, number, town and postal code."),
    "email": _l("A complete e-mail address."),
    "phone": _l("A telephone number with its digits."),
    "curp": _l("A CURP of 18 characters, the last of which checks the others."),
    "representative_curp": _l("A CURP of 18 characters, the last of which checks the others."),
    "rfc": _l("The RFC, at most 20 characters."),
    "lei": _l("A LEI of 20 characters, the last two of which check the others."),
    "clabe": _l("A CLABE: 18 digits, the last of which checks the others."),
    "iban": _l("An IBAN without blanks, complete."),
    "representative": _l("The name of whoever signs for it."),
    "owners": _l("Names and shares, at most 500 characters."),
    "activity": _l("In a few words."),
    "trade_name": _l("The name, at most 140 characters."),
    "source_of_funds": _l("One of the list."),
    "investor_type": _l("One of the list."),
    "roles": _l("Investor, or issuer where a business applies."),
    "file": _l("A PDF, PNG or JPEG that is whole, at most 10 MB."),
    "quantity": _l("A quantity above zero, in whole lots."),
    "limit_minor": _l("A price above zero, in whole ticks."),
    "amount_minor": _l("An amount above zero."),
    "max_fee_minor": _l("At least the fee of the tariff for the whole order."),
    "good_till": _l("A moment to come, at most 400 days ahead."),
    "account": _l("An account number that exists and fits here."),
    "to_account": _l("Another account’s number, complete."),
    "destination": _l("A CLABE: 18 digits, the last of which checks the others."),
    "reference": _l("Letters, digits and hyphens, at most 35."),
    "client_id": _l("Letters, digits and hyphens that were not used before."),
    "cash_account": _l("An account number of the same owner."),
    "agent": _l("The code of an active party other than yourself."),
    "order_minor": _l("An amount above zero."),
    "total_minor": _l("At least as much as for one order."),
    "venue": _l("The code of a venue or an exchange."),
    "client": _l("A code of the client, once in the list."),
    "as_of": _l("A moment that has passed."),
    "comp_id": _l("2 to 32 capital letters, digits, dots or hyphens."),
    "certificate": _l("The SHA-256 of the client certificate: 64 hexadecimal digits."),
    "url": _l("An https address that can be reached from outside."),
    "events": _l("At least one event of the list."),
    "reason": _l("A reason in at most 140 characters."),
    "instrument": _l("A code of capital letters and digits that fits here."),
    "party": _l("A code of 2 to 32 capital letters, digits, dots or hyphens that is not taken."),
    "issuer": _l("The code of a party that may issue this."),
    "isin": _l("A valid ISIN, check digit included, or nothing."),
    "authorised": _l("A whole number above zero."),
    "lot": _l("A whole number above zero."),
    "tick_minor": _l("An amount above zero."),
    "fee_bps": _l("A whole number from 0 to 10,000."),
    "fee_account": _l("An open account for the fees, when there is a fee."),
    "resolution": _l("A document, or its SHA-256 fingerprint."),
    "username": _l("A short name of letters and digits that is not taken."),
    "new_password": _l("At least 12 characters."),
    "password": _l("At least 12 characters."),
    "current_password": _l("Not your current password."),
}


def sentence(problem: Problem) -> Sentence:
    """What a page says of a refusal as a whole."""
    known = REFUSALS.get((problem.code, problem.reason)) or REFUSALS.get((problem.code, ""))
    return _say(problem.message, str(known) if known else "", plain=problem.code == "insufficient")


def of_field(name: str, text: str) -> Sentence:
    """What a page says beside a field that the API refused."""
    return _say(text, str(FIELDS[name]) if name in FIELDS else "", plain=False)


def _say(own: str, ours: str, *, plain: bool) -> Sentence:
    """Ours first in other languages, and in English where the ledger speaks in minor units (`plain`)."""
    if ours and (plain or chosen() != "en"):
        return Sentence(ours, original=own)
    return Sentence(own, language="" if chosen() == "en" else "en")
