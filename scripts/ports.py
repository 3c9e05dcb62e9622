"""Whether the ports we need are free, and words for when they are not."""

from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from network.native.probe import is_free


@dataclass(frozen=True)
class Port:
    """A port we are about to listen on: for what, and which variable moves it."""

    number: int
    purpose: str
    variable: str = "LONJA_PORT_SHIFT"


class PortsTaken(Exception):
    """The message names each taken port, who has it, and what to change."""


def check(ports: Iterable[Port]) -> None:
    """Return when every port is free on loopback, else raise PortsTaken. Nothing is started or changed."""
    taken = [port for port in ports if not is_free(port.number)]
    if not taken:
        return
    lines = [f"  port {port.number} ({port.purpose}) is taken{holder(port.number)}; {_cure(port)}" for port in taken]
    raise PortsTaken("Nothing was started:\n" + "\n".join(lines))


def holder(number: int) -> str:
    """Who listens on the port, as far as we may know."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return ""
    for connection in connections:
        if connection.laddr and connection.laddr.port == number and connection.status == psutil.CONN_LISTEN:
            return f" by {_program(connection.pid)}" if connection.pid else " by another user's program"
    return ""


def _program(pid: int) -> str:
    try:
        words = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return f"process {pid}"
    return f"process {pid} ({words[:60]}{'…' if len(words) > 60 else ''})"


def _cure(port: Port) -> str:
    if port.variable == "LONJA_PORT_SHIFT":
        return "stop it, or move all our ports, e.g. LONJA_PORT_SHIFT=100"
    return f"stop it, or choose another port with {port.variable}"
