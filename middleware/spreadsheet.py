"""Rows for a spreadsheet program, as CSV and as XLSX: text and numbers, never a formula.

UTF-8 with a mark, instants in ISO 8601, decimals with a point, every cell of a CSV in quotes. A text that a program
could take for a formula gets an apostrophe in front (as OWASP has it); a number stays what it is.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from middleware import clock

_FORMULA = re.compile(r"^\s*[=+\-@\t\r\n|%]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_MARK = b"\xef\xbb\xbf"
_AT_ONCE = 500
_EXACT = 10**15  # a spreadsheet's numbers have fifteen digits; larger ones are written as text, to the last digit
_BOOK = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
Cell = str | int | Decimal | datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: its name, the heads of its columns, how wide they are, and its rows."""

    name: str
    heads: Sequence[str]
    widths: Sequence[int]
    rows: Iterable[Sequence[Cell]]


def written(names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as CSV (RFC 4180)."""
    return b"".join(streamed(names, rows))


def streamed(names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A table as CSV, piece by piece."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    yield _MARK
    for n, row in enumerate(rows, 1):
        writer.writerow([cell(one) for one in row])
        if n % _AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def book(sheets: Iterable[Sheet]) -> bytes:
    """A workbook (XLSX)."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, _BOOK)
    bold = made.add_format({"bold": True})
    for sheet in sheets:
        page = made.add_worksheet(sheet.name)
        for n, width in enumerate(sheet.widths):
            page.set_column(n, n, width)
        page.freeze_panes(1, 0)
        for n, head in enumerate(sheet.heads):
            page.write_string(0, n, head, bold)
        for at, row in enumerate(sheet.rows, 1):
            for n, value in enumerate(row):
                _put(page, at, n, value)
    made.close()
    return file.getvalue()


def cell(value: Cell) -> str:
    """One cell of a CSV: no text in it can be run."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1].isalnum() and "\x00" not in value:
        return value
    if isinstance(value, datetime):
        return clock.text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = value.replace("\x00", "")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def amount(minor: int, digits: int) -> str:
    """Minor units as a plain decimal, also below zero."""
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}" + (f".{rest:0{digits}d}" if digits else "")


def _put(page: Any, at: int, n: int, value: Cell) -> None:
    if isinstance(value, int | Decimal) and -_EXACT < value < _EXACT:
        page.write_number(at, n, value)
    elif value is not None:
        page.write_string(at, n, cell(value))
