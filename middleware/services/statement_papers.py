"""A statement as something to keep: the paper (PDF) and the rows for a spreadsheet (CSV)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from middleware import clock, ids, paper, spreadsheet, wording
from middleware.auth import Principal
from middleware.paper import word
from middleware.services import statements
from middleware.services.pages import Row

CSV_NAMES = (
    *("at", "account", "instrument", "what", "cause", "id", "detail", "price", "fee"),
    *("change", "quantity", "reserved", "function", "block", "transaction"),
)


def sheet(session: Session, principal: Principal, text: str, *, account: str = "") -> bytes:
    """Every line of a month as CSV: machine-made names, plain decimals, instants in UTC."""
    lines = statements.all_lines(session, statements.of(session, principal, text, account=account))
    money = statements.money_digits(session)
    return spreadsheet.written(CSV_NAMES, [_csv(line, money.get(line["of"], 0)) for line in lines])


def pdf(session: Session, principal: Principal, text: str, *, account: str = "", language: str = "") -> bytes:
    """A month as a paper, in the reader's language."""
    language = language or principal.language
    found = statements.show(session, principal, text, account=account)
    statement = statements.of(session, principal, text, account=account)
    lines = statements.all_lines(session, statement, most=statements.MOST_LINES)
    return paper.render("sheet", _Writer(session, language).values(found, lines))


def _csv(line: Row, money: int) -> list[spreadsheet.Cell]:
    digits, amount = line["minor_digits"], spreadsheet.amount
    price, fee = (None if line[name] is None else amount(line[name], money) for name in ("price_minor", "fee_minor"))
    quantities = [amount(line[name], digits) for name in ("change", "quantity", "reserved")]
    named = [line[name] for name in ("at", "account", "instrument", "what", "noun", "id", "detail")]
    return [*named, price, fee, *quantities, line["function"], line["block"], line["transaction"]]


class _Writer:
    """Writes a statement's facts and tables in one language."""

    def __init__(self, session: Session, language: str) -> None:
        self._language = language
        self._zone: str = session.info["config"].time_zone
        self._money = statements.money_digits(session)

    def values(self, found: Row, lines: list[Row]) -> dict[str, object]:
        """What the paper says."""
        month = wording.month(found["begin"], self._language, self._zone)
        at = found["end"] if found["complete"] else found["as_of"] or found["begin"]
        return {
            "title": self._say("Statement, {month}", month=month),
            "language": self._language,
            "at": clock.text(at),
            "subtitle": found["owner_name"],
            "facts": self._facts(found),
            "sections": [self._summary(found), *(self._section(one, lines) for one in found["balances"])],
            "notes": self._notes(found),
            "foot": f"{found['owner_name']} ({found['owner']}) · {month}",
        }

    def _say(self, text: str, **said: str) -> str:
        return word(text, self._language, **said)

    def _when(self, at: datetime | None, *, zoned: bool = False) -> str:
        return "" if at is None else wording.moment(at, self._language, self._zone, zoned=zoned)

    def _number(self, value: int, digits: int) -> str:
        return wording.decimal(value, digits, self._language)

    def _facts(self, found: Row) -> list[list[str]]:
        until = self._when(found["end"], zoned=True)
        return [
            [self._say("Owner"), f"{found['owner_name']} ({found['owner']})"],
            [self._say("Account"), found["account"] or self._say("All accounts of the owner")],
            [self._say("From"), self._when(found["begin"], zoned=True)],
            [
                self._say("Until"),
                until if found["complete"] else self._say("Not over yet: as of block {n}", n=_n(found)),
            ],
        ]

    def _notes(self, found: Row) -> list[str]:
        shared = self._say("Every line is a fact of the ledger; its block and time are the ledger's own.")
        zone = self._say("Times are those of {zone}.", zone=self._zone)
        return [f"{shared} {zone}"]

    def _summary(self, found: Row) -> Row:
        names = ("Account", "Instrument", "Opening", "In", "Out", "Closing", "Reserved")
        rows = [
            [_short(one["account"]), one["instrument"], *(self._number(one[each], one["digits"]) for each in _SUMS)]
            for one in found["balances"]
        ]
        columns = [self._column(name, number=at > 1, wide=at == 1) for at, name in enumerate(names)]
        empty = self._say("Nothing was held, and nothing moved, in this month.")
        return {"title": self._say("Summary"), "columns": columns, "rows": rows, "empty": empty}

    def _section(self, balance: Row, lines: list[Row]) -> Row:
        digits = balance["digits"]
        key = (balance["account"], balance["instrument"])
        own = [line for line in lines if (line["account"], line["instrument"]) == key]
        first = [self._say("Opening"), "", "", self._number(balance["opening"], digits)]
        last = [self._say("Closing"), "", "", self._number(balance["closing"], digits)]
        rows = [first, *(self._line(line) for line in own), last]
        columns = [self._column("Time"), self._column("What", wide=True), self._column("Change", number=True)]
        columns.append(self._column("Then held", number=True))
        return {"title": f"{balance['instrument']} · {_short(balance['account'])}", "columns": columns, "rows": rows}

    def _line(self, line: Row) -> list[str]:
        sign = "+" if line["change"] > 0 else ""
        change = sign + self._number(line["change"], line["minor_digits"])
        return [self._when(line["at"]), self.cause(line), change, self._number(line["quantity"], line["minor_digits"])]

    def cause(self, line: Row) -> str:
        """What caused a line, as a sentence."""
        text = _SENTENCES.get(line["what"], "")
        if not text:
            return f"{line['function']} {_short(line['command'])}"
        said = {"detail": line["detail"], "of": line["of"]}
        if line["units"] is not None:
            said["units"] = self._number(line["units"], 0)
        if line["price_minor"] is not None:
            money = self._money.get(line["of"], 0)
            said |= {"price": self._number(line["price_minor"], money)}
            said |= {"fee": self._number(line["fee_minor"], money)}
        if line["noun"] == "transfer":
            said["detail"] = self._say(_REASONS.get(line["detail"]) or line["detail"])
        return self._say(text, **said)

    def _column(self, name: str, *, number: bool = False, wide: bool = False) -> Mapping[str, str]:
        return {"name": self._say(name), "number": "yes" if number else "", "wide": "yes" if wide else ""}


def _n(found: Row) -> str:
    return str(found["as_of_block"])


def _short(reference: str) -> str:
    """A reference as papers have it: its party and the end of its number."""
    party, id = ids.split(reference)
    return f"{party}:…{id[-6:]}"


_SUMS = ("opening", "incoming", "outgoing", "closing", "closing_reserved")
_SENTENCES = {
    "buy": "Bought {units} {of} at {price}, fee {fee}",
    "sell": "Sold {units} {of} at {price}, fee {fee}",
    "fee": "Fee of a trade",
    "deposit": "Deposit credited, reference {detail}",
    "withdrawal": "Withdrawal paid, reference {detail}",
    "receipt": "Received free of payment: {detail}",
    "delivery": "Given free of payment: {detail}",
    "agreed_receipt": "Received {units} {of} as agreed with the other side",
    "agreed_delivery": "Delivered {units} {of} as agreed with the other side",
    "allotment": "Allotted {units} {of} at {price}",
    "raised": "Raised by an offering",
    "issue": "Issued",
    "claim": "Claim of the exchange settled, {detail}",
}
_REASONS = {
    "gift": "gift",
    "inheritance": "inheritance",
    "own_accounts": "between own accounts",
    "correction": "correction",
    "other": "other",
}
