"""A register as a paper: a table that can be read aloud where it is short, a listing of its lines where it is long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from middleware import clock, paper, wording
from middleware.paper import word
from middleware.services import exports, lines, register
from middleware.services.cuts import Cut
from middleware.services.lines import Narrowed
from middleware.services.pages import Row

MOST_IN_TABLE = 1_000  # a table takes a millisecond and a hundred kilobytes a line
LINES = 46  # on a page of a listing
PAGES = 12  # set at once
_SETTERS = 2  # parts in the making
_COLUMNS = (
    *(("No.", 7), ("Holder", 34), ("Code", 16), ("Account", 20), ("Kind", 10)),
    *(("Quantity", 18), ("Reserved", 14), ("Share", 8)),
)
_RIGHT = {"No.", "Quantity", "Reserved", "Share"}


def pdf(session: Session, cut: Cut, wanted: Narrowed, language: str) -> bytes:
    """The wanted lines with what they add up to, the block they are as of and its hash."""
    _, accounts = lines.matching(session, cut, wanted)
    writer = _Writer(session, cut, wanted, language)
    return writer.table() if accounts <= MOST_IN_TABLE else writer.listing(accounts)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one register in one language."""

    session: Session
    cut: Cut
    wanted: Narrowed
    language: str

    def table(self) -> bytes:
        columns = [self._column(name) for name, _ in _COLUMNS]
        rows = [self._cells(n, line) for n, line in enumerate(self._holders(), 1)]
        empty = self._say("Nobody held it then.")
        section = {"title": self._say("Holders"), "columns": columns, "rows": rows, "empty": empty}
        return paper.render("sheet", {**self._about(), "sections": [self._custodians(), section], "landscape": "yes"})

    def listing(self, accounts: int) -> bytes:
        first = {**self._about(), "sections": [self._custodians()], "first": "1", "pages": [], "head": ""}
        own = paper.pages(_listing({**first, "total": "1"}))
        total = str(own + -(-accounts // LINES))
        with ThreadPoolExecutor(_SETTERS) as setters:
            parts = setters.map(_listing, self._parts(first, own, total))
            return paper.bound(parts, title=str(first["title"]), language=self.language)

    def _parts(self, first: dict[str, Any], own: int, total: str) -> Iterator[dict[str, Any]]:
        yield {**first, "total": total}
        same = {name: first[name] for name in ("title", "language", "at", "foot")}
        head = _padded([self._say(name) for name, _ in _COLUMNS])
        written = (_padded(self._cells(n, line)) for n, line in enumerate(self._holders(), 1))
        while pages := [page for _ in range(PAGES) if (page := "\n".join(islice(written, LINES)))]:
            yield {**same, "head": head, "pages": pages, "first": str(own + 1), "total": total}
            own += len(pages)

    def _holders(self) -> Iterator[Row]:
        return exports.holders(self.session, self.cut, self.wanted)

    def _about(self) -> dict[str, Any]:
        at = self.cut.at or clock.now()
        when = wording.moment(at, self.language, self.session.info["config"].time_zone, zoned=True)
        title = self._say("Register of {code}", code=self.cut.instrument)
        return {
            "title": title,
            "subtitle": lines.names(self.session, [self.cut.issuer]).get(self.cut.issuer, self.cut.issuer),
            "language": self.language,
            "at": clock.text(at),
            "facts": self._facts(when),
            "notes": [self._note()],
            "foot": f"{title} · {when} · {self._say('block {n}', n=str(self.cut.block))}",
        }

    def _facts(self, when: str) -> list[list[str]]:
        quantity, accounts = lines.matching(self.session, self.cut, self.wanted)
        total = sum(part.quantity for part in lines.sums(self.session, self.cut))
        narrowed = exports.narrowing(self.wanted, self.language)
        rows = [
            ("As of", when),
            ("As of block", str(self.cut.block)),
            ("Hash of the block", self.cut.hash),
            ("Issued on the ledger", self._number(self.cut.issued)),
            ("Holders together", self._number(total)),
            *narrowed,
            *([("In this paper", self._number(quantity))] if narrowed else []),
            ("Accounts in this paper", wording.decimal(accounts, 0, self.language)),
        ]
        return [[self._say(name), value] for name, value in rows]

    def _note(self) -> str:
        same = sum(part.quantity for part in lines.sums(self.session, self.cut)) == self.cut.issued
        return self._say(
            "What the holders have together is what was issued." if same else "Holders and issue do not agree."
        )

    def _custodians(self) -> dict[str, Any]:
        rows = [
            [part["name"], part["custodian"], str(part["accounts"]), self._number(part["quantity"])]
            for part in register.custodians(self.session, lines.sums(self.session, self.cut))
        ]
        columns = [self._column(name) for name in ("Custodian", "Code", "Accounts", "Quantity")]
        empty = self._say("Nobody held it then.")
        return {"title": self._say("By custodian"), "columns": columns, "rows": rows, "empty": empty}

    def _cells(self, n: int, line: Row) -> list[str]:
        party, _, id = line["account"].rpartition(":")
        share = wording.grouped(line["share_bps"], 2, self.language) + " %"
        named = [str(n), line["name"], line["owner"], f"{party}:…{id[-6:]}", self._say(line["kind"])]
        return [*named, self._number(line["quantity"]), self._number(line["reserved"]), share]

    def _column(self, name: str) -> dict[str, str]:
        right = name in _RIGHT or name == "Accounts"
        wide = name in ("Holder", "Custodian")
        return {"name": self._say(name), "number": "yes" if right else "", "wide": "yes" if wide else ""}

    def _number(self, minor: int) -> str:
        return wording.grouped(minor, self.cut.digits, self.language)

    def _say(self, text: str, **said: str) -> str:
        return word(text, self.language, **said)


def _listing(values: dict[str, Any]) -> bytes:
    return paper.render("listing", values, plain=True)


def _padded(cells: list[str]) -> str:
    """One line of a listing: every cell as wide as its column, the rest of a longer one cut off with a sign."""
    return "  ".join(
        _fitted(cell, width, right=name in _RIGHT) for cell, (name, width) in zip(cells, _COLUMNS, strict=True)
    )


def _fitted(cell: str, width: int, *, right: bool) -> str:
    cell = cell if len(cell) <= width else f"{cell[: width - 1]}…"
    return cell.rjust(width) if right else cell.ljust(width)
