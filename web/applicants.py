"""What the pages of onboarding ask and say: the fields of each kind of applicant, and plain words for every step."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l

from .language import locale

KINDS = {
    "natural_person": _l("A person, in his own name"),
    "sole_proprietorship": _l("A person with a business of his own"),
    "enterprise": _l("A company"),
}
INVESTOR_TYPES = {"retail": _l("Retail"), "qualified": _l("Qualified"), "institutional": _l("Institutional")}
FUNDS = {
    "salary": _l("Salary or pension"),
    "business": _l("A business"),
    "savings": _l("Savings"),
    "inheritance": _l("An inheritance"),
    "sale": _l("A sale"),
    "other": _l("Something else"),
}
EVIDENCE = {
    "identity": _l("Official identification"),
    "address": _l("Proof of address"),
    "tax": _l("Tax registration"),
    "incorporation": _l("Articles of incorporation"),
    "powers": _l("Powers of the representative"),
    "bank_statement": _l("Bank statement"),
    "other": _l("Another document"),
}
NEEDED = {
    "natural_person": ("identity", "address"),
    "sole_proprietorship": ("identity", "address", "tax"),
    "enterprise": ("incorporation", "powers", "identity", "tax"),
}
LABELS = {
    "given_names": _l("Given names"),
    "family_names": _l("Family names"),
    "legal_name": _l("Legal name"),
    "trade_name": _l("Trade name"),
    "born_on": _l("Date of birth"),
    "incorporated_on": _l("Date of incorporation"),
    "nationality": _l("Nationality"),
    "residence": _l("Country of residence"),
    "address": _l("Address"),
    "email": _l("E-mail"),
    "phone": _l("Telephone"),
    "curp": "CURP",
    "rfc": "RFC",
    "lei": "LEI",
    "clabe": "CLABE",
    "iban": "IBAN",
    "representative": _l("Legal representative"),
    "representative_curp": _l("CURP of the representative"),
    "owners": _l("Owners of more than a quarter"),
    "activity": _l("Activity or occupation"),
    "source_of_funds": _l("Where the money comes from"),
    "investor_type": _l("Kind of investor"),
}
HINTS = {
    "given_names": _l("Exactly as on the identification."),
    "legal_name": _l("Exactly as in the articles of incorporation."),
    "curp": _l("18 characters. Needed of Mexican nationals."),
    "rfc": _l("We only warn when its check digit does not fit: some that are in use fail it."),
    "lei": _l("20 characters, if the company has one."),
    "clabe": _l("18 digits: the account to which you are paid. Or give an IBAN."),
    "iban": _l("Without blanks, for an account abroad."),
    "owners": _l("Who owns more than 25 %, and how much."),
    "investor_type": _l("What you say you are; we verify it."),
}
DAYS = ("born_on", "incorporated_on")
COUNTRIES = ("nationality", "residence")
_REACHED = ("residence", "address", "email", "phone")
_MONEY = ("rfc", "clabe", "iban", "activity", "source_of_funds", "investor_type")
_PERSON = ("given_names", "family_names", "born_on", "nationality", "curp")
# For each kind the parts of the form: a heading and its fields.
SECTIONS: dict[str, list[tuple[Any, tuple[str, ...]]]] = {
    "natural_person": [(_l("Person"), _PERSON), (_l("Address and contact"), _REACHED), (_l("Tax and money"), _MONEY)],
    "sole_proprietorship": [
        (_l("Person"), (*_PERSON, "trade_name")),
        (_l("Address and contact"), _REACHED),
        (_l("Tax and money"), _MONEY),
    ],
    "enterprise": [
        (_l("The company"), ("legal_name", "trade_name", "incorporated_on", "lei", "owners")),
        (_l("Who signs for it"), ("representative", "representative_curp")),
        (_l("Where it is"), _REACHED),
        (_l("Tax and money"), _MONEY),
    ],
}
FREE = {
    "natural_person": ("curp", "rfc", "clabe", "iban"),
    "sole_proprietorship": ("curp", "clabe", "iban"),
    "enterprise": ("trade_name", "lei", "representative_curp", "rfc", "clabe", "iban"),
}
DOUBTS = {
    "form": _l("It does not look like one. Compare it with the document."),
    "generic": _l("It is a generic one, which says nothing of this applicant."),
    "kind": _l("It is of the other kind: companies have 12 characters, persons 13."),
    "check_digit": _l("Its check digit does not fit. Some that are in use fail it; compare it with the document."),
    "born_on": _l("The date in it is not the date of birth."),
}
# Where an application stands, to whoever applies: what was done, and what comes next.
STANDS = {
    "draft": _l("Nothing has been sent yet. Fill in the form, add the documents and hand it in."),
    "submitted": _l("We have it. Somebody will look at it within two working days; you need do nothing."),
    "in_review": _l("Somebody is comparing what you wrote with your documents. You need do nothing."),
    "admission": _l(
        "We have approved it. So that nobody can be admitted by one organisation alone, the custodian must sign too; "
        "you need do nothing."
    ),
    "admission_failed": _l("We have approved it, but the admission was not signed in time. We will propose it again."),
    "qualification": _l("You are admitted. What we have verified is being written on the ledger; it takes seconds."),
    "qualification_failed": _l(
        "You are admitted, but what we have verified could not be written yet. We will try again."
    ),
    "qualified": _l("You are admitted and verified. You can take part."),
    "refused": _l("We have refused it. You can begin another one; what you wrote is filled in."),
    "expired": _l("It has run out. Begin again; what you wrote is filled in as long as we have it."),
    "erased": _l("What you had sent was erased for good, at your wish or by law."),
}


def countries() -> list[tuple[str, str]]:
    """Every country by its name in the page's language, Mexico first."""
    named = {code: name for code, name in locale().territories.items() if len(code) == 2 and code.isalpha()}
    listed = sorted(
        (name, code) for code, name in named.items() if code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ")
    )
    return [("MX", named["MX"]), *((code, name) for name, code in listed if code != "MX")]


def attach(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.globals.update(
        applicant_kinds=KINDS,
        investor_types=INVESTOR_TYPES,
        funds_words=FUNDS,
        evidence_words=EVIDENCE,
        answer_labels=LABELS | {f"evidence_{kind}": word for kind, word in EVIDENCE.items()},
        answer_hints=HINTS,
        doubt_words=DOUBTS,
        stands=STANDS,
    )
