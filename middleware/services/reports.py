"""Reports: every step of every order's life, as brokers, drop copies and webhooks are told of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware.mirror import Fact, Rows
from middleware.models.report import KINDS, Report
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import held

__all__ = ["KINDS", "add", "name", "of_order", "view"]
OF_A_FILL = ("last_quantity", "last_price_minor", "fee_minor")
TEXTS = ("trade", "reference", "code", "reason", "text")


def of_order(session: Session, order: str, *, page: Page) -> Listing:
    """The steps of one order, oldest first. The caller has looked whether the order may be seen."""
    query = select(*Report.__table__.columns).where(Report.order == order)
    found = listing(session, query, Report.block, Report.index, page=page)
    return Listing([view(row) for row in found.items], found.next)


def view(row: Mapping[str, Any]) -> Row:
    """A report as it is shown; its id is the ExecID of FIX."""
    left = None if row["quantity"] is None else row["quantity"] - row["filled"]
    average = row["spent_minor"] // row["filled"] if row["filled"] else None
    return {**row, "id": name(row["block"], row["index"]), "remaining": left, "average_price_minor": average}


def name(block: int, index: int) -> str:
    """The id of a report: the same whoever folds the ledger."""
    return f"R{block}.{index}"


def add(fact: Fact, rows: Rows, kind: str, order: Mapping[str, Any], *, side: str = "buy", **more: Any) -> None:
    """Note one step of an order, as it stands after it. A fact tells of two orders at most: of a buy and a sell."""
    row: Row = {**_NOTHING_MORE, **{column: order[column] for column in _OF_THE_ORDER}, **more}
    row |= {"block": fact.block, "index": 2 * fact.index + (side == "sell"), "transaction": fact.transaction}
    row |= {"at": fact.at, "kind": kind, "order": order["id"], "command": fact.command.id}
    rows.add(Report, {**row, "kid": fact.command.kid, "held": held(fact.command.kid, rows)})


_NOTHING_MORE: Row = {**dict.fromkeys(OF_A_FILL), **dict.fromkeys(TEXTS, "")}
_OF_THE_ORDER = (
    "owner",
    "broker",
    "venue",
    "account",
    "instrument",
    "side",
    "quantity",
    "limit_minor",
    "status",
    "filled",
    "spent_minor",
)
