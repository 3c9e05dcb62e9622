"""How a network's programs run, and from where they are spoken to."""

from enum import StrEnum


class Kind(StrEnum):
    """LONJA_NETWORK. The last two are the same network, seen from outside and from inside."""

    NATIVE = "native"  # processes of this machine, on loopback
    DOCKER = "docker"  # containers that we start; we stand outside, before the ports they publish on loopback
    CONTAINERS = "containers"  # containers that others start (compose.yaml, Kubernetes); we stand in one of them

    @property
    def made_for(self) -> str:
        """What a network is made for: its ledger names its nodes by address, so the two are never exchanged."""
        return "native" if self is Kind.NATIVE else "containers"
