"""Where a program of the network listens and where others find it: on this machine, or in a container."""

from dataclasses import dataclass, field

HOST = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 on a host that has no other program


def host_of(name: str) -> str:
    """The host that a node has to itself in a container: with dots it would be looked up in somebody's domain."""
    return name.replace(".", "-")


@dataclass(frozen=True)
class Node:
    """A program that listens. Natively each is at a port of this machine, in containers each has a host of its own."""

    name: str
    port: int
    host: str = field(default=HOST, repr=False, kw_only=True)  # what made a ledger is known by its repr

    @property
    def address(self) -> str:
        """Where others find it."""
        return f"{self.host}:{self.port}"

    @property
    def listen(self) -> str:
        """The address it listens on: loopback, or all there are on a host that is its own."""
        return HOST if self.host == HOST else EVERYWHERE
