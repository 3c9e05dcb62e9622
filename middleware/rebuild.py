"""Drop the mirror and replay the ledger into the same bytes: the proof that the mirror is only a fold of facts."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Connection, String, Text, cast, select, type_coerce

from middleware import fact as facts
from middleware import mirror, relay
from middleware.database import Database
from middleware.errors import Error
from middleware.filling import Filling
from middleware.lease import Lease
from middleware.ledger import Block, Ledger
from middleware.mirror import Place, check_follows
from middleware.models.base import Instant, Mirror
from middleware.space import space_for

Tell = Callable[[int, int], None]
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: the digest of the whole mirror before and after, and the tables that differ."""

    block: int
    before: str
    after: str
    different: list[str]


def rebuild(database: Database, ledger: Ledger, *, lease: Lease, tell: Tell = lambda done, of: None) -> Rebuilt:
    """Make the mirror anew, as far as it was, in one SQL transaction: readers see the old one until the new is whole.

    The caller holds the worker's lease. New commands wait meanwhile: on SQLite to be stored, on PostgreSQL only to be
    sent. `tell` is called with (blocks done, of how many).
    """
    mirror.load_handlers()
    space = space_for(database, lease)
    with space.open() as connection:
        until = mirror.place(connection)
        before = digests(connection)
        space.clear(connection)
        reached = _replay(connection, ledger, until, _both(space.work_on, tell))
        if reached != until:
            message = f"the ledger's block {until.number} has hash {reached.hash}, the mirror was at {until.hash}"
            raise Error("internal", message, reason="history")
        after = digests(connection)
        different = sorted(name for name in before | after if before.get(name) != after.get(name))
        space.close(connection, different)
    return Rebuilt(until.number, _all(before), _all(after), different)


def _both(work_on: Callable[[], None], tell: Tell) -> Tell:
    def told(done: int, of: int) -> None:
        work_on()
        tell(done, of)

    return told


def digest(connection: Connection) -> str:
    """One digest of the whole mirror, its position included."""
    return _all(digests(connection))


def digests(connection: Connection) -> dict[str, str]:
    """table → SHA-256 over its rows in the order of their primary keys, as the database has them: the same on any."""
    return {table.name: _digest(connection, table.name) for table in Mirror.metadata.sorted_tables}


def _digest(connection: Connection, name: str) -> str:
    table = Mirror.metadata.tables[name]
    digest = hashlib.sha256()
    query = select(*map(_raw, table.columns)).order_by(*table.primary_key.columns)
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def _raw(column: Any) -> Any:
    """As it is stored: what it means need not be read for a digest."""
    if isinstance(column.type, JSON):
        return cast(column, Text)
    return type_coerce(column, String) if isinstance(column.type, Instant) else column


def _all(tables: dict[str, str]) -> str:
    return hashlib.sha256("".join(f"{name}:{tables[name]}\n" for name in sorted(tables)).encode()).hexdigest()


def _replay(connection: Connection, ledger: Ledger, until: Place, tell: Tell) -> Place:
    place, rows = Place(-1, ""), Filling(connection)
    unsettled = relay.unsettled(connection)
    for block in _blocks(ledger, until.number):
        check_follows(place, block)
        rows.next_block(connection)
        mirror.fold(rows, block, facts.of(block))
        if unsettled:
            relay.settle(connection, block)
        place = Place(block.number, block.hash)
        tell(block.number + 1, until.number + 1)
    rows.finish()
    return place


def _blocks(ledger: Ledger, until: int) -> Iterator[Block]:
    if until < 0:
        return
    for block in ledger.blocks(0):
        yield block
        if block.number >= until:
            return
