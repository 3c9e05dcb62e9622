"""The peer program as one organisation's administrator uses it."""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TypeVar

from network.errors import NetworkError
from network.native.identities import ADMIN
from network.native.layout import Layout
from network.native.programs import PATH, Fabric, run
from network.topology import Member, Topology

_TIMEOUT_SECONDS = 30.0
_PAUSE_SECONDS = 0.2
Value = TypeVar("Value")


@dataclass(frozen=True)
class Administrator:
    """Speaks for one organisation to its own peer and to the orderer."""

    fabric: Fabric
    layout: Layout
    topology: Topology
    organisation: Member

    def peer(self, *words: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> str:
        """Run `peer WORDS` and return what it wrote; raises NetworkError with its last words."""
        return run([self.fabric.program("peer"), *words], env=self._environment(), timeout_seconds=timeout_seconds)

    def orderer(self, number: int = 0) -> list[str]:
        """The options that lead a command to the ordering service, by one of its orderers."""
        ordering = self.topology.ordering
        node = ordering.orderers[number]
        authority = self.layout.identities(ordering.id).tls(node.name).authority
        return ["-o", node.address, "--tls", "--cafile", str(authority)]

    def peers(self, among: Collection[str] = ()) -> list[str]:
        """The options that lead a command to the peers of these organisations; of all when none is named."""
        options = []
        for each in self.topology.organisations:
            if among and each.id not in among:
                continue
            authority = self.layout.identities(each.id).tls(each.peer.name).authority
            options += ["--peerAddresses", each.peer.address, "--tlsRootCertFiles", str(authority)]
        return options

    def _environment(self) -> dict[str, str]:
        identities, peer = self.layout.identities(self.organisation.id), self.organisation.peer
        return {
            "PATH": PATH,
            "FABRIC_CFG_PATH": str(self.layout.node(peer.name)),
            "FABRIC_LOGGING_SPEC": "error",
            "CORE_PEER_ADDRESS": peer.address,
            "CORE_PEER_LOCALMSPID": self.organisation.msp_id,
            "CORE_PEER_MSPCONFIGPATH": str(identities.member(ADMIN).folder),
            "CORE_PEER_TLS_ENABLED": "true",
            "CORE_PEER_TLS_ROOTCERT_FILE": str(identities.tls(peer.name).authority),
        }


def together(actions: Iterable[Callable[[], Value]]) -> list[Value]:
    """Do the same for every organisation at once; raises the first one's refusal."""
    with ThreadPoolExecutor() as pool:
        return [future.result() for future in [pool.submit(action) for action in actions]]


def patiently(action: Callable[[], Value], *, timeout_seconds: float) -> Value:
    """Try again while the network settles: no leader yet, a block not everywhere yet. Raises the last refusal."""
    deadline = monotonic() + timeout_seconds
    while True:
        try:
            return action()
        except NetworkError:
            if monotonic() > deadline:
                raise
            sleep(_PAUSE_SECONDS)
