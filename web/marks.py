"""Drawings made on the server: the geometry of the depth of a book and of who owns how much, in integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 640, 180


@dataclass(frozen=True, slots=True)
class Depth:
    """Two staircases of cumulated quantity, bids to the left and asks to the right of the middle, as SVG points."""

    bids: str
    asks: str
    low: str
    high: str
    most: int


def cumulated(levels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each level what stands at it and at every better price, and that as percent of the whole side."""
    total, rows = 0, []
    for level in levels:
        total += int(level["quantity"])
        rows.append({**level, "total": total})
    return [{**row, "percent": row["total"] * 100 // total} for row in rows]


def depth(bids: list[dict[str, Any]], asks: list[dict[str, Any]]) -> Depth | None:
    """Draw both sides of a book to one scale of price and quantity; None when the book is empty."""
    bid_rows, ask_rows = cumulated(bids), cumulated(asks)
    if not bid_rows and not ask_rows:
        return None
    prices = [int(row["limit_minor"]) for row in bid_rows + ask_rows]
    margin = max((max(prices) - min(prices)) // 10, 1)
    low, high = min(prices) - margin, max(prices) + margin
    most: int = max(row["total"] for row in bid_rows + ask_rows)

    def across(price: int) -> int:
        return (price - low) * WIDTH // (high - low)

    def up(quantity: int) -> int:
        return HEIGHT - quantity * (HEIGHT - 8) // most

    return Depth(
        bids=_staircase([(across(int(row["limit_minor"])), up(row["total"])) for row in bid_rows], 0),
        asks=_staircase([(across(int(row["limit_minor"])), up(row["total"])) for row in ask_rows], WIDTH),
        low=str(max(low, 0)),
        high=str(high),
        most=most,
    )


def _staircase(steps: list[tuple[int, int]], edge: int) -> str:
    """The closed outline of one side, from its best price to the edge of the drawing."""
    if not steps:
        return ""
    points, level = [], HEIGHT
    for x, y in steps:
        points += [(x, level), (x, y)]
        level = y
    points += [(edge, level), (edge, HEIGHT)]
    return " ".join(f"{x},{y}" for x, y in points)


def shares(holders: list[dict[str, Any]], most: int = 6) -> list[dict[str, Any]]:
    """Cut a bar of 1,000 into the largest holders and the rest, for the picture above a register."""
    parts: list[dict[str, Any]] = []
    start = 0
    for number, holder in enumerate(holders[:most]):
        width = int(holder["share_bps"]) * 1000 // 10000
        parts.append({"x": start, "width": width, "tone": number, "name": holder["name"] or holder["owner"]})
        start += width
    if len(holders) > most and start < 1000:
        parts.append({"x": start, "width": 1000 - start, "tone": most, "name": ""})
    return parts
