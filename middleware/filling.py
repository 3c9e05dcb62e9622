"""Mirror rows while an empty mirror is filled: what is known to be new is gathered and copied in, many at a time."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from middleware.models.base import Mirror
from middleware.rows import Row, Rows
from middleware.statements import Key, identified, key_of, write

_AT_ONCE = 20_000


class Filling(Rows):
    """As Rows, for tables that were empty: what a key never had needs no question, and a row is written when it rests.

    It sees the same as Rows does, block by block, so the same facts make the same rows. `finish` sends what is left.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._fresh: dict[type[Mirror], dict[Key, Row]] = defaultdict(dict)
        self._sent: dict[type[Mirror], set[int]] = defaultdict(set)  # hashes of keys: their likeness costs a question

    def get(self, model: type[Mirror], key: Any) -> Row | None:
        """As in Rows."""
        key = key if isinstance(key, tuple) else (key,)
        row = self._fresh[model].get(key) or self._changed.get(model, {}).get(key)
        if row is not None:
            return dict(row)
        return super().get(model, key) if hash(key) in self._sent[model] else None

    def put(self, model: type[Mirror], row: Mapping[str, Any]) -> None:
        """As in Rows."""
        key, row = identified(model, row)
        if hash(key) in self._sent[model]:
            super().put(model, row)
        else:
            self._fresh[model][key] = row

    def flush(self) -> None:
        """A block is over: `get` finds from now on what was added. Sends when there is much to send."""
        self._tell()
        for model, rows in self._once.items():
            for row in rows:
                if self.get(model, key := key_of(model, row)) is None:
                    self._fresh[model][key] = row
        for model, rows in self._added.items():
            for row in rows:
                self._add_fresh(model, row)
        self._once, self._added = {}, {}
        if sum(map(len, self._fresh.values())) + sum(map(len, self._changed.values())) >= _AT_ONCE:
            self.finish()

    def finish(self) -> None:
        """Send everything that was gathered."""
        for model, fresh in self._fresh.items():
            write(self.connection, model, "add", list(fresh.values()))
            self._sent[model].update(map(hash, fresh))
            self._known.setdefault(model, {}).update(fresh)
        for model, changed in self._changed.items():
            write(self.connection, model, "put", list(changed.values()))
        self._fresh.clear()
        self._changed = {}

    def _add_fresh(self, model: type[Mirror], row: Row) -> None:
        key = key_of(model, row)
        if key in self._fresh[model]:
            raise ValueError(f"{model.__name__}: {key} was there already")
        self._fresh[model][key] = row
