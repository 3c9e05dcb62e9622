"""Has a network's Fabric CA servers answer, whichever way they run, and renews what ends soon."""

from collections.abc import Callable

from network.ca import contained, register
from network.ca.authorities import Authorities
from network.kind import Kind
from network.native.probe import refuse_taken
from network.process import Process
from network.supervisor import Supervisor

_READY_SECONDS = 60.0
Say = Callable[[str], None]


def begin(found: Authorities | None, supervisor: Supervisor, say: Say, kind: Kind) -> None:
    """Before the nodes are started: they are certified here, and read what was renewed when they are."""
    if found is None:
        return
    found.prepare(kind)
    refuse_taken(found.ports())
    supervisor.start(*_programs(found, say, kind))
    supervisor.wait_ready(_READY_SECONDS)
    if found.layout.made.exists():
        for entry in register.due(found):
            ends = register.renew(found, entry)
            say(f"renewed {entry.name} of {entry.organisation} ({entry.purpose}): good until {ends:%Y-%m-%d}")


def _programs(found: Authorities, say: Say, kind: Kind) -> list[Process]:
    return [contained.prepare(found, say)] if kind is Kind.DOCKER else found.processes()
