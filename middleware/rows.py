"""Mirror rows while a block is applied: read your own writes, then one flush of many rows at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from middleware.fact import Fact
from middleware.models.base import Instant, Mirror, instant_text
from middleware.models.event import Event

Row = dict[str, Any]
Key = tuple[Any, ...]
Known = dict[type[Mirror], dict[Key, Row | None]]
_NOTHING: dict[Key, Row | None] = {}
_REMEMBERED = 8_000  # rows of one generation; there are two


class Rows:
    """What an `@on` function may do to the mirror. Nothing reaches the database before `flush`.

    It remembers rows from one block to the next, which is right as long as the worker is the mirror's only writer.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._known: Known = {}
        self._older: Known = {}
        self._changed: dict[type[Mirror], dict[Key, Row]] = {}
        self._once: dict[type[Mirror], list[Row]] = {}
        self._added: dict[type[Mirror], list[Row]] = {}
        self._events: dict[tuple[str, str], tuple[Fact, set[str]]] = {}

    def get(self, model: type[Mirror], key: Any) -> Row | None:
        """The row of this primary key (a tuple where it has several columns), or None. Yours to change and put back."""
        key = key if isinstance(key, tuple) else (key,)
        known = self._known.setdefault(model, {})
        if key not in known:
            older = self._older.get(model, _NOTHING)
            known[key] = older[key] if key in older else _lookup(model, self.connection.dialect)(self.connection, key)
        row = known[key]
        return None if row is None else dict(row)

    def put(self, model: type[Mirror], row: Mapping[str, Any]) -> None:
        """Insert the row, or replace the one of the same primary key. Every column must be named."""
        shape = _shape(model)
        if row.keys() != shape.columns:
            wrong = sorted(shape.columns ^ row.keys())
            raise ValueError(f"{model.__name__}: columns missing or unknown: {', '.join(wrong)}")
        row = dict(row)
        key = tuple(row[name] for name in shape.key)
        self._known.setdefault(model, {})[key] = row
        self._changed.setdefault(model, {})[key] = row

    def add(self, model: type[Mirror], row: Mapping[str, Any]) -> None:
        """Insert a row that nobody has made before: a movement, a leg. `get` finds it from the next block on."""
        self._added.setdefault(model, []).append(dict(row))

    def once(self, model: type[Mirror], row: Mapping[str, Any]) -> None:
        """Insert a row unless its primary key is there: the first one stands. `get` finds it from the next block on."""
        self._once.setdefault(model, []).append(dict(row))

    def event(self, fact: Fact, noun: str, id: str, parties: Sequence[str] = ()) -> None:
        """Tell those who watch that this thing changed: once a block. `parties` may know; none means everybody may."""
        _, known = self._events.setdefault((noun, id), (fact, set(parties)))
        if not parties:
            known.clear()
        elif known:
            known.update(parties)

    def flush(self) -> None:
        """Send what was put and added, one statement for each table."""
        for index, ((noun, id), (fact, parties)) in enumerate(self._events.items()):
            row = {"block": fact.block, "index": index, "noun": noun, "id": id, "parties": sorted(parties)}
            self.add(Event, {**row, "at": fact.at})
        dialect = self.connection.dialect
        for model, changed in self._changed.items():
            _statement(model, "put", dialect).execute(self.connection, list(changed.values()))
        for model, rows in self._once.items():
            _statement(model, "once", dialect).execute(self.connection, rows)
            self._reread(model, rows)
        for model, added in self._added.items():
            _statement(model, "add", dialect).execute(self.connection, added)
            self._reread(model, added)
        self._changed, self._once, self._added, self._events = {}, {}, {}, {}

    def next_block(self, connection: Connection) -> None:
        """Go on with another transaction, keeping the rows that were used lately."""
        self.connection = connection
        if sum(len(rows) for rows in self._known.values()) > _REMEMBERED:
            self._older, self._known = self._known, {}

    def _reread(self, model: type[Mirror], rows: Sequence[Row]) -> None:
        """What was inserted is not absent any more."""
        for known in filter(None, (self._known.get(model), self._older.get(model))):
            for row in rows:
                known.pop(tuple(row[name] for name in _shape(model).key), None)


class _Shape:
    __slots__ = ("columns", "key")

    def __init__(self, model: type[Mirror]) -> None:
        table = _table(model)
        self.columns = frozenset(column.name for column in table.columns)
        self.key = tuple(column.name for column in table.primary_key)


@lru_cache(maxsize=256)
def _shape(model: type[Mirror]) -> _Shape:
    return _Shape(model)


def _table(model: type[Mirror]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - a mapped class without a table of its own is a programming error
    return table


class _Statement:
    """An INSERT compiled once. For thousands of rows a second the ORM's way of binding values costs too much."""

    def __init__(self, statement: Any, table: Table, dialect: Dialect) -> None:
        names = [column.name for column in table.columns]
        compiled = statement.compile(dialect=dialect, column_keys=names)
        self._text = str(compiled)
        self._names: list[str] = compiled.positiontup or names
        self._positional = bool(compiled.positiontup)
        self._pick = itemgetter(*self._names) if len(self._names) > 1 else lambda row: (row[self._names[0]],)
        types = (table.c[name].type for name in self._names)
        processors = ((place, _processor(type_, dialect)) for place, type_ in enumerate(types))
        self._processors = [(place, process) for place, process in processors if process is not None]

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


def _processor(type_: Any, dialect: Dialect) -> Any:
    return _instants() if isinstance(type_, Instant) else type_.dialect_impl(dialect).bind_processor(dialect)


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


@lru_cache(maxsize=256)
def _statement(model: type[Mirror], kind: str, dialect: Dialect) -> _Statement:
    table, shape = _table(model), _shape(model)
    insert = postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
    if kind == "once":
        insert = insert.on_conflict_do_nothing(index_elements=list(shape.key))
    elif kind == "put":
        others = {name: insert.excluded[name] for name in sorted(shape.columns) if name not in shape.key}
        insert = insert.on_conflict_do_update(index_elements=list(shape.key), set_=others)
    return _Statement(insert, table, dialect)
