"""Pages of a list: keyset cursors, so that a page costs the same wherever it stands and nothing is shown twice."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from middleware.amounts import MAXIMUM
from middleware.errors import Error

Row = dict[str, Any]
Query = Select[*tuple[Any, ...]]
Key = InstrumentedAttribute[Any]
LIMIT, MAXIMUM_LIMIT = 50, 200


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: at most `limit` items after the cursor."""

    limit: int = LIMIT
    starting_after: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of a list, and the cursor of the next part ("" at the end)."""

    items: list[Row]
    next: str

    @property
    def has_more(self) -> bool:
        """Whether there is another page."""
        return bool(self.next)


def listing(session: Session, query: Query, *keys: Key, page: Page, descending: bool = False) -> Listing:
    """One page of a query, ordered by `keys`: unique together, and in the query under their own names."""
    if page.starting_after:
        last = _types(decode(page.starting_after), keys)
        query = query.where(tuple_(*keys) < tuple_(*last) if descending else tuple_(*keys) > tuple_(*last))
    query = query.order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(page.limit + 1)
    rows = [dict(row) for row in session.execute(query).mappings()]
    more = len(rows) > page.limit
    items = rows[: page.limit]
    return Listing(items, encode([items[-1][key.key] for key in keys]) if more else "")


def encode(last: Sequence[str | int]) -> str:
    """A cursor: where the page ended. Opaque to callers."""
    return base64.urlsafe_b64encode(json.dumps(list(last), separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode(cursor: str) -> list[str | int]:
    """Where a page ended. Refuses what `encode` did not make."""
    try:
        last = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise refused(cursor) from None
    if not isinstance(last, list) or not all(_sound(item) for item in last):
        raise refused(cursor)
    return last


def refused(cursor: str) -> Error:
    """What to raise for a cursor that is none of ours."""
    message = f"{cursor!r} is not a cursor that this list gave"
    return Error("invalid", message, reason="starting_after", field="starting_after")


def _sound(item: object) -> bool:
    if isinstance(item, bool):
        return False
    if isinstance(item, int):
        return -MAXIMUM <= item <= MAXIMUM
    return isinstance(item, str) and item.isascii() and item.isprintable()


def _types(last: list[str | int], keys: Sequence[Key]) -> list[str | int]:
    if len(last) != len(keys) or any(
        not isinstance(item, key.type.python_type) for item, key in zip(last, keys, strict=True)
    ):
        raise refused(encode(last))
    return last
