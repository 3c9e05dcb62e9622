"""Run another organisation's own installation beside the running product: `python -m scripts.member custodian`.

A worker with a lane, a mirror and a peer of its own, a REST door and a console, over its own database. It has what an
organisation is handed in life: the file of the ledger's beginning, and where its own peer is. No key of the operator's
installation is in it, so it signs for nobody there; whoever keeps his own key sends what he signed through either door.
`make member` comes here.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from middleware.config import Config, load
from network import config as settings
from network import topology
from network.supervisor import Supervisor
from scripts import ports, services, start
from scripts.commands import Command
from scripts.progress import Failed, say
from scripts.run import ANSWERS, claimed, end_with_make, supervised

# What would make two installations one.
NOT_SHARED = ("LONJA_DATABASE_URL", "LONJA_API_URL", "LONJA_WEB_URL", "LONJA_KEY_ENCRYPTION_KEY_FILE")
SHIFT = 100  # our ports above the product's, a hundred for each organisation


def main() -> int:
    end_with_make()
    try:
        product = load()
        ours = environment(os.environ, sys.argv[1] if len(sys.argv) > 1 else "")
        os.environ.clear()
        os.environ.update(ours)
        config = load()
        with claimed(config.state):
            hand_over(product, config)
            supervised(lambda supervisor: _begin(config, supervisor))
    except (*ANSWERS, ValueError) as error:
        say(f"\nNot started. {error}")
        return 1
    say(f"Stopped. What {config.organisation} has stands in {config.state}.")
    return 0


def environment(product_environment: Mapping[str, str], organisation: str) -> dict[str, str]:
    """What an organisation's installation beside a product is told; raises Failed where it has none of its own."""
    product = load(product_environment)
    found = topology.load(settings.topology(), product.port_shift).organisations
    others = [each.id for each in found[1:]]
    if organisation not in others:
        raise Failed(f"{organisation!r} has no installation of its own here; it can be {' or '.join(others)}")
    kept = {name: value for name, value in product_environment.items() if name not in NOT_SHARED}
    return kept | {
        "LONJA_ORGANISATION": organisation,
        "LONJA_STATE": str(product.state.with_name(f"{product.state.name}-{organisation}")),
        "LONJA_PORT_SHIFT": str(product.port_shift + SHIFT * (1 + others.index(organisation))),
        "LONJA_MATCHER": "off",  # the venue's key is elsewhere
    }


def hand_over(product: Config, config: Config) -> None:
    """What the network's operator gives an organisation; raises Failed when there is none, or of another ledger."""
    connection = product.state / "network" / config.connection_file.name
    if not connection.exists():
        raise Failed(f"the network is not up: there is no {connection}. Start it with `make run`, and leave it running")
    if config.genesis_file.exists() and config.genesis_file.read_bytes() != product.genesis_file.read_bytes():
        raise Failed(f"{config.state} belongs to another ledger than {product.state}: `make clean` forgets both")
    config.connection_file.parent.mkdir(parents=True, exist_ok=True)
    for file, here in ((product.genesis_file, config.genesis_file), (connection, config.connection_file)):
        _copy(file, here)


def _copy(file: Path, here: Path) -> None:
    """In one step, so that nobody reads half of it."""
    coming = here.with_name(here.name + ".coming")
    shutil.copyfile(file, coming)
    os.replace(coming, here)


def _begin(config: Config, supervisor: Supervisor) -> str:
    began = time.monotonic()
    ports.check(
        [
            ports.Port(config.api_port, f"the API of {config.organisation}"),
            ports.Port(config.web_port, f"the console of {config.organisation}"),
        ]
    )
    Command("lonja migrate", config, start.LONJA, "migrate").finish(supervisor)
    supervisor.start(services.worker(config), services.api(config), services.console(config))
    supervisor.wait_ready(start.READY_SECONDS)
    return f"""
The installation of {config.organisation} is up after {time.monotonic() - began:.1f} s, by its own peer.
{without_lane(config)}
  Console   http://127.0.0.1:{config.web_port}/
  API       http://127.0.0.1:{config.api_port}/v1/openapi.json
  State     {config.state}   logs: {config.state / "logs"}

It has no logins yet: LONJA_STATE={config.state} LONJA_ORGANISATION={config.organisation} lonja users add NAME PARTY
Ctrl-C stops it."""


def without_lane(config: Config) -> str:
    """What to know of an organisation that endorses, and is none of those that the ledger began with."""
    began_with = json.loads(config.genesis_file.read_text())["organisations"]
    if config.organisation in [each["id"] for each in began_with]:
        return ""
    return f"It follows and checks the ledger, which has no lane of {config.organisation}: nothing is sent from here.\n"


if __name__ == "__main__":
    sys.exit(main())
