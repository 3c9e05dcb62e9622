"""Every organisation's Fabric CA of one network: started before its nodes, since it certifies them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from network.ca import server
from network.ca.layout import PURPOSES, Home, home, homes
from network.ca.program import PROGRAM
from network.errors import NetworkError
from network.kind import Kind
from network.native.identities import everyone, full_name, organisation_ids
from network.native.layout import Layout
from network.native.made import AGAIN
from network.process import Process
from network.topology import Topology, load

if TYPE_CHECKING:
    from network.ca.enrolling import Enrolling

FIRST_PORT = 7201  # the first organisation's; the next port is its operations listener, the next organisation's follows


@dataclass(frozen=True)
class Authorities:
    """The servers of one network, whether they run or not."""

    state: Path
    topology: Topology
    shift: int
    program: Path = PROGRAM

    @property
    def layout(self) -> Layout:
        return Layout(self.state.resolve() / "network")

    def prepare(self, kind: Kind = Kind.NATIVE) -> None:
        """Write what the servers need, once."""
        if kind is Kind.NATIVE and not self.program.is_file():
            raise NetworkError(f"there is no program {self.program}; `make setup CA=fabric` builds it")
        for id in organisation_ids(self.topology):
            known: dict[str, dict[str, str]] = {purpose: {} for purpose in PURPOSES}
            for organisation, purpose, name, role in everyone(self.topology):
                if organisation == id:
                    known[purpose][full_name(id, name)] = role
            server.write(self.home(id), id, self.port(id), known)

    def processes(self) -> list[Process]:
        """One server for each organisation."""
        return [
            server.process(self.home(id), id, self.program, self.port(id), self.layout.log(server.name(id)))
            for id in organisation_ids(self.topology)
        ]

    def ports(self) -> dict[str, int]:
        """Every port the servers listen on, by a name for people."""
        found = {server.name(id): self.port(id) for id in organisation_ids(self.topology)}
        return found | {f"{name} operations": port + 1 for name, port in found.items()}

    def home(self, organisation_id: str) -> Home:
        return home(self.state.resolve(), organisation_id)

    def port(self, organisation_id: str) -> int:
        return FIRST_PORT + 2 * organisation_ids(self.topology).index(organisation_id) + self.shift

    def issuer(self, organisation_id: str) -> "Enrolling":
        from network.ca.enrolling import Enrolling  # with the SDK, which a network without Fabric CA does not need

        return Enrolling(organisation_id, self.home(organisation_id), self.port(organisation_id))


def find(state: Path, topology_file: Path, shift: int, *, wanted: bool) -> Authorities | None:
    """The authorities of this network; None where its certificates are self-made.

    What a network was made with it keeps, wanted or not; raises NetworkError when they are wanted too late.
    """
    if homes(state).is_dir() or (wanted and not Layout(state / "network").made.exists()):
        return Authorities(state, load(topology_file, shift), shift)
    if wanted:
        raise NetworkError(f"the certificates of this network were made without Fabric CA. {AGAIN}")
    return None
