"""Fabric's programs and our own: where they are found, and how they are built where they are not.

Standard library only: it runs before there is an environment.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from network import fetched
from scripts.progress import ROOT, TOOLS, Failed, run
from scripts.stamps import Step, digest
from scripts.toolchain import check_compiler, environment, get_go

FABRIC_MODULE = "github.com/hyperledger/fabric"
FABRIC_SOURCES = ROOT / "network" / "fabric"
FABRIC_PROGRAMS = ("peer", "orderer", "configtxgen")
BUILT_VERSION = "2.1.1"
BUILT = TOOLS / f"fabric-{BUILT_VERSION}"
OLDEST_FOUND = (2, 5)
# Without the first, `peer` panics over two files of one name; without the second, `peer version` says "latest".
LINKER_FLAGS = (
    "-X google.golang.org/protobuf/reflect/protoregistry.conflictPolicy=ignore "
    f"-X {FABRIC_MODULE}/common/metadata.Version={BUILT_VERSION}"
)

CHAINCODE_SOURCES = ROOT / "chaincode"
OUR_PROGRAMS = ("chaincode", "sandbox")
# The same sources and the same Go give the same bytes, wherever they lie: organisations approve a program by its hash.
REPRODUCIBLE = ("-trimpath",)
STATIC = {"CGO_ENABLED": "0"}


@dataclass(frozen=True)
class Fabric:
    """Fabric's programs: the folder with peer, orderer and configtxgen, their version, and who told us of them."""

    bin: Path
    version: str
    found: str


def fabric() -> Fabric:
    """The programs to run: FABRIC_BIN, else what `make fabric` fetched, else PATH when recent enough, else our own."""
    told = os.environ.get("FABRIC_BIN")
    if told:
        return _told(Path(told).expanduser().resolve(), "from FABRIC_BIN")
    official = fetched.bin_folder(TOOLS)
    if official:
        return _told(official.resolve(), "fetched by make fabric")
    peer = shutil.which("peer")
    if peer:
        folder = Path(peer).resolve().parent
        version = fabric_version(folder)
        if version and _numbers(version) >= OLDEST_FOUND and not _missing(folder):
            return Fabric(folder, version, "found on PATH")
    return built()


def built() -> Fabric:
    """The programs that are built from Go modules."""
    return Fabric(BUILT / "bin", BUILT_VERSION, "built from Go modules")


def _told(folder: Path, found: str) -> Fabric:
    name = found.removeprefix("from ")
    missing = _missing(folder)
    if missing:
        raise Failed(f"{name} is {folder}, but there is no {' and no '.join(missing)} in it")
    version = fabric_version(folder)
    if not version:
        raise Failed(f"{name} is {folder}, but `peer version` does not run there")
    return Fabric(folder, version, found)


def _missing(folder: Path) -> list[str]:
    return [name for name in FABRIC_PROGRAMS if not os.access(folder / name, os.X_OK)]


def fabric_version(folder: Path) -> str | None:
    """What `peer version` says, without a leading v; None if it does not run."""
    try:
        command = [str(folder / "peer"), "version"]
        told = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"Version: v?(\S+)", told.stdout)
    return found[1] if found else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def fabric_step() -> Step:
    """Build Fabric's programs from Go modules, once."""
    inputs = digest([FABRIC_SOURCES / "go.mod", FABRIC_SOURCES / "go.sum"], LINKER_FLAGS)
    products = [*(BUILT / "bin" / name for name in FABRIC_PROGRAMS), BUILT / "sampleconfig" / "core.yaml"]
    title = f"Fabric {BUILT_VERSION}, built once from Go modules (about two minutes)"
    return Step("fabric", title, inputs, products, _build_fabric)


def _build_fabric() -> None:
    check_compiler()
    go = get_go()
    env = {**environment(go), "CGO_ENABLED": "1"}
    packages = [f"{FABRIC_MODULE}/cmd/{name}" for name in FABRIC_PROGRAMS]
    run(
        "Fabric: modules",
        [str(go), "list", "-deps", *packages],
        env=env,
        cwd=FABRIC_SOURCES,
        far=lambda output: f"{output.count('go: downloading')} downloaded",
    )
    total = len((run_quietly([str(go), "list", "-deps", *packages], env, FABRIC_SOURCES)).splitlines())
    (BUILT / "bin").mkdir(parents=True, exist_ok=True)
    build = [str(go), "build", "-v", "-ldflags", LINKER_FLAGS, "-o", f"{BUILT / 'bin'}{os.sep}", *packages]
    run(
        "Fabric: programs",
        build,
        env=env,
        cwd=FABRIC_SOURCES,
        far=lambda output: f"{output.count(chr(10))} of {total} packages compiled",
    )
    module = run_quietly([str(go), "list", "-m", "-f", "{{.Dir}}", FABRIC_MODULE], env, FABRIC_SOURCES).strip()
    (BUILT / "sampleconfig").mkdir(exist_ok=True)
    for name in ("core.yaml", "orderer.yaml", "configtx.yaml"):
        shutil.copyfile(Path(module) / "sampleconfig" / name, BUILT / "sampleconfig" / name)
    if fabric_version(BUILT / "bin") != BUILT_VERSION:
        raise Failed(f"The `peer` that was built does not run: {BUILT / 'bin' / 'peer'} version")


def run_quietly(argv: list[str], env: dict[str, str], folder: Path) -> str:
    """What a quick command prints."""
    done = subprocess.run(argv, env=env, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(argv[:3])} failed:\n{done.stderr}")
    return done.stdout


def chaincode_step() -> Step:
    """Build our chaincode and the sandbox when their sources changed."""
    sources = [path for path in CHAINCODE_SOURCES.rglob("*.go") if not path.name.endswith("_test.go")]
    inputs = digest([*sources, CHAINCODE_SOURCES / "go.mod", CHAINCODE_SOURCES / "go.sum"], *REPRODUCIBLE)
    products = [TOOLS / "bin" / name for name in OUR_PROGRAMS]
    return Step("chaincode", "Our chaincode", inputs, products, _build_chaincode)


def _build_chaincode() -> None:
    go = get_go()
    packages = [f"./cmd/{name}" for name in OUR_PROGRAMS]
    (TOOLS / "bin").mkdir(parents=True, exist_ok=True)
    run(
        "Chaincode",
        [str(go), "build", "-v", *REPRODUCIBLE, "-o", f"{TOOLS / 'bin'}{os.sep}", *packages],
        env={**environment(go), **STATIC},
        cwd=CHAINCODE_SOURCES,
        far=lambda output: f"{output.count(chr(10))} packages and modules",
    )
