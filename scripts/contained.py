"""What a container of the product does: `python -m scripts.contained WORD`, the image's entry point.

api, console, worker, fix, webhooks, exchange: run that program, as `make run` would. prepare and deploy: make the
network's files, and bring it into being once its containers serve. clean: forget all of it. seed, demo: let the cast
in. Any other words are a command of `lonja`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from middleware.config import Config, load
from network import config as settings
from network import starting
from network.containers import running
from network.errors import NetworkError
from network.native import Network, find, prepare
from network.process import Process
from network.supervisor import Supervisor
from scripts import healthy, services
from scripts.programs import fabric
from scripts.progress import Failed, say

PROGRAMS: dict[str, Callable[[Config], Process]] = {
    "api": services.api,
    "console": services.console,
    "worker": services.worker,
    "fix": services.fix,
    "webhooks": services.webhooks,
    "exchange": services.exchange,
}
PLAYS = {"seed": "scripts.seed", "demo": "scripts.demo"}
LONJA = "middleware.cli"
OWN_FOLDERS = ("console", "exchange")  # of programs that see no more of the state folder


def main(words: list[str]) -> int:
    word = words[0] if words else ""
    if word in PROGRAMS:
        return run(word, load())
    steps = {"prepare": make, "deploy": deploy, "clean": clean}
    if word not in steps:
        module, *more = (PLAYS[word], *words[1:]) if word in PLAYS else (LONJA, *words)
        os.execv(sys.executable, (sys.executable, "-m", module, *more))  # noqa: S606 no shell, and none is wanted
    try:
        return steps[word](load())
    except (NetworkError, Failed) as error:
        say(str(error))
        return 1


def run(word: str, config: Config) -> int:
    """Become the program, which then has the signals that a container is stopped with."""
    process = PROGRAMS[word](config)
    healthy.NOTE.write_text(asked(word, config))
    os.chdir(process.cwd)
    os.execve(process.argv[0], process.argv, dict(process.env))  # noqa: S606 as above


def asked(word: str, config: Config) -> str:
    """Where it is asked whether it serves."""
    if word == "exchange":
        return f"tcp://{config.here}:{config.exchange_port}"
    if word == "console":
        return f"http://{config.here}:{config.web_port}/sign-in"
    return f"http://{config.here}:{config.operations_ports[word]}/{'readyz' if word == 'api' else 'livez'}"


def make(config: Config) -> int:
    """Tables, genesis and the network's files; what is there stays. All of it is given to whom the others run as."""
    if _runs(config):
        say("the network runs already: nothing is prepared")
        return 0
    for name in OWN_FOLDERS:
        (config.state / name).mkdir(parents=True, exist_ok=True)
    for command in ("migrate", *(() if config.genesis_file.exists() else ("genesis",))):
        subprocess.run([sys.executable, "-m", LONJA, command], check=True)
    topology, kind = settings.topology(), settings.kind()
    prepare(config.state, fabric().bin, settings.chaincode(), _genesis(config), 0, topology, None, kind)
    running.give(config.state, but=_roots(config.state))
    say(f"{config.state} is prepared")
    return 0


def deploy(config: Config) -> int:
    """Wait for the network's containers, then create the channel and commit the chaincode, where that is to be done."""
    network = _network(config)
    starting.begin(network, Supervisor(say), say)
    say(f"the network is up: Fabric {network.fabric_version}")
    return 0


def clean(config: Config) -> int:
    """Forget the network, its ledger and the database, which belong to a user that is nobody outside."""
    if _runs(config):
        say("the network runs: stop it first, docker compose down")
        return 1
    for path in config.state.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    say("forgotten")
    return 0


def _runs(config: Config) -> bool:
    """Whether any node answers."""
    return config.genesis_file.exists() and any(each.ready and each.ready() for each in _network(config).nodes())


def _roots(state: Path) -> Iterator[Path]:
    """Whoever holds an organisation's root keys is the organisation: no other container reads them."""
    return (state / "network" / "crypto").glob("*/authorities")


def _network(config: Config) -> Network:
    found, kind = fabric(), settings.kind()
    return find(config.state, found.bin, settings.chaincode(), _genesis(config), 0, settings.topology(), kind)


def _genesis(config: Config) -> str:
    return hashlib.sha256(config.genesis_file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
