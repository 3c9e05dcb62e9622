"""The whole mirror in one value: the same on any database that holds the same rows."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, String, Table, Text, cast, select, type_coerce

from middleware.models.base import Instant, Mirror

_AT_ONCE = 5_000
_ESCAPES = {"\\": r"\\", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\v": r"\v", "\f": r"\f", "\r": r"\r"}
_escaped = str.maketrans(_ESCAPES)
_odd = re.compile(f"[{re.escape(''.join(_ESCAPES))}]").search


def digest(connection: Connection) -> str:
    """One digest of the whole mirror, its position included."""
    return together(digests(connection))


def digests(connection: Connection) -> dict[str, str]:
    """table → SHA-256 over its rows in the order of their primary keys, written as PostgreSQL's COPY writes text.

    Source: PostgreSQL's documentation of COPY, "Text Format". A boolean is 0 or 1.
    """
    return {table.name: _digest(connection, table) for table in Mirror.metadata.sorted_tables}


def together(tables: dict[str, str]) -> str:
    """One digest of those of all tables."""
    return hashlib.sha256("".join(f"{name}:{tables[name]}\n" for name in sorted(tables)).encode()).hexdigest()


def _digest(connection: Connection, table: Table) -> str:
    found = hashlib.sha256()
    written = copied if connection.dialect.name == "postgresql" else spelled
    for rows in written(connection, table):
        found.update(rows)
    return found.hexdigest()


def copied(connection: Connection, table: Table) -> Iterator[bytes]:
    """The rows as the database itself writes them."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(_counted(quote(column.name), column) for column in table.columns)
    order = ", ".join(quote(column.name) for column in table.primary_key)
    rows = f"SELECT {columns} FROM {quote(table.name)} ORDER BY {order}"  # noqa: S608 - names of our own
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY ({rows}) TO STDOUT") as copy:
        yield from copy


def _counted(name: str, column: Column[Any]) -> str:
    return f"{name}::int" if isinstance(column.type, Boolean) else name


def spelled(connection: Connection, table: Table) -> Iterator[bytes]:
    """The same bytes, many rows at once, from a database that has no COPY."""
    query = select(*map(_stored, table.columns)).order_by(*table.primary_key.columns)
    for rows in connection.execute(query.execution_options(yield_per=_AT_ONCE)).partitions():
        yield "".join(["\t".join(map(_spelling, row)) + "\n" for row in rows]).encode()


def _stored(column: Column[Any]) -> Any:
    """What is stored, which need not be understood."""
    if isinstance(column.type, JSON):
        return cast(column, Text)
    return type_coerce(column, String) if isinstance(column.type, Instant) else column


def _spelling(value: Any) -> str:
    if value is None:
        return r"\N"
    if not isinstance(value, str):
        return str(int(value))
    return value.translate(_escaped) if _odd(value) else value
