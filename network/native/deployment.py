"""What is run for which definition of the chaincode: the one in force and, during an upgrade, the next beside it.

The channel says which definition is in force. This file says what is run for each; the starter runs what stands in it.
"""

import json
import os
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from network import claim
from network.errors import NetworkError
from network.native import approved
from network.native.layout import Layout
from network.topology import Topology


@dataclass(frozen=True)
class Deployed:
    """One definition of the chaincode, and what the organisations run for it.

    `program` is the SHA-256 of the program ("" where a container's image holds it), `package` the number of the
    packages that lead to its processes, `slot` which of an organisation's two ports those listen on.
    """

    sequence: int
    version: str
    endorsement: str
    program: str
    package: int = 1
    slot: int = 0

    def runs_as(self, other: "Deployed") -> bool:
        """Whether the same processes serve both."""
        return (self.package, self.program) == (other.package, other.program)


Deployment = tuple[Deployed, ...]


def first(topology: Topology, program: str) -> Deployed:
    """The definition that a new ledger begins with."""
    definition = topology.chaincode
    return Deployed(definition.sequence, version(topology, program), definition.endorsement, program)


def made_before(topology: Topology, program: str) -> Deployed:
    """The definition of a network that was made before definitions named their program."""
    definition = topology.chaincode
    return Deployed(definition.sequence, definition.version, definition.endorsement, program)


def version(topology: Topology, program: str) -> str:
    """What a definition is called, so that whoever approves it approves this program and no other."""
    return f"{topology.chaincode.version}-{approved.short(program)}" if program else topology.chaincode.version


def read(layout: Layout) -> Deployment:
    """Oldest first; nothing where none was written."""
    try:
        known = tuple(Deployed(**each) for each in json.loads(layout.deployment.read_text()))
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError) as error:
        raise NetworkError(f"{layout.deployment} cannot be read ({error}): put it back from a backup") from error
    if not known:
        raise NetworkError(f"{layout.deployment} is empty: put it back from a backup")
    return known


def write(layout: Layout, deployment: Deployment) -> None:
    """In one step: who reads it while it changes has the former or the new one."""
    coming = layout.deployment.with_suffix(".coming")
    coming.write_text(json.dumps([asdict(each) for each in deployment], indent=1) + "\n")
    os.replace(coming, layout.deployment)


def processes(deployment: Deployment) -> Deployment:
    """One for each process that an organisation runs: two definitions may be served by the same."""
    found: list[Deployed] = []
    for each in deployment:
        if not any(each.runs_as(other) for other in found):
            found.append(each)
    return tuple(found)


def in_force(layout: Layout, deployment: Deployment, sequence: int) -> Deployed:
    """The definition that the channel has; the first one where it has none yet."""
    found = [each for each in deployment if each.sequence == sequence]
    if sequence and not found:
        known = ", ".join(str(each.sequence) for each in deployment)
        raise NetworkError(
            f"the channel runs sequence {sequence} of the chaincode, {layout.deployment} knows {known}:"
            " put it and the folder programs beside it back from a later backup"
        )
    return found[0] if found else deployment[0]


def held(layout: Layout) -> AbstractContextManager[None]:
    """Change the deployment: one at a time."""
    return claim.held(layout.upgrading, lambda pid: NetworkError(f"another upgrade is under way (process {pid})"))
