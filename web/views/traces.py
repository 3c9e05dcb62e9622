"""An order's way as its page shows it: the steps that were made, those still ahead, and the claims on its trades."""

from __future__ import annotations

from typing import Any

from ..client import Problem
from ..session import api

SEVEN = ("account_and_key", "entered", "affirmed", "reserved", "routed", "executed", "settled")
OPEN = ("pending_new", "new", "partially_filled")
NOT_YET: dict[str, Any] = dict.fromkeys(("at", "block", "quantity", "price_minor"))
NOT_YET |= dict.fromkeys(("transaction_id", "signer", "kid", "held", "trade", "text", "hash"), "")
Step = dict[str, Any]


def way(order: dict[str, Any], steps: list[Step]) -> list[Step]:
    """The steps that were made, oldest first; of an order that is still open, those of the seven that are ahead too."""
    known = [NOT_YET | step for step in steps]
    made = {step["step"] for step in known}
    if order["status"] not in OPEN or not made & set(SEVEN):
        return known
    last = max(n for n, name in enumerate(SEVEN) if name in made)
    return known + [NOT_YET | {"step": name} for name in SEVEN[last + 1 :] if name not in made and _has(order, name)]


def _has(order: dict[str, Any], name: str) -> bool:
    """Only an order at an exchange is routed."""
    return name != "routed" or order["book"] != "ledger"


def claims(order: dict[str, Any], steps: list[Step]) -> list[dict[str, Any]]:
    """What the exchange asks to undo or correct of this order's trades."""
    trades = {step.get("trade") for step in steps} - {"", None}
    if order["book"] != "exchange" or not trades:
        return []
    try:
        return [row for row in api().all("/claims") if row["trade"] in trades]
    except Problem as problem:
        if problem.status not in (403, 404):
            raise
        return []  # nobody but the parties to a claim sees it
