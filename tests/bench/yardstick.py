"""R1: the raw Go client against its own small chaincode, on the same network as the product."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from network import topology as topologies
from network.native import approved, deployment, lifecycle, nodes, package, programs
from network.native.command import Administrator
from network.native.deployment import Deployed
from network.native.layout import Layout
from network.process import Process
from network.supervisor import Supervisor
from network.topology import Chaincode, Member, Organisation, Topology
from scripts.product import Product
from scripts.progress import ROOT, TOOLS, run, say
from scripts.toolchain import environment, get_go

SOURCES = ROOT / "tests" / "bench" / "raw"
CLIENT, CHAINCODE = TOOLS / "bin" / "bench-raw", TOOLS / "bin" / "bench-chaincode"
NAME = "bench"
PORTS_BEYOND = 3
READY_SECONDS = 30.0


@dataclass(frozen=True)
class _Beside(Layout):
    """The product's network folder, with packages and logs of our own."""

    def package(self, organisation: Member, number: int = 1) -> Path:
        return self.folder / "packages" / f"{NAME}-{organisation.id}.tar.gz"

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{NAME}-{name}.log"


class Yardstick:
    """The benchmark chaincode beside ours, one process for each organisation, and the client that measures."""

    def __init__(self, product: Product) -> None:
        config = product.config
        self._fabric = programs.look_at(Path(product.environment["FABRIC_BIN"]))
        self._topology = _with_our_chaincode(topologies.load(shift=config.port_shift))
        self._layout = _Beside(config.state.resolve() / "network")
        self._connection = config.connection_file
        self._supervisor = Supervisor(say)

    def start(self) -> None:
        """Build, start and deploy."""
        _build()
        organisations = self._topology.organisations
        for organisation in organisations:
            package.write(self._topology, self._layout, organisation)
        self._supervisor.start(*(self._process(organisation) for organisation in organisations))
        self._supervisor.wait_ready(READY_SECONDS)
        everyone = [Administrator(self._fabric, self._layout, self._topology, one) for one in organisations]
        deployed = deployment.first(self._topology, approved.fingerprint(CHAINCODE))
        with ThreadPoolExecutor() as pool:
            list(pool.map(partial(_enter, deployed=deployed), everyone))
        lifecycle.commit(everyone[0], deployed)

    def stop(self) -> None:
        self._supervisor.stop()

    def measure(self, trades: int, in_flight: int = 64) -> dict[str, Any]:
        """One round; its report."""
        size = ["-trades", str(trades), "-in-flight", str(in_flight)]
        argv = [str(CLIENT), "-connection", str(self._connection), "-chaincode", NAME, *size]
        told = subprocess.run(argv, capture_output=True, text=True, check=False)
        if told.returncode:
            raise SystemExit(f"bench: the raw client failed: {told.stderr.strip()}")
        report: dict[str, Any] = json.loads(told.stdout)
        return report

    def _process(self, organisation: Organisation) -> Process:
        told = package.told(self._topology, self._layout.package(organisation), "")
        return nodes.chaincode(self._layout, organisation, CHAINCODE, told)


def _beside(ours: Chaincode) -> Chaincode:
    return Chaincode(ours.name, ours.port + PORTS_BEYOND, ours.upgrade_port + PORTS_BEYOND)


def _with_our_chaincode(topology: Topology) -> Topology:
    """The same channel and policy; another name, and other ports for its processes."""
    organisations = tuple(replace(one, chaincode=_beside(one.chaincode)) for one in topology.organisations)
    definition = replace(topology.chaincode, name=NAME, version="1", sequence=1)
    return replace(topology, chaincode=definition, organisations=organisations)


def _enter(administrator: Administrator, deployed: Deployed) -> None:
    lifecycle.install(administrator, deployed)
    lifecycle.approve(administrator, deployed)


def _build() -> None:
    go = get_go()
    for program, source in ((CLIENT, "."), (CHAINCODE, "./chaincode")):
        run(
            f"Yardstick: {program.name}",
            [str(go), "build", "-o", str(program), source],
            env=environment(go),
            cwd=SOURCES,
        )
