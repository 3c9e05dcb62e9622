"""Mirror rows while a block is applied: read your own writes, then one flush of many rows at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from middleware.fact import Fact
from middleware.models.base import Mirror
from middleware.models.event import Event
from middleware.statements import Key, Row, identified, key_of, lookup, write

__all__ = ["Row", "Rows"]
Known = dict[type[Mirror], dict[Key, Row | None]]
_REMEMBERED = 8_000  # rows of one generation; there are two


class Rows:
    """What an `@on` function may do to the mirror. Nothing reaches the database before `flush`.

    It remembers rows from one block to the next, which is right as long as the worker is the mirror's only writer.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._known: Known = defaultdict(dict)
        self._older: Known = {}
        self._changed: dict[type[Mirror], dict[Key, Row]] = defaultdict(dict)
        self._once: dict[type[Mirror], list[Row]] = defaultdict(list)
        self._added: dict[type[Mirror], list[Row]] = defaultdict(list)
        self._events: dict[tuple[str, str], tuple[Fact, set[str]]] = {}

    def get(self, model: type[Mirror], key: Any) -> Mapping[str, Any] | None:
        """The row of this primary key (a tuple where it has several columns), or None. To change it, put another."""
        key = key if isinstance(key, tuple) else (key,)
        known = self._known[model]
        if key not in known:
            older = self._older.get(model)
            known[key] = older[key] if older and key in older else self._find(model, key)
        return known[key]

    def put(self, model: type[Mirror], row: Mapping[str, Any]) -> None:
        """Insert the row, or replace the one of the same primary key. Every column must be named."""
        key, row = identified(model, row)
        self._known[model][key] = self._changed[model][key] = row

    def add(self, model: type[Mirror], row: Row) -> None:
        """Insert a row that nobody has made before and that no fact will ask for: a movement, a report."""
        self._added[model].append(row)

    def once(self, model: type[Mirror], row: Row) -> None:
        """Insert a row unless its primary key is there: the first one stands. `get` finds it from the next block on."""
        self._once[model].append(row)

    def event(self, fact: Fact, noun: str, id: str, parties: Collection[str] = ()) -> None:
        """Tell those who watch that this thing changed: once a block. `parties` may know; none means everybody may."""
        told = self._events.get((noun, id))
        if told is None:
            self._events[noun, id] = (fact, set(parties))
        elif not parties:
            told[1].clear()
        elif told[1]:
            told[1].update(parties)

    def flush(self) -> None:
        """Send what was put and added, one statement for each table."""
        self._tell()
        for model, changed in self._changed.items():
            write(self.connection, model, "put", list(changed.values()))
        for model, rows in self._once.items():
            write(self.connection, model, "once", rows)
            self._reread(model, rows)
        for model, added in self._added.items():
            write(self.connection, model, "add", added)
        self._forget()

    def _find(self, model: type[Mirror], key: Key) -> Row | None:
        return lookup(self.connection, model, key)

    def _forget(self) -> None:
        """What was gathered is on its way."""
        for gathered in (self._changed, self._once, self._added):
            gathered.clear()

    def _tell(self) -> None:
        """What watchers are told becomes rows like others."""
        for index, ((noun, id), (fact, parties)) in enumerate(self._events.items()):
            row = {"block": fact.block, "index": index, "noun": noun, "id": id, "parties": sorted(parties)}
            self.add(Event, {**row, "at": fact.at})
        self._events = {}

    def next_block(self, connection: Connection) -> None:
        """Go on with another transaction, keeping the rows that were used lately."""
        self.connection = connection
        if sum(len(rows) for rows in self._known.values()) > _REMEMBERED:
            self._older, self._known = self._known, defaultdict(dict)

    def _reread(self, model: type[Mirror], rows: Sequence[Row]) -> None:
        """What was inserted is not absent any more."""
        for known in filter(None, (self._known.get(model), self._older.get(model))):
            for row in rows:
                known.pop(key_of(model, row), None)
