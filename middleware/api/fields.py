"""What stands in JSON: every form that a field can have, checked the same way wherever it is used.

Quantities and money are strings of digits; a refusal is a sentence that names the value.
"""

import json
import re
import unicodedata
from datetime import date, datetime
from typing import Any

from marshmallow import Schema as _Schema
from marshmallow import ValidationError, fields
from stdnum import isin

from middleware import clock, identifiers, outward
from middleware.amounts import MAXIMUM
from middleware.errors import Error

_PARTY = "[A-Z0-9][A-Z0-9.-]{1,31}"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
REFERENCE = f"{_PARTY}:{UUID}"
CODE = _PARTY


_MESSAGES: dict[str, Any] = {"required": "is missing", "null": 'is null; absent is ""'}


class Schema(_Schema):
    """An input or output of the door. Unknown names are refused."""

    error_messages = {"unknown": "is not a field here", "type": "is not an object"}  # noqa: RUF012 - as declared above

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What a service answers is a dict almost always, and its names have no dots: a page asks 7,600 times."""
        return obj.get(attr, default) if type(obj) is dict else super().get_attribute(obj, attr, default)


class Form(fields.String):
    """A string of one form. `optional` also takes "", which means absent."""

    what = "text"
    pattern = ""
    default_error_messages = _MESSAGES

    def __init__(self, *, optional: bool = False, example: str = "", **more: Any) -> None:
        metadata = {"pattern": f"^({self.pattern}){'?' if optional else ''}$"} if self.pattern else {}
        if example:
            metadata["example"] = example
        default = {"load_default": ""} if optional else {"required": True}
        super().__init__(metadata={**metadata, **more.pop("metadata", {})}, **{**default, **more})
        self.optional = optional
        self._form = re.compile(self.pattern, re.ASCII)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if isinstance(value, str) and ((self.optional and value == "") or self.fits(value)):
            return value
        raise ValidationError(f"{shown(value)} is not {self.what}")

    def fits(self, value: str) -> bool:
        """Whether a string has this form."""
        return bool(self._form.fullmatch(value))


class Code(Form):
    what, pattern = "a code such as ACME: 2 to 32 of A-Z 0-9 . -", CODE


class Organisation(Form):
    what, pattern = "an organisation's name such as custodian", "[a-z][a-z0-9-]{1,31}"


class Reference(Form):
    what, pattern = "of the form PARTY:uuid", REFERENCE


class CommandId(Form):
    what = "a UUIDv7 in lower case"
    pattern = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


class Natural(Form):
    what, pattern = f"a whole number from 0 to {MAXIMUM}, as a string", "0|[1-9][0-9]{0,18}"

    def fits(self, value: str) -> bool:
        return super().fits(value) and int(value) <= MAXIMUM


class Positive(Natural):
    what, pattern = f"a whole number from 1 to {MAXIMUM}, as a string", "[1-9][0-9]{0,18}"


class KeyNumber(Form):
    what, pattern = "the number of a key, such as 1", "[1-9][0-9]{0,8}"


class Digits(Form):
    what, pattern = "a number of decimals from 0 to 4, as a string", "[0-4]"


class Hash(Form):
    what, pattern = "64 hexadecimal digits in lower case", "[0-9a-f]{64}"


class Jurisdiction(Form):
    what, pattern = "a country's two letters such as MX", "[A-Z]{2}"


class Email(Form):
    what = "an e-mail address such as dora@example.com"
    pattern = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}"


class Phone(Form):
    what, pattern = "a telephone number such as +52 81 5555 0199", r"\+?[0-9][0-9 ()-]{5,28}[0-9]"


class Curp(Form):
    what, pattern = "a CURP of 18 characters with the right check digit", "[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]"

    def fits(self, value: str) -> bool:
        return super().fits(value) and identifiers.is_curp(value)


class Lei(Form):
    what, pattern = "a LEI of 20 characters with the right check digits", "[0-9A-Z]{18}[0-9]{2}"

    def fits(self, value: str) -> bool:
        return super().fits(value) and identifiers.is_lei(value)


class Clabe(Form):
    what, pattern = "a CLABE of 18 digits with the right check digit", "[0-9]{18}"

    def fits(self, value: str) -> bool:
        return super().fits(value) and identifiers.is_clabe(value)


class Iban(Form):
    what, pattern = "an IBAN without blanks and with the right check digits", "[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}"

    def fits(self, value: str) -> bool:
        return super().fits(value) and identifiers.is_iban(value)


class PublicKey(Form):
    what, pattern = "a P-256 point in base64url, 87 characters", "[A-Za-z0-9_-]{87}"


class Jws(Form):
    what, pattern = "a compact JWS", r"[A-Za-z0-9_-]{1,1000}\.[A-Za-z0-9_-]{1,90000}\.[A-Za-z0-9_-]{1,1000}"


class BankReference(Form):
    what, pattern = "a reference: 1 to 35 letters, digits or -", "[A-Za-z0-9-]{1,35}"


class Destination(Form):
    what, pattern = "where to pay: 4 to 64 letters, digits, spaces or -", "[A-Za-z0-9][A-Za-z0-9 -]{2,62}[A-Za-z0-9]"


class ClientId(Form):
    what, pattern = "a name of 1 to 64 printable ASCII characters without blanks", "[!-~]{1,64}"


class Salt(Form):
    what, pattern = "a salt of 16 to 64 bytes in hexadecimal", "[0-9a-f]{32,128}"


class Url(Form):
    what, pattern = "an address such as https://broker.example/lonja", outward.PATTERN

    def fits(self, value: str) -> bool:
        return super().fits(value) and len(value) <= outward.LONGEST


class Username(Form):
    what, pattern = "a user name: 2 to 32 of a-z 0-9 . _ -", "[a-z0-9][a-z0-9._-]{1,31}"


class Instant(Form):
    what = "an instant such as 2026-11-22T18:00:00Z"
    pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"

    def fits(self, value: str) -> bool:
        try:
            clock.parse(value)
        except Error:
            return False
        return True


class GoodTill(Instant):
    what, pattern = "day or an instant such as 2026-11-22T18:00:00Z", f"day|{Instant.pattern}"

    def fits(self, value: str) -> bool:
        return value == "day" or super().fits(value)


class Isin(Form):
    what, pattern = "an ISIN with a right check digit", "[A-Z]{2}[A-Z0-9]{9}[0-9]"

    def fits(self, value: str) -> bool:
        return super().fits(value) and bool(isin.is_valid(value))


class Cfi(Form):
    what, pattern = "a CFI: six capital letters that begin with E or D", "[ED][A-Z]{5}"


class Day(Form):
    what, pattern = "a day such as 2031-11-30", "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def fits(self, value: str) -> bool:
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
        return super().fits(value)


class FileName(Form):
    what, pattern = "a file's name of 1 to 140 characters, such as bylaws.pdf", r"[^\x00-\x1f\x7f/\\]{1,140}"


class Remark(Form):
    """Words of a person: printable, composed (NFC), no blanks around it. As the ledger takes them."""

    def __init__(self, *, longest: int = 140, **more: Any) -> None:
        self.longest = longest
        self.what = f"text of 1 to {longest} printable characters without blanks around it"
        super().__init__(**more, metadata={"maxLength": longest})

    def fits(self, value: str) -> bool:
        if not 0 < len(value) <= self.longest or value != value.strip() or not value.isprintable():
            return False
        return not any(unicodedata.category(character).startswith(("M", "C")) for character in value)


class Prose(Remark):
    """Several lines of a person's words: each line as a remark, or empty."""

    def __init__(self, *, longest: int = 4_000, **more: Any) -> None:
        super().__init__(longest=longest, **more)
        self.what = f"text of 1 to {longest} printable characters, in lines, without blanks around it"

    def fits(self, value: str) -> bool:
        if not 0 < len(value) <= self.longest or value != value.strip():
            return False
        return all(super(Prose, self).fits(line.strip()) for line in value.split("\n") if line.strip())


class Password(Form):
    """A secret: any characters but control characters; never shown in a refusal."""

    what = "text of 1 to 128 characters"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if isinstance(value, str) and 0 < len(value) <= 128 and "\x00" not in value:
            return value
        raise ValidationError(f"is not {self.what}")


class Choice(Form):
    """One of a few words."""

    def __init__(self, *words: str, **more: Any) -> None:
        self.words = words
        self.what = f"one of {', '.join(words)}"
        listed = ["", *words] if more.get("optional") else list(words)
        super().__init__(**more, metadata={"enum": listed})

    def fits(self, value: str) -> bool:
        return value in self.words


_LIST_MESSAGES: dict[str, Any] = {
    "required": "is missing",
    "null": "is null; it must be a list",
    "invalid": "is not a list",
}


class Words(fields.List[Any]):
    """A list of different strings of one form."""

    default_error_messages = _LIST_MESSAGES

    def __init__(self, item: Form, *, most: int, least: int = 1, **more: Any) -> None:
        self.least, self.most = least, most
        limits = {"minItems": least, "maxItems": most, "uniqueItems": True}
        super().__init__(item, metadata=limits, **{"required": True, **more})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[Any]:
        if isinstance(value, list) and not self.least <= len(value) <= self.most:
            raise ValidationError(f"has {len(value)} entries; it takes {self.least} to {self.most}")
        words: list[Any] = super()._deserialize(value, attr, data, **more)
        if len(set(words)) != len(words):
            raise ValidationError(f"{shown(words)} names something twice")
        return words


class Number(fields.String):
    """An integer of ours on its way out: a string of digits, or null."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"pattern": "^-?[0-9]+$", "example": "40"}, **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return None if value is None else str(value)


class Moment(fields.String):
    """An instant on its way out: UTC, whole seconds, Z; or null."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"format": "date-time"}, **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return clock.text(value) if isinstance(value, datetime) else None


def shown(value: Any) -> str:
    """A value that was refused, short enough for a sentence."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = "this"
    return text if len(text) <= 80 else f"{text[:77]}…"
