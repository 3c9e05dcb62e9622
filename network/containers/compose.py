"""The network's containers as a compose file."""

from collections.abc import Iterable
from typing import Any

from network.containers.container import Container
from network.containers.images import CHAINCODE
from network.node import HOST

GRACE = "10s"


def services(containers: Iterable[Container], state: str, user: str, shift: int | None = None) -> dict[str, Any]:
    """A service for each container. `state` is the state folder on the host, `user` who they run as.

    With a `shift`, every port is published on loopback, so much higher.
    """
    return {each.host: _service(each, state, user, shift) for each in containers}


def _service(container: Container, state: str, user: str, shift: int | None) -> dict[str, Any]:
    service: dict[str, Any] = {
        "image": str(container.image),
        "entrypoint": list(container.command),
        "user": user,
        "working_dir": str(container.folder),
        "environment": dict(container.environment),
        "volumes": [f"{state}/{each.path}:{each.target}{'' if each.writable else ':ro'}" for each in container.mounts],
        **guarded(),
        "restart": "on-failure",
        "stop_grace_period": GRACE,
    }
    if container.image != CHAINCODE:  # an image from scratch has no program to ask with
        service["healthcheck"] = {"test": ["CMD-SHELL", _ask(container.ports[0])], "interval": "2s", "retries": 60}
    if shift is not None:
        service["ports"] = [f"{HOST}:{port + shift}:{port}" for port in container.ports]
    return service


def guarded() -> dict[str, Any]:
    """What no program of ours needs is taken from it."""
    return {
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108 the container's own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }


def _ask(port: int) -> str:
    """Whether something listens on the port, asked of the kernel: every image has grep, few have more."""
    return f"grep -q ':{port:04X} 0*:0000 0A' /proc/net/tcp /proc/net/tcp6"
