"""compose.yaml, the whole product in containers, written from the topology: `python -m scripts.compose`.

`docker compose up` beside it builds two images and starts everything in order: files, network, channel, product, cast.
"""

import sys
from typing import Any

import yaml

from network import hosts
from network.containers import compose, engine, images
from network.containers.container import describe
from network.fetched import VERSION
from network.native.layout import ROOT_IN_CONTAINERS
from network.native.programs import Fabric
from network.topology import load
from scripts.progress import ROOT

FILE = ROOT / "compose.yaml"
STATE = "./.state/compose"
USER = f"{engine.USER}:{engine.USER}"
HEAD = """# The whole product in containers: docker compose up. Written from the topology by python -m scripts.compose.
# Console http://127.0.0.1:8080/, API http://127.0.0.1:8000/, FIX port 9880. Everything it keeps is in .state/compose.
# Another image in the place of one of these: LONJA_IMAGE, LONJA_CHAINCODE_IMAGE, LONJA_PEER_IMAGE, LONJA_ORDERER_IMAGE.
"""
OURS = {
    "LONJA_STATE": str(ROOT_IN_CONTAINERS),
    "LONJA_NETWORK": "containers",
    "LONJA_BIND": "0.0.0.0",  # noqa: S104 of containers, which publish on loopback
    "LONJA_API_URL": "http://api:8000",
    "LONJA_FIX_HOST": "fix",
    "LONJA_EXCHANGE_HOST": "exchange",
}
# What prepare makes is given to the user that the others run as, whoever made the folder.
OWNERSHIP = ["CHOWN", "DAC_OVERRIDE", "FOWNER"]
DONE, HEALTHY, STARTED = "service_completed_successfully", "service_healthy", "service_started"


def document() -> dict[str, Any]:
    """Every service, those first on which others wait."""
    network = _network()
    nodes = {name: HEALTHY if "healthcheck" in each else STARTED for name, each in network.items()}
    deployed, serving = {"deploy": DONE}, {"api": HEALTHY, "worker": HEALTHY}
    state, ledger = [f"{STATE}:{ROOT_IN_CONTAINERS}"], f"{STATE}/network:{ROOT_IN_CONTAINERS}/network:ro"
    product = {
        "worker": _product("worker", [*state, ledger], deployed),
        "api": _product("api", [*state, ledger], deployed, 8000),
        "fix": _product("fix", [*state, ledger], deployed, 9880),
        "webhooks": _product("webhooks", [*state, ledger], deployed),
        "console": _product("console", [f"{STATE}/console:{ROOT_IN_CONTAINERS}"], {"api": HEALTHY}, 8080),
        "exchange": _product("exchange", [f"{STATE}/exchange:{ROOT_IN_CONTAINERS}/exchange"], {"prepare": DONE}),
        "seed": _once("seed", [*state, ledger], serving | {"fix": HEALTHY, "exchange": HEALTHY}),
    }
    first = {"prepare": _once("prepare", state, {}) | {"user": "0:0", "cap_add": OWNERSHIP}}
    return {"services": first | network | {"deploy": _once("deploy", state, {"prepare": DONE} | nodes)} | product}


def text() -> str:
    """The file."""
    return HEAD + yaml.dump(document(), Dumper=_Plain, sort_keys=False, width=120)


def _network() -> dict[str, Any]:
    """The topology's containers, as Fabric of the public images takes them; nothing of it is published."""
    fabric = Fabric(ROOT, VERSION, images.RELEASE, ROOT)
    found = compose.services(describe(fabric, hosts.inside(load(), 0)), STATE, USER)
    for service in found.values():
        if service["image"] == str(images.CHAINCODE):
            service["build"] = _build("chaincode")
        service["depends_on"] = _waits({"prepare": DONE})
    return found


def _product(word: str, volumes: list[str], waits: dict[str, str], port: int = 0) -> dict[str, Any]:
    """A program that keeps running; its image says how it is asked whether it serves."""
    published = {"ports": [f"127.0.0.1:{port}:{port}"]} if port else {}
    return _service(word, volumes, waits) | published | {"restart": "on-failure", "stop_grace_period": compose.GRACE}


def _once(word: str, volumes: list[str], waits: dict[str, str]) -> dict[str, Any]:
    """A step that ends."""
    return _service(word, volumes, waits) | {"healthcheck": {"disable": True}}


def _service(word: str, volumes: list[str], waits: dict[str, str]) -> dict[str, Any]:
    return {
        "image": str(images.PRODUCT),
        "build": _build("lonja"),
        "command": [word],
        "user": USER,
        "environment": OURS,
        "volumes": volumes,
        **compose.guarded(),
        **({"depends_on": _waits(waits)} if waits else {}),
    }


def _build(name: str) -> dict[str, str]:
    return {"context": ".", "dockerfile": f"network/containers/images/{name}.Dockerfile"}


def _waits(waits: dict[str, str]) -> dict[str, dict[str, str]]:
    return {service: {"condition": condition} for service, condition in waits.items()}


class _Plain(yaml.SafeDumper):
    """Says what repeats again, instead of pointing to where it was said."""

    def ignore_aliases(self, data: object) -> bool:
        return True


if __name__ == "__main__":
    FILE.write_text(text())
    sys.exit()
