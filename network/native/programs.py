"""Fabric's own programs: which version they are, where their sample configuration is, how one is run to its end."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from network.errors import NetworkError

NEEDED = ("peer", "orderer", "configtxgen")
OLDEST = (2, 1)
MODULE = Path(__file__).parent.parent / "fabric"  # the Go module that pins the programs built where none are found
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_VERSION = re.compile(r"^\s*Version: v?((\d+)\.(\d+)\.\d+\S*)", re.MULTILINE)
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Fabric:
    """The programs of one folder. `release` is (major, minor)."""

    folder: Path
    version: str
    release: tuple[int, int]
    sample: Path

    @property
    def has_participation(self) -> bool:
        """Orderers join channels by themselves; before, a system channel made them."""
        return self.release >= (2, 3)

    @property
    def has_system_channel(self) -> bool:
        return not self.has_participation

    @property
    def has_byzantine(self) -> bool:
        """Its orderers can agree although some lie."""
        return self.release >= (3, 0)

    def program(self, name: str) -> str:
        return str(self.folder / name)


def look_at(folder: Path) -> Fabric:
    """What the folder holds, by asking the programs; raises NetworkError when they cannot be used."""
    folder = folder.resolve()
    for name in NEEDED:
        if not shutil.which(folder / name):
            raise NetworkError(f"there is no program {name} in {folder}; `make setup` builds one, or set FABRIC_BIN")
    told = run([str(folder / "peer"), "version"], env={"PATH": PATH}, timeout_seconds=_TIMEOUT_SECONDS)
    found = _VERSION.search(told)
    if found is None:
        raise NetworkError(f"{folder / 'peer'} does not say which version it is; it said: {told.strip()}")
    release = (int(found[2]), int(found[3]))
    if release < OLDEST:
        raise NetworkError(f"{folder} holds Fabric {found[1]}; 2.1 is the oldest that works. Set FABRIC_BIN to another")
    return Fabric(folder, found[1], release, _sample(folder))


def run(argv: Sequence[str], *, env: Mapping[str, str], timeout_seconds: float, cwd: Path | None = None) -> str:
    """Run a program to its end and return what it wrote to standard output.

    Raises NetworkError with its last words when it fails or takes longer than `timeout_seconds`.
    """
    name = " ".join([Path(argv[0]).name, *(word for word in argv[1:5] if not word.startswith("-"))])
    try:
        done = subprocess.run(
            argv, env=dict(env), cwd=cwd, timeout=timeout_seconds, capture_output=True, text=True, errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        raise NetworkError(f"`{name}` did not end within {timeout_seconds:g} s") from error
    except OSError as error:
        raise NetworkError(f"`{name}` cannot be started: {error}") from error
    if done.returncode != 0:
        words = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-6:])
        raise NetworkError(f"`{name}` failed: {words}")
    return done.stdout


def _sample(folder: Path) -> Path:
    """The folder with core.yaml and orderer.yaml that goes with the programs."""
    for candidate in (folder.parent / "config", folder.parent / "sampleconfig"):
        if _is_sample(candidate):
            return candidate
    pinned = _module_sample()
    if pinned is None:
        wanted = folder.parent / "config"
        raise NetworkError(f"{folder} has no configuration beside it: put core.yaml and orderer.yaml into {wanted}")
    return pinned


def _module_sample() -> Path | None:
    """The sample of the pinned Go module, where Go is installed; fit for any version once adapted."""
    go = shutil.which("go")
    if go is None or not (MODULE / "go.mod").exists():
        return None
    list_module = [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "github.com/hyperledger/fabric"]
    try:
        found = subprocess.run(list_module, cwd=MODULE, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    candidate = Path(found.stdout.strip() or "/nonexistent") / "sampleconfig"
    return candidate if _is_sample(candidate) else None


def _is_sample(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("core.yaml", "orderer.yaml"))
