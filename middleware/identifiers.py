"""Identifiers of persons and their bank accounts: what is refused, and what only deserves a second look.

About one RFC in seventy that is in use fails its own check digit (DOMAIN), so an RFC is never refused here: it warns.
"""

from datetime import date

from stdnum import iban, lei
from stdnum.exceptions import ValidationError
from stdnum.mx import curp, rfc

GENERIC_RFCS = ("XAXX010101000", "XEXX010101000")
_CLABE_WEIGHTS = (3, 7, 1)


def is_clabe(text: str) -> bool:
    """18 digits, the last of which checks the others: bank, place, account."""
    if len(text) != 18 or not text.isascii() or not text.isdigit():
        return False
    total = sum(int(digit) * _CLABE_WEIGHTS[n % 3] % 10 for n, digit in enumerate(text[:17]))
    return (10 - total % 10) % 10 == int(text[17])


def is_curp(text: str) -> bool:
    """Form, date, state and check digit. A third sex letter, X, is in use beside H and M."""
    if not text.isascii() or curp.compact(text) != text:
        return False
    if len(text) == 18 and text[10] == "X":
        return text[17] == curp.calc_check_digit(text) if _is_form_of_curp(text) else False
    return bool(curp.is_valid(text))


def _is_form_of_curp(text: str) -> bool:
    """Whether it would pass with a known sex letter, its check digit left out."""
    return bool(curp.is_valid(f"{text[:10]}H{text[11:]}", validate_check_digits=False))


def is_lei(text: str) -> bool:
    """ISO 17442, with its two check digits."""
    return text.isascii() and lei.compact(text) == text and bool(lei.is_valid(text))


def is_iban(text: str) -> bool:
    """ISO 13616, written without blanks, with its check digits and its country's form."""
    return text.isascii() and iban.compact(text) == text and bool(iban.is_valid(text))


def doubt_of_rfc(text: str, *, company: bool) -> str:
    """Why an RFC deserves a second look, "" when it does not: form, generic, kind, check_digit."""
    if text in GENERIC_RFCS:
        return "generic"
    try:
        if rfc.compact(text) != text:
            return "form"
        rfc.validate(text, validate_check_digits=False)
    except ValidationError:
        return "form"
    if len(text) != (12 if company else 13):
        return "kind"
    return "" if rfc.is_valid(text, validate_check_digits=True) else "check_digit"


def born_on(identifier: str) -> date | None:
    """The date in a CURP that has passed."""
    try:
        found = curp.get_birth_date(identifier)
    except (ValidationError, ValueError, IndexError):
        return None
    return found if isinstance(found, date) else None
