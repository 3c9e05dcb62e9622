"""Has a prepared network run and deploys to it, whichever way its programs run."""

import time
from collections.abc import Callable
from pathlib import Path

from network.containers import running
from network.errors import NetworkError
from network.kind import Kind
from network.native import following
from network.native.network import Network
from network.supervisor import Supervisor

READY_SECONDS = 60.0
_OTHERS_SECONDS = 180.0
_LOOK_SECONDS = 0.2
Say = Callable[[str], None]


def sweep(state: Path, kind: Kind) -> None:
    """What must be so before the ports are looked at."""
    if kind is Kind.DOCKER:
        running.sweep(state)


def begin(network: Network, supervisor: Supervisor, say: Say) -> None:
    """Start what is ours to start, wait for the rest, and deploy; returns once every organisation endorses."""
    if network.kind is Kind.CONTAINERS:
        _wait(network)
    elif network.kind is Kind.DOCKER:
        supervisor.start(running.prepare(network, say))
    else:
        supervisor.start(*network.nodes())
        following.begin(network, supervisor, say)
    supervisor.wait_ready(READY_SECONDS)
    network.deploy(say)
    network.write_connection()


def _wait(network: Network) -> None:
    """Others start the containers: return once all of them serve."""
    deadline = time.monotonic() + _OTHERS_SECONDS
    while silent := [
        each.name for each in [*network.nodes(), *network.chaincodes()] if not (each.ready and each.ready())
    ]:
        if time.monotonic() > deadline:
            raise NetworkError(f"{', '.join(silent)} did not answer within {_OTHERS_SECONDS:g} s; see their logs")
        time.sleep(_LOOK_SECONDS)
