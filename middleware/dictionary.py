"""The reader of FIX messages: names every tag of a raw message in words, whatever state the message is in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from middleware import tags
from middleware.tags import Dictionary, Part, Tag

SOH = "\x01"
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?"
_DATE = r"[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
_DECIMAL = (r"-?([0-9]+\.?[0-9]*|\.[0-9]+)", "a decimal number")
_COUNT = (r"[0-9]+", "a whole number from 0")
_FORMS = {
    "INT": (r"-?[0-9]+", "a whole number"),
    **dict.fromkeys(("LENGTH", "SEQNUM", "NUMINGROUP"), _COUNT),
    **dict.fromkeys(("QTY", "PRICE", "PRICEOFFSET", "AMT", "FLOAT", "PERCENTAGE"), _DECIMAL),
    "BOOLEAN": (r"[YN]", "Y or N"),
    "CHAR": (r".", "one character"),
    "CURRENCY": (r"[A-Z]{3}", "a currency such as MXN"),
    "COUNTRY": (r"[A-Z]{2}", "a country such as MX"),
    "UTCTIMESTAMP": (f"{_DATE}-{_TIME}", "a time in UTC such as 20261125-18:00:00.000"),
    "UTCTIMEONLY": (_TIME, "a time in UTC such as 18:00:00"),
    "UTCDATEONLY": (_DATE, "a date such as 20261125"),
    "LOCALMKTDATE": (_DATE, "a date such as 20261125"),
    "MONTHYEAR": (r"[0-9]{6}([0-9]{2}|w[1-5])?", "a month such as 202611"),
}
_TYPES = {type: (re.compile(form, re.ASCII), what) for type, (form, what) in _FORMS.items()}


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it stands in a message, or one that should stand there: then its value is "".

    `meaning` says in words what the value stands for ("" where it stands for itself), `problem` what is wrong ("" for
    nothing). `tag` is as written; "" for what is no field at all.
    """

    tag: str
    name: str
    value: str
    meaning: str = ""
    required: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stood between two separators."""

    tag: str
    value: str

    @property
    def number(self) -> int:
        return int(self.tag) if _NUMBER.fullmatch(self.tag) else 0


def read(raw: str) -> list[Field]:
    """Every field of a message, with SOH or | between them, in order; after its neighbours what is missing."""
    known = tags.fix44()
    if not raw:
        return []
    pieces = list(_pieces(raw, known))
    type = next((piece.value for piece in pieces if piece.tag == "35"), "")
    reading = _Reading(known, pieces, typed=type in known.messages)
    fields = reading.part(known.messages.get(type, known.frame))
    framing = _framing(raw, pieces)
    return [_with(field, framing.get(field.tag, "")) for field in fields]


def _pieces(raw: str, known: Dictionary) -> Iterator[_Piece]:
    """Cut a message at its separators, but for data fields: those are as long as the field before them says."""
    separator = SOH if SOH in raw else "|"
    at, length = 0, ""
    while at < len(raw):
        end = raw.find(separator, at)
        end = len(raw) if end < 0 else end
        tag, equals, value = raw[at:end].partition("=")
        piece = _Piece(tag, value) if equals else _Piece("", raw[at:end])
        if _type(known, piece) == "DATA" and _DIGITS.fullmatch(length):
            whole = at + len(tag) + 1 + int(length)
            if raw[whole : whole + 1] == separator:
                end = whole
                piece = replace(piece, value=raw[at + len(tag) + 1 : whole])
        yield piece
        at, length = end + 1, piece.value


def _type(known: Dictionary, piece: _Piece) -> str:
    tag = known.tags.get(piece.number)
    return tag.type if tag else ""


class _Reading:
    """One walk over the pieces of a message, into its repeating groups and out again."""

    def __init__(self, known: Dictionary, pieces: list[_Piece], *, typed: bool) -> None:
        self._known = known
        self._pieces = pieces
        self._typed = typed  # what does not belong can be said only of a type that FIX knows
        self._at = 0

    def part(self, part: Part) -> list[Field]:
        """The whole message."""
        found, seen = [], set[int]()
        while self._at < len(self._pieces):
            found += self._next(part, seen)
        return found + self._missing(part, seen)

    def _next(self, part: Part, seen: set[int]) -> list[Field]:
        piece = self._pieces[self._at]
        self._at += 1
        twice = piece.number in seen and not _is_user_defined(piece)
        seen.add(piece.number)
        field = self._field(piece, part)
        field = _with(field, "stands here a second time" if twice and piece.number else "")
        group = part.groups.get(piece.number)
        return [field] if group is None else self._group(field, group)

    def _group(self, count: Field, part: Part) -> list[Field]:
        """The entries of a group: one ends where its fields begin again, or where something else follows."""
        entries = 0
        fields: list[Field] = []
        while self._is_in(part):
            entries += 1
            seen: set[int] = set()
            late = "" if self._here.number == part.first else f"an entry of {count.tag} begins with {part.first}"
            while self._is_in(part) and self._here.number not in seen:
                first, *more = self._next(part, seen)
                fields += [_with(first, late), *more]
                late = ""
            fields += self._missing(part, seen)
        if _DIGITS.fullmatch(count.value) and int(count.value) != entries:
            count = _with(count, f"says {count.value}, but {entries} follow")
        return [count, *fields]

    @property
    def _here(self) -> _Piece:
        return self._pieces[self._at]

    def _is_in(self, part: Part) -> bool:
        """Whether the next piece belongs to an entry; a user-defined one does where the entry goes on after it."""
        ahead = (piece.number for piece in self._pieces[self._at :] if not _is_user_defined(piece))
        return next(ahead, 0) in part.fields

    def _field(self, piece: _Piece, part: Part) -> Field:
        if not piece.number:
            problem = f"{piece.tag!r} is not the number of a tag" if piece.tag else "is not of the form tag=value"
            return Field(piece.tag, "", piece.value, problem=problem)
        tag = self._known.tags.get(piece.number)
        if tag is None:
            problem = "" if _is_user_defined(piece) else "is not a tag of FIX 4.4"
            return Field(piece.tag, "user-defined" if not problem else "", piece.value, problem=problem)
        problem = _problem(tag, piece.value)
        if self._typed and piece.number not in part.fields and not _is_user_defined(piece):
            problem = problem or f"does not belong in {part.name}"
        return Field(
            piece.tag, tag.name, piece.value, meaning(tag, piece.value), part.fields.get(piece.number, False), problem
        )

    def _missing(self, part: Part, seen: set[int]) -> list[Field]:
        wanted = (self._known.tags[tag] for tag, needed in part.fields.items() if needed and tag not in seen)
        return [Field(str(tag.number), tag.name, "", required=True, problem="is missing") for tag in wanted]


def meaning(tag: Tag, value: str) -> str:
    """What a value stands for, in words; what the field is for where it is one of ours."""
    if tag.type == "MULTIPLEVALUESTRING":
        return ", ".join(tag.values.get(word, word) for word in value.split(" ")) if tag.values else ""
    return tag.values.get(value, "") or tag.purpose


def _problem(tag: Tag, value: str) -> str:
    if not value:
        return "has no value"
    form, what = _TYPES.get(tag.type, (None, ""))
    if form and not form.fullmatch(value):
        return f"is not {what}"
    said = value.split(" ") if tag.type == "MULTIPLEVALUESTRING" else [value]
    strange = [word for word in said if word not in tag.values]
    return f"{strange[0]!r} is none of its values" if tag.values and strange else ""


def _is_user_defined(piece: _Piece) -> bool:
    return piece.number in tags.USER_DEFINED


def _framing(raw: str, pieces: list[_Piece]) -> Mapping[str, str]:
    """What is wrong with the frame of a message, by tag: what stands first and last, its length and its checksum."""
    found = {}
    for place, tag in ((0, "8"), (1, "9"), (2, "35"), (-1, "10")):
        if len(pieces) > 2 and pieces[place].tag != tag:
            found[tag] = "is not the last field" if place < 0 else f"is not field {place + 1} of the message"
    if found or len(pieces) < 4:
        return found
    separator = SOH if SOH in raw else "|"
    sent = raw.replace(separator, SOH) if raw.endswith(separator) else raw.replace(separator, SOH) + SOH
    head, _, tail = sent.encode(errors="surrogateescape").rpartition(b"\x0110=")
    body = head.split(b"\x01", 2)[-1] + b"\x01"
    if pieces[1].value != str(len(body)):
        found["9"] = f"the body has {len(body)} bytes"
    total = (sum(head) + 1) % 256
    if tail.rstrip(b"\x01") != b"%03d" % total:
        found["10"] = f"the bytes add up to {total:03}"
    return found


def _with(field: Field, problem: str) -> Field:
    return replace(field, problem="; ".join(filter(None, (field.problem, problem)))) if problem else field
