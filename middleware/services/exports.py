"""A register as something to keep: rows for a spreadsheet (CSV, XLSX)."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from sqlalchemy.orm import Session

from middleware import clock, spreadsheet
from middleware.paper import word
from middleware.services import lines, register
from middleware.services.cuts import Cut
from middleware.services.lines import Narrowed
from middleware.services.pages import Row
from middleware.spreadsheet import Cell, Sheet

NAMES = (
    *("owner", "name", "account", "custodian", "kind", "quantity", "reserved", "share_percent", "undisclosed"),
    *("instrument", "as_of", "as_of_block"),
)
_HEADS = (
    *("Holder's code", "Holder", "Account", "Custodian", "Kind of account", "Quantity", "Reserved", "Share, per cent"),
    "Not disclosed",
)
_WIDTHS = (16, 34, 50, 16, 16, 18, 16, 16, 16)
_AT_ONCE = 1_000


def csv(session: Session, cut: Cut, wanted: Narrowed) -> Iterator[bytes]:
    """The lines as CSV, piece by piece: machine-made names, plain decimals, instants in UTC."""
    place = (cut.instrument, clock.text(cut.at) if cut.at else "", str(cut.block))
    return spreadsheet.streamed(NAMES, ((*_cells(cut, line), *place) for line in holders(session, cut, wanted)))


def xlsx(session: Session, cut: Cut, wanted: Narrowed, language: str) -> bytes:
    """A workbook: what it is and what it adds up to, then the lines."""
    about = Sheet(word("Summary", language), ("", ""), (34, 70), summary(session, cut, wanted, language))
    heads = [word(head, language) for head in _HEADS]
    rows = (_cells(cut, line) for line in holders(session, cut, wanted))
    return spreadsheet.book([about, Sheet(word("Register", language), heads, _WIDTHS, rows)])


def name(cut: Cut, ending: str) -> str:
    """What the file is called."""
    return f"register-{cut.instrument}-{cut.block}.{ending}"


def holders(session: Session, cut: Cut, wanted: Narrowed) -> Iterator[Row]:
    """Every wanted line as it is shown, the largest first."""
    every = lines.read(session, cut, wanted)
    while some := list(islice(every, _AT_ONCE)):
        yield from register.holders(session, cut, some)


def summary(session: Session, cut: Cut, wanted: Narrowed, language: str) -> Iterator[tuple[str, Cell]]:
    """What a register is of, as of when, narrowed to what, and what it adds up to."""
    quantity, accounts = lines.matching(session, cut, wanted)
    rows: list[tuple[str, Cell]] = [
        ("Instrument", cut.instrument),
        ("Issuer", cut.issuer),
        ("As of", clock.text(cut.at) if cut.at else ""),
        ("As of block", cut.block),
        ("Hash of the block", cut.hash),
        ("Issued on the ledger", _decimal(cut.issued, cut.digits)),
        ("Holders together", _decimal(sum(part.quantity for part in lines.sums(session, cut)), cut.digits)),
        *narrowing(wanted, language),
        ("In this file", _decimal(quantity, cut.digits)),
        ("Accounts in this file", accounts),
    ]
    return ((word(name, language), value) for name, value in rows)


def narrowing(wanted: Narrowed, language: str) -> list[tuple[str, str]]:
    """What it was narrowed to, by name."""
    kind = word(_KINDS[wanted.kind], language) if wanted.kind else ""
    found = (("Custodian", wanted.custodian), ("Kind of account", kind), ("Investor", wanted.investor))
    return [(name, value) for name, value in found if value]


def _cells(cut: Cut, line: Row) -> tuple[Cell, ...]:
    share = _decimal(line["share_bps"], 2)
    quantities = (_decimal(line["quantity"], cut.digits), _decimal(line["reserved"], cut.digits))
    named = (line["owner"], line["name"], line["account"], line["custodian"], line["kind"])
    return (*named, *quantities, share, _decimal(line["undisclosed"], cut.digits))


def _decimal(minor: int, digits: int) -> int | Decimal:
    return Decimal(minor).scaleb(-digits) if digits else minor


_KINDS = {"own": "the custodian's own", "omnibus": "omnibus", "individual": "individual", "direct": "direct"}
