"""The one road back: blocks of the ledger folded into SQL, one block in one transaction."""

import gc
import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select

from middleware import fact as facts
from middleware import relay
from middleware.database import WRITING
from middleware.errors import Error
from middleware.fact import Command, Fact
from middleware.ledger import Block
from middleware.models.position import Header, Position
from middleware.rows import Rows

__all__ = ["Command", "Fact", "Fold", "Handler", "Place", "Rows", "load_handlers", "on", "place"]

Handler = Callable[[Fact, Rows], None]
_handlers: dict[str, list[Handler]] = defaultdict(list)
_NAME = "mirror"


def on(*names: str) -> Callable[[Handler], Handler]:
    """Mark the function that writes what a fact means into the mirror.

    It must be a pure fold: from the fact and the rows only, no clock, no random value, no query of anything else.
    """

    def register(handler: Handler) -> Handler:
        for name in names:
            if handler not in _handlers[name]:
                _handlers[name].append(handler)
        return handler

    return register


def load_handlers() -> None:
    """Import every service, so that their `on` functions are known."""
    services = importlib.import_module("middleware.services")
    for module in pkgutil.iter_modules(services.__path__, "middleware.services."):
        importlib.import_module(module.name)


def collect_rarely() -> None:
    """For a process that folds: a block makes tens of thousands of small objects, and hardly a cycle."""
    gc.set_threshold(50_000, 20, 100)


@dataclass(frozen=True, slots=True)
class Place:
    """The last block applied: number and header hash. Number -1 is before everything."""

    number: int
    hash: str


def place(connection: Connection) -> Place:
    """How far this database's mirror is."""
    found = connection.execute(select(Position.number, Position.hash).where(Position.name == _NAME)).one_or_none()
    return Place(-1, "") if found is None else Place(found.number, found.hash)


class Fold:
    """Applies blocks to the mirror of one database. One at a time in the whole installation: the worker, or rebuild."""

    def __init__(self, engine: Engine, *, guard: Callable[[Connection], None] = lambda _: None) -> None:
        """`guard` runs inside every transaction and raises when we may not write any more (a lost lease)."""
        self._engine = engine.execution_options(**WRITING)
        self._guard = guard
        self._rows: Rows | None = None
        with engine.connect() as connection:
            self.place = place(connection)

    def apply(self, block: Block, told: list[Fact] | None = None) -> None:
        """Write what a block says, the outcomes of submissions and the new position, in one commit.

        `told` are the block's facts when the caller has read them already. Refuses a block that does not follow.
        """
        check_follows(self.place, block)
        told = facts.of(block) if told is None else told
        try:
            with self._engine.begin() as connection:
                self._guard(connection)
                self._write(connection, block, told)
        except BaseException:
            self._rows = None
            raise
        self.place = Place(block.number, block.hash)

    def _write(self, connection: Connection, block: Block, told: list[Fact]) -> None:
        if self._rows is None:
            self._rows = Rows(connection)
        self._rows.next_block(connection)
        write(self._rows, block, told)


def write(rows: Rows, block: Block, told: list[Fact]) -> None:
    """Fold one block into the transaction that `rows` stands on, with what became of our commands in it."""
    fold(rows, block, told)
    relay.settle(rows.connection, block)


def fold(rows: Rows, block: Block, told: list[Fact]) -> None:
    """Fold one block's facts into rows."""
    for one in told:
        for handler in _handlers.get(one.name, ()):
            handler(one, rows)
    at = block.transactions[-1].at if block.transactions else None
    place = {"number": block.number, "hash": block.hash, "at": at}
    rows.put(Position, {"name": _NAME, **place})
    rows.add(Header, place)
    rows.flush()


def check_follows(last: Place, block: Block) -> None:
    """Refuse a block that is not the next one, or that was made after another history than ours."""
    if block.number != last.number + 1:
        raise Error("internal", f"block {block.number} came after block {last.number}", reason="position")
    if last.number >= 0 and block.previous_hash != last.hash:
        message = (
            f"block {block.number} follows a block with hash {block.previous_hash}, "
            f"but block {last.number} has hash {last.hash}: this is another ledger's history"
        )
        raise Error("internal", message, reason="history")
