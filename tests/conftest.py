"""Running products for tests: one on the sandbox, one on a real network, each started when the first test asks for it.

They have state folders and ports of their own, so that they run beside a product somebody works with.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from network.topology import TOPOLOGY
from scripts import programs
from scripts.clean import is_used
from scripts.product import Product
from scripts.progress import ROOT
from scripts.seed import seed
from scripts.stage import Stage
from tests import databases, engine

STATES = ROOT / ".state" / "test"
WITNESS = ROOT / "tests" / "network" / "witness.yaml"
NETWORK_SHIFT = 10_000
WITNESSED_SHIFT = 11_500
CONSORTIUM_SHIFT = 12_700
HFC_SHIFT = 17_000
CERTIFIED_SHIFT = 17_500
DOCKER_SHIFT = 18_500
SANDBOX_SHIFT = 10_500  # plus the number of the pytest process, where several share the work
_KEEPS = {"tmp_path", "tmp_path_factory", "sandbox"}
KEEP = "LONJA_TEST_KEEP"  # set while writing tests: go on with the state of the last run


def pytest_configure() -> None:
    """What a test leaves to the end of its process is not a defect of the product; SQLite says nothing of it."""
    if databases.is_postgres():
        databases.leave_open()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever asks for a product on the sandbox takes its time: `make test-fast` goes without.

    A run on PostgreSQL leaves out what has no folder, and so no database.
    """
    if databases.is_postgres():
        pure = [item for item in items if not _KEEPS & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=pure)
        items[:] = [item for item in items if item not in pure]
    for item in items:
        if {"sandbox", "sandbox_stage"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("product")


@pytest.fixture(scope="session")
def network() -> Iterator[Product]:
    """The product on a real Fabric network made for this run: FABRIC_BIN's programs, or those built from modules."""
    yield from _on_fabric("fabric", NETWORK_SHIFT)


@pytest.fixture(scope="module")
def witnessed() -> Iterator[Product]:
    """The product on a network of its own, in which a third organisation's peer keeps the blocks and takes no part."""
    topology = STATES / "witnessed.yaml"
    topology.parent.mkdir(parents=True, exist_ok=True)
    topology.write_text(TOPOLOGY.read_text() + WITNESS.read_text())
    yield from _on_fabric("witnessed", WITNESSED_SHIFT, LONJA_TOPOLOGY=str(topology))


@pytest.fixture(scope="module")
def consortium() -> Iterator[Product]:
    """The product on a network of three organisations, of which two must endorse, and three orderers."""
    yield from _on_fabric("consortium", CONSORTIUM_SHIFT, LONJA_TOPOLOGY="consortium")


@pytest.fixture(scope="module")
def byzantine() -> Iterator[Product]:
    """The product on the consortium with four orderers, of which one may lie: only where Fabric can."""
    if (version := _fabric().version).startswith("2."):
        pytest.skip(f"Byzantine ordering came with Fabric 3.0; this is {version}")
    yield from _on_fabric("byzantine", CONSORTIUM_SHIFT, LONJA_TOPOLOGY="byzantine")


@pytest.fixture(scope="module")
def by_hfc() -> Iterator[Product]:
    """The product on a network of its own, which it reaches by the second driver."""
    yield from _on_fabric("hfc", HFC_SHIFT, LONJA_LEDGER_DRIVER="hfc")


@pytest.fixture(scope="module")
def certified() -> Iterator[Product]:
    """The product on a consortium of its own, whose certificates come from each organisation's Fabric CA."""
    yield from _on_fabric("certified", CERTIFIED_SHIFT, LONJA_CA="fabric", LONJA_TOPOLOGY="consortium")


@pytest.fixture(scope="module")
def in_containers() -> Iterator[Product]:
    """The product on a network whose programs and authorities are containers: where there is, or may be, an engine."""
    try:
        with engine.answering(STATES / "engine") as reached:
            settings = {"LONJA_NETWORK": "docker", "LONJA_CA": "fabric", **reached, **engine.fabric_images(_fabric())}
            yield from _on_fabric("docker", DOCKER_SHIFT, **settings)
    except engine.NotThere as why:
        pytest.skip(f"no container engine: {why}")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Product]:
    """The product on the ledger's rules in memory: the same doors, milliseconds instead of a network."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    state = _fresh(STATES / f"sandbox-{process}")
    environment = {"LONJA_LEDGER_DRIVER": "sandbox", **databases.settings()}
    yield from _running(environment, state, SANDBOX_SHIFT + process, sandbox=True)


@pytest.fixture(scope="session")
def stage(network: Product) -> Stage:
    """The cast's desks at the product on the network."""
    return _stage(network)


@pytest.fixture(scope="module")
def witnessed_stage(witnessed: Product) -> Stage:
    """The cast's desks at the product with a witness."""
    return _stage(witnessed)


@pytest.fixture(scope="module")
def consortium_stage(consortium: Product) -> Stage:
    """The cast's desks at the product of the consortium."""
    return _stage(consortium)


@pytest.fixture(scope="module")
def byzantine_stage(byzantine: Product) -> Stage:
    """The cast's desks at the product with Byzantine ordering."""
    return _stage(byzantine)


@pytest.fixture(scope="module")
def by_hfc_stage(by_hfc: Product) -> Stage:
    """The cast's desks at the product on the second driver."""
    return _stage(by_hfc)


@pytest.fixture(scope="module")
def certified_stage(certified: Product) -> Stage:
    """The cast's desks at the product with Fabric CA."""
    return _stage(certified)


@pytest.fixture(scope="module")
def in_containers_stage(in_containers: Product) -> Stage:
    """The cast's desks at the product on containers."""
    return _stage(in_containers)


@pytest.fixture(scope="session")
def sandbox_stage(sandbox: Product) -> Stage:
    """The cast's desks at the product on the sandbox."""
    return _stage(sandbox)


def _stage(product: Product) -> Stage:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in product.environment.items():
            patch.setenv(name, value)  # the first user is made by the command line, on this product's database
        return seed(product.url, lambda _text: None)


def _fabric() -> programs.Fabric:
    return programs.fabric() if os.environ.get("FABRIC_BIN") else programs.built()


def _on_fabric(name: str, shift: int, **settings: str) -> Iterator[Product]:
    fabric = _fabric()
    state = _fresh(STATES / f"{name}-{fabric.version}")
    yield from _running({"FABRIC_BIN": str(fabric.bin), **settings}, state, shift, sandbox=False)


def _running(environment: dict[str, str], state: Path, shift: int, *, sandbox: bool) -> Iterator[Product]:
    own = {"LONJA_STATE": str(state), "LONJA_PORT_SHIFT": str(shift)}
    inherited = {name: "" for name in os.environ if name.startswith("LONJA_") and name != KEEP}
    product = Product({**inherited, **environment, **own}, sandbox=sandbox)
    product.start()
    yield product
    product.stop()


def _fresh(state: Path) -> Path:
    claim = state / "starter"
    assert not (claim.exists() and is_used(claim)), f"another test run uses {state}; wait for its end"
    if not os.environ.get(KEEP):
        shutil.rmtree(state, ignore_errors=True)
    return state
