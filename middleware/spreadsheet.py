"""Rows for a spreadsheet program: CSV that it reads as text and numbers, never as a formula.

UTF-8 with a mark, instants in ISO 8601, decimals with a point. A text that a program could take for a formula gets an
apostrophe in front (as OWASP has it); a number stays what it is.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from middleware import clock

_FORMULA = re.compile(r"^\s*[=+\-@\t\r\n|%]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
Cell = str | int | datetime | None


def written(names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as CSV (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([cell(one) for one in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def cell(value: Cell) -> str:
    """One cell: no text in it can be run."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return clock.text(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def amount(minor: int, digits: int) -> str:
    """Minor units as a plain decimal, also below zero."""
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}" + (f".{rest:0{digits}d}" if digits else "")
