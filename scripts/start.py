"""The product from nothing to serving, in order: SQL, genesis, ledger, worker, API, console, cast."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from middleware.config import Config
from network import topology
from network.native import Network, prepare
from network.supervisor import LOOK_SECONDS, Supervisor, die_with_parent
from scripts import ports, services
from scripts.programs import Fabric, fabric
from scripts.progress import ROOT, TOOLS, Failed, say

READY_SECONDS = 60.0


@dataclass(frozen=True)
class Ledger:
    """What stands under the product: Fabric's programs and network, or the sandbox."""

    name: str
    network: Network | None = None


def product(config: Config, supervisor: Supervisor) -> Ledger:
    """Start everything and return once it serves. Raises when something cannot; the caller stops what was started."""
    is_sandbox = config.ledger_driver == "sandbox"
    found = None if is_sandbox else fabric()
    ports.check(own_ports(config, is_sandbox))
    config.state.mkdir(parents=True, exist_ok=True)
    with stage("database"):
        _lonja("migrate", config, supervisor)
        if not config.genesis_file.exists():
            _lonja("genesis", config, supervisor)
    ledger = _sandbox(config, supervisor) if found is None else _network(config, supervisor, found)
    with stage("worker, API and console"):
        supervisor.start(services.worker(config))
        supervisor.start(services.api(config), services.console(config))
        supervisor.wait_ready(READY_SECONDS)
    _seed(config, supervisor)
    return ledger


def own_ports(config: Config, is_sandbox: bool) -> list[ports.Port]:
    """Everything that will be listened on."""
    ours = [
        ports.Port(config.api_port, "the API", "LONJA_API_PORT"),
        ports.Port(config.web_port, "the console", "LONJA_WEB_PORT"),
    ]
    if is_sandbox:
        return [*ours, ports.Port(int(config.sandbox_url.rpartition(":")[2]), "the sandbox")]
    nodes = topology.load(shift=config.port_shift).ports()
    return [*ours, *(ports.Port(number, name) for name, number in nodes.items())]


def network(config: Config, supervisor: Supervisor, found: Fabric) -> Network:
    """Start the Fabric network and deploy the chaincode; what an earlier start made is resumed."""
    genesis = hashlib.sha256(config.genesis_file.read_bytes()).hexdigest()
    made = prepare(config.state, found.bin, TOOLS / "bin" / "chaincode", genesis, config.port_shift)
    supervisor.start(*made.nodes())
    supervisor.start(*made.chaincodes())
    supervisor.wait_ready(READY_SECONDS)
    made.deploy(lambda what: say(f"      {what}"))
    made.write_connection()
    return made


def _network(config: Config, supervisor: Supervisor, found: Fabric) -> Ledger:
    with stage(f"Fabric {found.version} network"):
        made = network(config, supervisor, found)
    return Ledger(f"Fabric {made.fabric_version} ({found.found}: {found.bin})", made)


def _sandbox(config: Config, supervisor: Supervisor) -> Ledger:
    with stage("sandbox"):
        supervisor.start(services.sandbox(config))
        supervisor.wait_ready(READY_SECONDS)
    return Ledger("the SANDBOX: the ledger's rules in memory, forgotten at the end. Not Fabric")


def _seed(config: Config, supervisor: Supervisor) -> None:
    """Bring the cast on stage. What is there already is left as it is."""
    with stage("cast"):
        _run("the cast", "scripts.seed", (), config, supervisor)


def _lonja(command: str, config: Config, supervisor: Supervisor) -> None:
    _run(f"lonja {command}", "middleware.cli", (command,), config, supervisor)


def _run(name: str, module: str, arguments: tuple[str, ...], config: Config, supervisor: Supervisor) -> None:
    """Run one of our commands to its end, passing on what it says and looking after the programs meanwhile."""
    log, parent = config.state / "logs" / f"{module.rpartition('.')[2]}.log", os.getpid()
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", module, *arguments]
    with log.open("wb") as output, log.open("rb") as told:
        child = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=services.environment(config),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: die_with_parent(parent),
        )
        try:
            while child.poll() is None:
                supervisor.look()
                time.sleep(LOOK_SECONDS)
                _pass_on(told)
            _pass_on(told)
        finally:
            child.kill()
    if child.returncode:
        raise Failed(f"{name} failed (exit code {child.returncode}); its words are above and in {log}")


def _pass_on(told: BinaryIO) -> None:
    """Say the lines that are complete by now."""
    while (line := told.readline()).endswith(b"\n"):
        say(f"      {line.decode(errors='replace').rstrip()}")
    told.seek(-len(line), os.SEEK_CUR)


@contextmanager
def stage(name: str, tell: Callable[[str], None] = say) -> Iterator[None]:
    """Say what begins and how long it took."""
    began = time.monotonic()
    tell(f"  {name} …")
    yield
    tell(f"  {name}: up after {time.monotonic() - began:.1f} s")
