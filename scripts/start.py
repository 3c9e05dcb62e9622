"""The product from nothing to serving, in order: genesis and SQL, ledger, worker, API and console, cast."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from middleware.config import Config
from network import config as settings
from network import starting, topology
from network.ca import authorities, serving
from network.kind import Kind
from network.native import Network, prepare
from network.process import Process
from network.supervisor import Supervisor
from scripts import databases, ports, services
from scripts.commands import Command
from scripts.programs import Fabric, fabric
from scripts.progress import ROOT, Failed, say
from scripts.stamps import digest

READY_SECONDS = 60.0
LONJA = "middleware.cli"


def product(config: Config, supervisor: Supervisor) -> str:
    """Start everything and return, once it serves, the name of what stands under it.

    Raises when something cannot be started; the caller stops what was.
    """
    is_sandbox = config.ledger_driver == "sandbox"
    found = None if is_sandbox else fabric()
    if not is_sandbox:
        starting.sweep(config.state, settings.kind())
    ports.check(own_ports(config, is_sandbox))
    databases.take(config)
    tables = Command("lonja migrate", config, LONJA, "migrate")
    if not config.genesis_file.exists():
        with stage("genesis"):
            tables.finish(supervisor)
            Command("lonja genesis", config, LONJA, "genesis").finish(supervisor)
    with stage("sandbox" if found is None else f"Fabric {found.version} network"):
        ledger = _sandbox(config, supervisor) if found is None else _fabric(config, supervisor, found)
    with stage("database, worker, API and console"):
        tables.finish(supervisor)
        supervisor.start(*_programs(config))
        supervisor.wait_ready(READY_SECONDS)
    _seed(config, supervisor)
    return ledger


def _programs(config: Config) -> tuple[Process, ...]:
    made = (services.worker, services.api, services.console, services.webhooks, services.fix, services.exchange)
    return tuple(program(config) for program in made)


def own_ports(config: Config, is_sandbox: bool) -> list[ports.Port]:
    """Everything that will be listened on."""
    ours = [
        ports.Port(config.api_port, "the API", "LONJA_API_PORT"),
        ports.Port(config.web_port, "the console", "LONJA_WEB_PORT"),
        ports.Port(config.fix_port, "the FIX gate", "LONJA_FIX_PORT"),
        ports.Port(config.exchange_port, "the exchange", "LONJA_EXCHANGE_PORT"),
    ]
    for process, number in config.operations_ports.items():
        ours.append(ports.Port(number, f"probes and measures of {process}", "LONJA_OPERATIONS_PORT"))
    if is_sandbox:
        return [*ours, ports.Port(int(config.sandbox_url.rpartition(":")[2]), "the sandbox")]
    made = topology.load(settings.topology(), config.port_shift)
    _refuse_stranger(config.organisation, [each.id for each in made.organisations])
    return [*ours, *(ports.Port(number, name) for name, number in made.ports().items())]


def _refuse_stranger(organisation: str, known: list[str]) -> None:
    """Whose installation this is must be one of those who take part; nobody named is the first."""
    if organisation and organisation not in known:
        raise Failed(f"LONJA_ORGANISATION is {organisation!r}; the topology has {', '.join(known)}")


def network(config: Config, supervisor: Supervisor, found: Fabric) -> Network:
    """Start the Fabric network and deploy the chaincode; what an earlier start made is resumed."""
    genesis = hashlib.sha256(config.genesis_file.read_bytes()).hexdigest()
    chaincode = settings.chaincode()
    certifying = authorities.find(config.state, settings.topology(), config.port_shift, wanted=settings.certified())
    serving.begin(certifying, supervisor, _detail, settings.kind())
    issuers = certifying.issuer if certifying else None
    topology, kind = settings.topology(), settings.kind()
    made = prepare(config.state, found.bin, chaincode, genesis, config.port_shift, topology, issuers, kind)
    starting.begin(made, supervisor, _detail)
    if made.is_upgrade_due():
        _upgrade(config, supervisor)
    return made


def _upgrade(config: Config, supervisor: Supervisor) -> None:
    """Put the program that was built meanwhile in place; what does not work leaves the former one."""
    try:
        Command("lonja upgrade", config, LONJA, "upgrade").finish(supervisor)
    except Failed:
        _detail("the ledger goes on with the chaincode that it ran before")


def _detail(what: str) -> None:
    say(f"      {what}")


def _fabric(config: Config, supervisor: Supervisor, found: Fabric) -> str:
    made = network(config, supervisor, found)
    where = f"in containers, made with what is {found.found}" if made.kind is Kind.DOCKER else found.found
    return f"Fabric {made.fabric_version} ({where}: {found.bin})"


def _sandbox(config: Config, supervisor: Supervisor) -> str:
    supervisor.start(services.sandbox(config))
    supervisor.wait_ready(READY_SECONDS)
    return "the SANDBOX: the ledger's rules in memory, forgotten at the end. Not Fabric"


def _seed(config: Config, supervisor: Supervisor) -> None:
    """Bring the cast on stage, once for each state folder and each version of the play."""
    mark = config.state / "seeded"
    play = digest([ROOT / "scripts" / "cast.py", ROOT / "scripts" / "seed.py"])
    if mark.exists() and mark.read_text() == play:
        return
    with stage("cast"):
        Command("seed", config, "scripts.seed").finish(supervisor)
    mark.write_text(play)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Say what begins and how long it took."""
    began = time.monotonic()
    say(f"  {name} …")
    yield
    say(f"  {name}: up after {time.monotonic() - began:.1f} s")
