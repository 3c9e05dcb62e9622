"""Drop the mirror and replay the ledger into the same bytes: the proof that the mirror is only a fold of facts."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection

from middleware import fact as facts
from middleware import mirror, relay
from middleware.database import Database
from middleware.digests import digests, together
from middleware.errors import Error
from middleware.filling import Filling
from middleware.lease import Lease
from middleware.ledger import Block, Ledger
from middleware.mirror import Place, check_follows
from middleware.space import space_for

Tell = Callable[[int, int], None]


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
    mirror.collect_rarely()
    space = space_for(database, lease)
    with space.open() as connection:
        until = mirror.place(connection)
        old = space.digests(connection)
        space.clear(connection)
        reached = _replay(connection, ledger, until, tell)
        if reached != until:
            message = f"the ledger's block {until.number} has hash {reached.hash}, the mirror was at {until.hash}"
            raise Error("internal", message, reason="history")
        before, after = old(), digests(connection)
        different = sorted(name for name in before | after if before.get(name) != after.get(name))
        space.close(connection, different)
    return Rebuilt(until.number, together(before), together(after), different)


def _replay(connection: Connection, ledger: Ledger, until: Place, tell: Tell) -> Place:
    place, unsettled = Place(-1, ""), relay.unsettled(connection)
    with ThreadPoolExecutor(1) as aside:
        rows = Filling(connection, aside)
        for block in _blocks(ledger, until.number):
            check_follows(place, block)
            mirror.fold(rows, block, facts.of(block))
            rows.next_block(connection)
            if unsettled:
                relay.settle(rows.connection, block)
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
