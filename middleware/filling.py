"""Mirror rows while an empty mirror is filled: what is known to be new is gathered and copied in, many at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from middleware.models.base import Mirror
from middleware.rows import Row, Rows
from middleware.statements import Key, identified, key_of, lookup, write

_AT_ONCE = 20_000
_Portion = Sequence[tuple[type[Mirror], str, list[Row]]]


class Filling(Rows):
    """As Rows, for tables that were empty: what a key never had needs no question, and a row is written when it rests.

    It sees the same as Rows does, block by block, so the same facts make the same rows. What was gathered is sent
    `aside` while the next blocks are folded; whoever asks for the connection waits for that. `finish` sends the rest.
    """

    def __init__(self, connection: Connection, aside: Executor) -> None:
        self._aside = aside
        self._sending: Future[None] | None = None
        super().__init__(connection)
        self._fresh: dict[type[Mirror], dict[Key, Row]] = defaultdict(dict)
        self._sent: dict[type[Mirror], set[int]] = defaultdict(set)  # hashes of keys: their likeness costs a question

    @property
    def connection(self) -> Connection:
        """Once nothing is on its way any more."""
        if self._sending is not None:
            self._sending.result()
        return self._connection

    @connection.setter
    def connection(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, model: type[Mirror], row: Mapping[str, Any]) -> None:
        """As in Rows."""
        key, row = identified(model, row)
        resting = self._changed if hash(key) in self._sent[model] else self._fresh
        self._known[model][key] = resting[model][key] = row

    def flush(self) -> None:
        """A block is over: `get` finds from now on what was added. Sends when there is much to send."""
        self._tell()
        for model, rows in self._once.items():
            for row in rows:
                if self.get(model, key := key_of(model, row)) is None:
                    self._known[model][key] = self._fresh[model][key] = row
        self._once.clear()
        if sum(map(len, chain(self._fresh.values(), self._added.values(), self._changed.values()))) >= _AT_ONCE:
            self._send()

    def finish(self) -> None:
        """Send everything that was gathered, and see it arrive."""
        self._send()
        self.connection  # noqa: B018 - waits

    def _find(self, model: type[Mirror], key: Key) -> Row | None:
        row = self._fresh[model].get(key) or self._changed[model].get(key)
        return lookup(self.connection, model, key) if row is None and hash(key) in self._sent[model] else row

    def _send(self) -> None:
        portion = [
            *((model, "add", list(rows.values())) for model, rows in self._fresh.items()),
            *((model, "add", rows) for model, rows in self._added.items()),
            *((model, "put", list(rows.values())) for model, rows in self._changed.items()),
        ]
        for model, rows in self._fresh.items():
            self._sent[model].update(map(hash, rows))
        self._fresh.clear()
        self._forget()
        self._sending = self._aside.submit(_write, self.connection, portion)


def _write(connection: Connection, portion: _Portion) -> None:
    for model, kind, rows in portion:
        write(connection, model, kind, rows)
