"""Every command that the ledger recorded, ours or another organisation's."""

from middleware.mirror import Fact, Rows, on
from middleware.models.command import Command
from middleware.services.recording import recorded


@on("CommandDone", "CommandRefused")
def mirror_recorded(fact: Fact, rows: Rows) -> None:
    """A command's outcome. A repeat shows the first one again: the first row stands."""
    row = {name: getattr(fact.command, name) for name in _NAMES}
    rows.once(Command, {**row, **recorded(fact, rows)})


_NAMES = ("party", "id", "function", "hash", "code", "reason", "message")
