"""The starter runs the chaincodes that the deployment asks for, also when an upgrade changes it meanwhile."""

from collections.abc import Callable

from network.errors import NetworkError
from network.native import deployment
from network.native.network import Network
from network.supervisor import Supervisor

Stamp = tuple[int, int]
NOTHING = (0, 0)


class Following:
    """Looks whether the deployment was written anew. It is replaced as a whole, so it is another file then."""

    def __init__(self, network: Network, supervisor: Supervisor, say: Callable[[str], None]) -> None:
        self._network, self._supervisor, self._say = network, supervisor, say
        self._seen = self._stamp()
        in_force, *_ = deployment.processes(network.deployment())
        self._stage = supervisor.start(*network.chaincodes_of(in_force))
        self._adjust()

    def look(self) -> None:
        found = self._stamp()
        if found not in (self._seen, NOTHING):
            self._seen = found
            self._adjust()

    def _adjust(self) -> None:
        try:
            wanted = self._network.chaincodes()
        except (NetworkError, OSError) as error:
            self._say(f"the deployment is not followed: {error}")
            return
        self._supervisor.adjust(self._stage, wanted)

    def _stamp(self) -> Stamp:
        try:
            found = self._network.layout.deployment.stat()
        except FileNotFoundError:
            return NOTHING
        return found.st_ino, found.st_mtime_ns


def begin(network: Network, supervisor: Supervisor, say: Callable[[str], None]) -> None:
    """Start the network's chaincodes and, from now on, whatever its deployment asks for."""
    supervisor.at_each_look(Following(network, supervisor, say).look)
