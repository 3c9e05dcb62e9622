"""Makes a network for a cluster, and puts its channel and its chaincode on it, from an administrator's machine.

The keys of administrators never enter the cluster: its nodes are reached through ports that kubectl forwards to this
machine's loopback, just as those of containers that an engine publishes there.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from network.config import Config
from network.errors import NetworkError
from network.kind import Kind
from network.kubernetes import base
from network.native.network import Network, find, prepare
from network.process import Process
from network.supervisor import NotStarted, Supervisor

_READY_SECONDS = 120.0
Say = Callable[[str], None]


def make(config: Config) -> Network:
    """Certificates, first block, packages and each node's settings, below the state folder: once."""
    return prepare(*_arguments(config), kind=Kind.DOCKER)


def deploy(config: Config, namespace: str, say: Say, kubectl: str = "kubectl") -> None:
    """Do what is not done yet; returns once every organisation endorses."""
    network = find(*_arguments(config), kind=Kind.DOCKER)
    network.check()
    if not network.layout.made.exists():
        raise NetworkError(f"no network has been made in {config.state}; type: python -m network.kubernetes prepare")
    supervisor = Supervisor(say)
    try:
        supervisor.start(*forwards(network, namespace, kubectl))
        supervisor.wait_ready(_READY_SECONDS)
        network.deploy(say)
    except NotStarted as error:
        raise NetworkError(str(error)) from error
    finally:
        supervisor.stop()


def forwards(network: Network, namespace: str, kubectl: str = "kubectl") -> Iterator[Process]:
    """A `kubectl port-forward` for each node, which is ready once the node answers through it."""
    probes = {each.name: each.ready for each in [*network.nodes(), *network.chaincodes()]}
    for container in base.containers():
        ports = [f"{port + network.shift}:{port}" for port in container.ports]
        yield Process(
            name=f"port-forward to {container.name}",
            argv=(kubectl, "--namespace", namespace, "port-forward", f"service/{container.host}", *ports),
            env=dict(os.environ),  # kubectl's own settings: which cluster, as whom
            cwd=network.layout.folder,
            log=network.layout.log(f"port-forward-{container.name}"),
            ready=probes[container.name],
        )


def _arguments(config: Config) -> tuple[Path, Path, Path, str, int, Path]:
    genesis = config.genesis_hash()
    return config.state, config.fabric_bin, config.chaincode, genesis, config.shift, base.TOPOLOGY
