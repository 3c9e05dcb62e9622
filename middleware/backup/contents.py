"""What is in a backup, and where each part belongs in an installation."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from middleware import storage
from middleware.backup import sql
from middleware.config import Config

MANIFEST, DATABASE, KEY, TOPOLOGY, STATE = "manifest.json", "database", "key-encryption-key", "topology.yaml", "state"
REPLACED = "database.dump"  # what was in a PostgreSQL before
ASIDE = "replaced-"  # and when: what a restore put aside
STAGED = "restoring"  # a restore that has begun to move things; nothing starts while it is there
COMING = "restoring.coming"
_NETWORK, _NODES, _LOGS = "network", "nodes", "logs"
_NEVER = {"starter", _LOGS, STAGED, COMING}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `ledger` is the hash of the genesis file; `block` how far the mirror was."""

    at: str
    lonja: str
    ledger: str
    database: str
    revision: str
    block: int
    has_ledger: bool
    topology: str = ""

    def text(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def parts(config: Config, *, has_ledger: bool) -> Iterator[tuple[str, Path]]:
    """name in the backup → file of the installation, but for the database and what describes the backup."""
    if config.key_encryption_key_file.is_file():
        yield KEY, config.key_encryption_key_file
    apart = {config.key_encryption_key_file.absolute(), *sql.files(config)}
    for path in sorted(units(config.state)):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            inside = file.relative_to(config.state)
            if file.is_symlink() or not file.is_file() or file.absolute() in apart or sql.is_beside(file):
                continue
            if inside.parts[:2] == (_NETWORK, _LOGS) or (inside.parts[:2] == (_NETWORK, _NODES) and not has_ledger):
                continue
            yield f"{STATE}/{inside}", file


def units(state: Path) -> Iterator[Path]:
    """What a state folder consists of, each put aside and back as a whole."""
    for path in state.iterdir() if state.is_dir() else ():
        if path.name not in _NEVER and not path.name.startswith(ASIDE) and not path.is_socket():
            yield path


def ledger_hash(config: Config) -> str:
    """The genesis file's; "" where there is none."""
    return storage.digest(config.genesis_file.read_bytes()) if config.genesis_file.is_file() else ""


def network(state: Path) -> Path:
    """The folder of a native network: its certificates, and its ledgers."""
    return state / _NETWORK


def ledgers(state: Path) -> Path:
    """Where the nodes of a native network keep their ledgers."""
    return network(state) / _NODES
