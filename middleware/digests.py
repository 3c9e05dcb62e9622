"""The whole mirror in one value: the same on any database that holds the same rows."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Integer, String, Table, Text, cast, select, type_coerce

from middleware.models.base import Instant, Mirror

_AT_ONCE = 5_000
_ODD = r"[^ -&(-\[\]-~]"  # what may not stand between quotes as it is


def digest(connection: Connection) -> str:
    """One digest of the whole mirror, its position included."""
    return together(digests(connection))


def digests(connection: Connection) -> dict[str, str]:
    """table → SHA-256 over its rows in the order of their primary keys, each as Python writes it as a tuple."""
    return {table.name: _digest(connection, table) for table in Mirror.metadata.sorted_tables}


def together(tables: dict[str, str]) -> str:
    """One digest of those of all tables."""
    return hashlib.sha256("".join(f"{name}:{tables[name]}\n" for name in sorted(tables)).encode()).hexdigest()


def _digest(connection: Connection, table: Table) -> str:
    found = hashlib.sha256()
    written = written_there if connection.dialect.name == "postgresql" else written_here
    for rows in written(connection, table):
        found.update(rows.encode())
    return found.hexdigest()


def written_here(connection: Connection, table: Table) -> Iterator[str]:
    """The rows, many at once, as they are stored: what they mean need not be read."""
    query = select(*map(_stored, table.columns)).order_by(*table.primary_key.columns)
    for rows in connection.execute(query.execution_options(yield_per=_AT_ONCE)).partitions():
        yield "".join([repr(tuple(row)) for row in rows])


def _stored(column: Any) -> Any:
    if isinstance(column.type, JSON):
        return cast(column, Text)
    return type_coerce(column, String) if isinstance(column.type, Instant) else column


def written_there(connection: Connection, table: Table) -> Iterator[str]:
    """The same, by PostgreSQL's own processor; a row with a text that Python spells in another way is left to it."""
    found = connection.exec_driver_sql(_writing(connection, table), execution_options={"yield_per": _AT_ONCE})
    for rows in found.partitions():
        yield "".join([row if row.startswith("(") else repr(tuple(json.loads(row))) for (row,) in rows])


def _writing(connection: Connection, table: Table) -> str:
    quote = connection.dialect.identifier_preparer.quote
    stored = {quote(one.name) + ("::text" if isinstance(one.type, JSON) else ""): one for one in table.columns}
    texts = ", ".join(name for name, one in stored.items() if not isinstance(one.type, (Integer, Boolean)))
    row = " || ', ' || ".join(_spelled(name, one) for name, one in stored.items())
    order = ", ".join(quote(one.name) for one in table.primary_key)
    return (
        f"SELECT CASE WHEN concat('', {texts}) ~ '{_ODD}' THEN json_build_array({', '.join(stored)})::text"  # noqa: S608
        f" ELSE '(' || {row} || ')' END FROM {quote(table.name)} ORDER BY {order}"
    )


def _spelled(name: str, column: Column[Any]) -> str:
    if isinstance(column.type, Boolean):
        name = f"initcap({name}::text)"
    elif isinstance(column.type, Integer):
        name = f"{name}::text"
    else:
        name = f"'''' || {name} || ''''"
    return f"coalesce({name}, 'None')"
