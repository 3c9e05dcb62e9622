"""What is sent to the database for rows of the mirror: compiled once, past the ORM, for thousands of rows a second."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import JSON, Connection, Dialect, Table, bindparam, column, select, text
from sqlalchemy.dialects import postgresql, sqlite

from middleware.models.base import Instant, Mirror, instant_text

Row = dict[str, Any]
Key = tuple[Any, ...]
_MANY = 8  # from so many rows on, PostgreSQL is given them all at once


def write(connection: Connection, model: type[Mirror], kind: str, rows: Sequence[Row]) -> None:
    """Send rows. kind: "add" (they are new), "put" (replace what is there) or "once" (leave what is there)."""
    if not rows:
        return
    at_once = connection.dialect.name == "postgresql" and len(rows) >= _MANY
    _statement(model, kind, connection.dialect, at_once).execute(connection, rows)


def lookup(connection: Connection, model: type[Mirror], key: Key) -> Row | None:
    """The row of a primary key."""
    return _lookup(model, connection.dialect)(connection, key)


def identified(model: type[Mirror], row: Mapping[str, Any]) -> tuple[Key, Row]:
    """A copy of the row with its key. Every column must be named."""
    shape = _shape(model)
    try:
        complete = len(shape.values_of(row)) == len(row)
    except KeyError:
        complete = False
    if not complete:
        wrong = sorted(shape.columns ^ row.keys())
        raise ValueError(f"{model.__name__}: columns missing or unknown: {', '.join(wrong)}")
    return shape.key_of(row), dict(row)


def key_of(model: type[Mirror], row: Mapping[str, Any]) -> Key:
    """The values of its primary key."""
    return _shape(model).key_of(row)


class _Shape:
    __slots__ = ("columns", "key", "key_of", "values_of")

    def __init__(self, model: type[Mirror]) -> None:
        table = _table(model)
        self.columns = frozenset(column.name for column in table.columns)
        self.key = tuple(column.name for column in table.primary_key)
        self.key_of = _picked(self.key)
        self.values_of = _picked(tuple(self.columns))


@lru_cache(maxsize=256)
def _shape(model: type[Mirror]) -> _Shape:
    return _Shape(model)


def _table(model: type[Mirror]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - a mapped class without a table of its own is a programming error
    return table


class _Sending(Protocol):
    def execute(self, connection: Connection, rows: Sequence[Row]) -> None: ...


class _Statement:
    """An INSERT compiled once. For thousands of rows a second the ORM's way of binding values costs too much."""

    def __init__(self, statement: Any, table: Table, dialect: Dialect) -> None:
        names = [column.name for column in table.columns]
        compiled = statement.compile(dialect=dialect, column_keys=names)
        self._text = str(compiled)
        self._names: list[str] = compiled.positiontup or names
        self._positional = bool(compiled.positiontup)
        self._pick, self._processors = _taken(table, self._names, dialect)

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        values: Any = [list(self._pick(row)) for row in rows]
        for place, process in self._processors:
            for row in values:
                row[place] = process(row[place])
        if not self._positional:
            values = [dict(zip(self._names, row, strict=True)) for row in values]
        connection.exec_driver_sql(self._text, [tuple(row) for row in values] if self._positional else values)


class _Lookup:
    """A SELECT by primary key, compiled once and sent past the ORM: a block may ask for thousands of rows."""

    def __init__(self, model: type[Mirror], dialect: Dialect) -> None:
        table, key = _table(model), _shape(model).key
        wanted = select(table).where(*(table.c[name] == bindparam(name) for name in key))
        compiled = wanted.compile(dialect=dialect)
        self._text, self._positional = str(compiled), compiled.positiontup is not None
        self._key = key
        self._names = [column.name for column in table.columns]
        self._binders = [_processor(table.c[name].type, dialect) for name in key]
        types = ((column.name, column.type.dialect_impl(dialect)) for column in table.columns)
        readers = ((name, type_.result_processor(dialect, None)) for name, type_ in types)
        self._readers = [(name, read) for name, read in readers if read is not None]

    def __call__(self, connection: Connection, key: Key) -> Row | None:
        values = [bind(one) if bind else one for bind, one in zip(self._binders, key, strict=True)]
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, values if self._positional else dict(zip(self._key, values, strict=True)))
            found = cursor.fetchone()
        finally:
            cursor.close()
        return None if found is None else self._row(found)

    def _row(self, found: Sequence[Any]) -> Row:
        row = dict(zip(self._names, found, strict=True))
        for name, read in self._readers:
            row[name] = read(row[name])
        return row


@lru_cache(maxsize=256)
def _lookup(model: type[Mirror], dialect: Dialect) -> _Lookup:
    return _Lookup(model, dialect)


def _picked(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Key]:
    """Reads these columns of a row."""
    return itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)


def _taken(table: Table, names: Sequence[str], dialect: Dialect) -> tuple[Any, list[tuple[int, Any]]]:
    """How a row's values are picked in the order of these columns, and which of them, by place, are then converted."""
    processors = ((place, _processor(table.c[name].type, dialect)) for place, name in enumerate(names))
    return _picked(names), [(place, process) for place, process in processors if process is not None]


def _processor(type_: Any, dialect: Dialect) -> Any:
    if isinstance(type_, Instant):
        return _instants()
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    return _jsons(process) if isinstance(type_, JSON) else process


def _jsons(process: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Writes JSON. Lists of words are many and much alike: who may know of an event."""

    def written(value: Any) -> Any:
        return _words(tuple(value)) if isinstance(value, list) and {*map(type, value)} == {str} else process(value)

    return written


@lru_cache(maxsize=4_096)
def _words(words: tuple[str, ...]) -> str:
    return json.dumps(words)


def _instants() -> Callable[[datetime | None], str | None]:
    """Writes instants. The rows of a transaction share theirs, so what was just written is not written again."""
    last: datetime | None = None
    text: str | None = None

    def written(value: datetime | None) -> str | None:
        nonlocal last, text
        if value is not last:
            last, text = value, instant_text(value)
        return text

    return written


class _Copy:
    """COPY: the fastest way into PostgreSQL, for rows that are new."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        names = [column.name for column in table.columns]
        self._pick, self._processors = _taken(table, names, dialect)
        quoted = dialect.identifier_preparer
        columns = ", ".join(quoted.quote(name) for name in names)
        self._text = f"COPY {quoted.format_table(table)} ({columns}) FROM STDIN"

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(self._text) as copy:
            for row in rows:
                values = list(self._pick(row))
                for place, process in self._processors:
                    values[place] = process(values[place])
                copy.write_row(values)


class _Recordset:
    """Many rows as one value: PostgreSQL takes a statement for each row as dearly as one for all of them."""

    def __init__(self, table: Table, kind: str, dialect: Dialect) -> None:
        quote = dialect.identifier_preparer.quote
        self._names = [column.name for column in table.columns]
        columns = ", ".join(quote(name) for name in self._names)
        source = f"json_populate_recordset(NULL::{quote(table.name)}, :rows)"
        whole = f"SELECT {columns} FROM {source}"  # noqa: S608 - the names are of our own tables
        rows = text(whole).columns(*(column(name) for name in self._names))
        insert = postgresql.insert(table).from_select(self._names, rows)
        self._text = str(_unless_there(insert, table, kind).compile(dialect=dialect))
        self._instants = [one.name for one in table.columns if isinstance(one.type, Instant)]

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        written = _instants()
        values = [{**row, **{name: written(row[name]) for name in self._instants}} for row in rows]
        connection.exec_driver_sql(self._text, {"rows": json.dumps(values)})


@lru_cache(maxsize=512)
def _statement(model: type[Mirror], kind: str, dialect: Dialect, at_once: bool) -> _Sending:
    table = _table(model)
    if at_once:
        return _Copy(table, dialect) if kind == "add" else _Recordset(table, kind, dialect)
    insert = postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
    return _Statement(_unless_there(insert, table, kind), table, dialect)


def _unless_there(insert: Any, table: Table, kind: str) -> Any:
    """What becomes of a row whose key is there."""
    key = [column.name for column in table.primary_key]
    if kind == "once":
        return insert.on_conflict_do_nothing(index_elements=key)
    if kind == "put":
        others = {one.name: insert.excluded[one.name] for one in table.columns if one.name not in key}
        return insert.on_conflict_do_update(index_elements=key, set_=others)
    return insert
