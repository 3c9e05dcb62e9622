"""What made a holding move: the trade, deposit, transfer or act behind each line of a statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware.models.account import Account
from middleware.models.act import Act
from middleware.models.cash import Deposit, Withdrawal
from middleware.models.execution import Claim
from middleware.models.instruction import Instruction
from middleware.models.subscription import Subscription
from middleware.models.trade import Trade
from middleware.models.transfer import Transfer
from middleware.services.pages import Row

NOUNS = ("trade", "deposit", "withdrawal", "transfer", "act", "claim", "instruction", "offering", "order", "")
_MOST = 500  # values in one query


def explained(session: Session, lines: Sequence[Row]) -> list[Row]:
    """The same lines, each with its cause: noun and id of it, and what it says.

    what: buy, sell, fee, deposit, withdrawal, receipt, delivery, agreed_receipt, agreed_delivery, issue, allotment,
    raised, claim, or "".
    detail: a bank's reference or a transfer's reason; price and fee are a trade's.
    """
    found = _Causes(session, lines)
    return [{**line, **_NOTHING, **found.of(line)} for line in lines]


class _Causes:
    """What the lines of one statement came from, read once for all of them."""

    def __init__(self, session: Session, lines: Sequence[Row]) -> None:
        commands = {line["command"] for line in lines}
        owners = _by(session, Account.id, {line["account"] for line in lines})
        self._owner: Mapping[str, str] = {id: row["owner"] for id, row in owners.items()}
        self._trades = _by(session, Trade.ordinal, {line["ordinal"] for line in lines if _is(line, "trade")})
        met = {line["ordinal"] for line in lines if _is(line, "instruction")}
        self._instructions = _by(session, Instruction.settled_ordinal, met)
        placed = {line["transaction"] for line in lines if _is(line, "offering")}
        self._subscriptions = _many(session, Subscription.closed_transaction, placed)
        self._deposits = _by(session, Deposit.id, commands)
        self._transfers = _by(session, Transfer.id, commands)
        closed = {line["transaction"] for line in lines if _is(line, "cash")}
        self._withdrawals = _many(session, Withdrawal.closed_transaction, closed)
        shut = {line["transaction"] for line in lines if _is(line, "claim", "act")}
        self._claims = _many(session, Claim.closed_transaction, shut)
        self._acts = _many(session, Act.approved_transaction, shut)

    def of(self, line: Row) -> Row:
        """The cause of one line."""
        noun = line["function"].partition(":")[0]
        find = {"trade": self._trade, "cash": self._cash, "holding": self._transfer, "act": self._act}
        find |= {"claim": self._claim, "instruction": self._instruction, "offering": self._offering}
        if noun == "order":
            return {"noun": "order", "id": line["command"]} if line["function"] == "order:place" else {}
        return find[noun](line) if noun in find else {}

    def _trade(self, line: Row) -> Row:
        trade = self._trades.get(line["ordinal"])
        if trade is None:
            return {}
        sides = {trade["buyer_account"]: "buy", trade["seller_account"]: "sell"}
        side = sides.get(line["account"]) or ("buy" if trade["buyer"] == self._owner[line["account"]] else "sell")
        if self._owner[line["account"]] not in (trade["buyer"], trade["seller"]):
            return {"noun": "trade", "id": trade["id"], "what": "fee"}
        fee = trade["buyer_fee_minor"] if side == "buy" else trade["seller_fee_minor"]
        said = {"of": trade["instrument"], "units": trade["quantity"], "price_minor": trade["price_minor"]}
        return {"noun": "trade", "id": trade["id"], "what": side, "fee_minor": fee, **said}

    def _cash(self, line: Row) -> Row:
        if line["command"] in self._deposits:
            deposit = self._deposits[line["command"]]
            return {"noun": "deposit", "id": deposit["id"], "what": "deposit", "detail": deposit["reference"]}
        if line["function"] == "cash:withdraw":
            return {"noun": "withdrawal", "id": line["command"]}
        for withdrawal in self._withdrawals.get(line["transaction"], ()):
            if withdrawal["account"] == line["account"] and withdrawal["amount_minor"] == -line["change"]:
                said = {"what": "withdrawal", "detail": withdrawal["reference"]}
                return {"noun": "withdrawal", "id": withdrawal["id"], **said}
        return {}

    def _transfer(self, line: Row) -> Row:
        transfer = self._transfers.get(line["command"])
        if transfer is None:
            return {}
        what = "receipt" if line["change"] > 0 else "delivery"
        return {"noun": "transfer", "id": transfer["id"], "what": what, "detail": transfer["reason"]}

    def _instruction(self, line: Row) -> Row:
        row = self._instructions.get(line["ordinal"])
        if row is None:
            return {}
        first = self._owner[line["account"]] == row["owner"]
        what = "agreed_receipt" if (row["side"] == "receive") == first else "agreed_delivery"
        said = {"of": row["instrument"], "units": row["quantity"]}
        return {"noun": "instruction", "id": row["terms"], "what": what, **said}

    def _offering(self, line: Row) -> Row:
        for row in self._subscriptions.get(line["transaction"], ()):
            if line["account"] in (row["account"], row["cash_account"]) and row["status"] == "settled":
                said = {"of": row["instrument"], "units": row["allotted"], "price_minor": row["price_minor"]}
                return {"noun": "offering", "id": row["offering"], "what": "allotment", "fee_minor": 0, **said}
        issued = {row["offering"] for row in self._subscriptions.get(line["transaction"], ())}
        return {"noun": "offering", "id": issued.pop(), "what": "raised"} if len(issued) == 1 else {}

    def _act(self, line: Row) -> Row:
        for act in self._acts.get(line["transaction"], ()):
            if act["function"] == "instrument:issue" and act["args"].get("account") == line["account"]:
                return {"noun": "act", "id": act["id"], "what": "issue"}
        return self._claim(line)

    def _claim(self, line: Row) -> Row:
        for claim in self._claims.get(line["transaction"], ()):
            if self._owner[line["account"]] in (claim["buyer"], claim["seller"]):
                return {"noun": "claim", "id": claim["id"], "what": "claim", "detail": claim["reference"]}
        return {}


def _is(line: Row, *nouns: str) -> bool:
    return line["function"].partition(":")[0] in nouns


def _by(session: Session, key: Any, wanted: Iterable[Any]) -> dict[Any, Row]:
    """Rows by a key that is theirs alone."""
    return {value: rows[0] for value, rows in _many(session, key, wanted).items()}


def _many(session: Session, key: Any, wanted: Iterable[Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    values = sorted(set(wanted))
    for at in range(0, len(values), _MOST):
        query = select(*key.class_.__table__.columns).where(key.in_(values[at : at + _MOST]))
        for row in session.execute(query).mappings():
            found.setdefault(row[key.key], []).append(dict(row))
    return found


_NOTHING: Row = {"noun": "", "id": "", "what": "", "detail": "", "of": "", "units": None}
_NOTHING |= {"price_minor": None, "fee_minor": None}
