"""Canary markers: random texts that stand for what is personal or private, and how to find one wherever it went.

A marker is looked for as it was put in, in capitals and in small letters, in UTF-8 and UTF-16, in hexadecimal, and in
base64 of either alphabet at each of its three alignments: as it stands in the middle of something that was encoded.
"""

import base64
import binascii
import re
import secrets
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from stdnum import iban
from stdnum.iso7064 import mod_97_10
from stdnum.mx import curp, rfc

CAPITALS, SIGNS = string.ascii_uppercase, string.ascii_letters + string.digits
CLABE_WEIGHTS = (3, 7, 1)
DEEP = 3  # a signed command carries a key's proof, which is signed too
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{10,}")  # whatever a marker or an encoding of it can be part of
_BREAKS = b"\0\r\n"  # every other byte of UTF-16; what base64 is folded with
_ONE_ALPHABET = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True)
class Marker:
    """One random text and where it was put in. `sealed`: our own database does not show it either."""

    where: str
    text: str
    sealed: bool


@dataclass
class Markers:
    """All that were put in: each is made here, of the form that its field wants."""

    all: list[Marker] = field(default_factory=list)

    def add(self, where: str, text: str, *, sealed: bool = False) -> str:
        self.all.append(Marker(where, text, sealed))
        return text

    def word(self, where: str, *, sealed: bool = False, signs: str = SIGNS, length: int = 20) -> str:
        return self.add(where, _random(signs, length), sealed=sealed)

    def digits(self, where: str, length: int, *, sealed: bool = False) -> str:
        return self.word(where, sealed=sealed, signs=string.digits, length=length)

    def curp(self, where: str) -> str:
        begun = f"X{_random('BCDFGH', 3)}{_day():%y%m%d}HNL{_random('BCDFGHJKLM', 3)}{_random(string.digits, 1)}"
        return self.add(where, begun + curp.calc_check_digit(f"{begun}0"), sealed=True)

    def rfc(self, where: str, *, company: bool = False) -> str:
        begun = f"{_random('XWZQ', 3 if company else 4)}{_day():%y%m%d}{_random('BCDFGHJKLM', 2)}"
        return self.add(where, begun + rfc.calc_check_digit(begun), sealed=True)

    def clabe(self, where: str, *, sealed: bool = False) -> str:
        return self.add(where, clabe(_random(string.digits, 17)), sealed=sealed)

    def iban(self, where: str) -> str:
        account = f"{_random(CAPITALS, 4)}{_random(string.digits, 14)}"
        return self.add(where, f"GB{iban.calc_check_digits(f'GB00{account}')}{account}", sealed=True)

    def lei(self, where: str) -> str:
        begun = _random(CAPITALS + string.digits, 18)
        return self.add(where, begun + mod_97_10.calc_check_digits(begun), sealed=True)

    def sealed(self) -> list[Marker]:
        return [marker for marker in self.all if marker.sealed]


def public() -> Marker:
    """One that stands on the ledger because everybody may read it: a scan that finds nothing must find this."""
    return Marker("a bank's reason", _random(SIGNS, 20), sealed=False)


def clabe(account: str) -> str:
    """17 digits and the one that checks them."""
    total = sum(int(digit) * CLABE_WEIGHTS[n % 3] % 10 for n, digit in enumerate(account))
    return f"{account}{(10 - total % 10) % 10}"


def _random(signs: str, length: int) -> str:
    return "".join(secrets.choice(signs) for _ in range(length))


def _day() -> date:
    return date(1960, 1, 1) + timedelta(days=secrets.randbelow(14_000))


def runs(content: bytes) -> set[bytes]:
    """The different pieces of some bytes that could hold a marker. The rest is no part of any encoding of one."""
    return set(_RUN.findall(content)) | set(_RUN.findall(content.translate(None, _BREAKS)))


def opened(pieces: set[bytes], deep: int = DEEP) -> set[bytes]:
    """The same with what they say when they are decoded: the texts inside signed commands, and inside those."""
    inside: set[bytes] = set()
    for piece in pieces:
        inside |= runs(_decoded(piece))
    return pieces | inside if deep == 1 or not inside else pieces | opened(inside, deep - 1)


def _decoded(piece: bytes) -> bytes:
    whole = piece.translate(_ONE_ALPHABET)
    try:
        return base64.b64decode(whole + b"=" * (-len(whole) % 4))
    except binascii.Error:
        return b""


def found(pieces: set[bytes], markers: Iterable[Marker]) -> dict[str, list[str]]:
    """Where each marker that is among the pieces was put in → the forms in which it stands there."""
    texts = b"\n".join(pieces)
    views = {"any case": texts.lower(), "base64": texts.translate(_ONE_ALPHABET)}
    hits: dict[str, list[str]] = {}
    for marker in markers:
        forms = {form for form, view, needle in _needles(marker.text) if needle in views[view]}
        if forms:
            hits[marker.where] = sorted(forms)
    return hits


def _needles(text: str) -> Iterator[tuple[str, str, bytes]]:
    """Form, where to look, and for what."""
    yield "raw", "any case", text.lower().encode()
    for said in {text, text.lower(), text.upper()}:
        yield "hex", "any case", said.encode().hex().encode()
    for said in {text.encode(), text.encode("utf-16-le")}:
        for before in range(3):
            yield "base64", "base64", _middle(said, before)


def _middle(said: bytes, before: int) -> bytes:
    """What is certain of the base64 of some bytes when so many unknown ones stand before them."""
    encoded = base64.b64encode(b"\0" * before + said + b"\0\0")
    first, last = -(-before * 8 // 6), (before + len(said)) * 8 // 6
    return encoded[first:last]
