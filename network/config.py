"""Settings of `python -m network` and of the doctor. The only module of the network that reads the environment."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from network import fetched
from network.errors import NetworkError
from network.kind import Kind
from network.native import programs
from network.topology import NAMED, TOPOLOGY

ROOT = Path(__file__).resolve().parent.parent
OLDEST_ON_PATH = (2, 5)


@dataclass(frozen=True)
class Config:
    """Which network is meant, and with which programs it runs."""

    state: Path
    shift: int
    fabric_bin: Path
    chaincode: Path
    topology: Path = TOPOLOGY
    kind: Kind = Kind.NATIVE

    def genesis_hash(self) -> str:
        """The SHA-256 of the genesis file; raises NetworkError where there is none."""
        path = self.state / "genesis.json"
        try:
            return sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise NetworkError(f"there is no {path}; type: lonja migrate && lonja genesis") from error


def load(environment: Mapping[str, str] | None = None) -> Config:
    """Settings from LONJA_STATE, LONJA_PORT_SHIFT, LONJA_TOPOLOGY, LONJA_NETWORK, LONJA_CHAINCODE, FABRIC_BIN and PATH.

    Raises NetworkError for one that is wrong.
    """
    values = os.environ if environment is None else environment
    shift = values.get("LONJA_PORT_SHIFT") or "0"
    if not (shift.isascii() and shift.isdigit()):
        raise NetworkError(f"LONJA_PORT_SHIFT is {shift!r}; it must be a whole number, 0 or more")
    return Config(
        state=Path(values.get("LONJA_STATE") or ".state/run").absolute(),
        shift=int(shift),
        fabric_bin=_fabric_bin(values),
        chaincode=chaincode(values),
        topology=topology(values),
        kind=kind(values),
    )


def chaincode(environment: Mapping[str, str] | None = None) -> Path:
    """The program that the ledger is to run: LONJA_CHAINCODE, else what `make setup` builds."""
    values = os.environ if environment is None else environment
    told = values.get("LONJA_CHAINCODE")
    return Path(told).expanduser().absolute() if told else ROOT / ".tools" / "bin" / "chaincode"


def topology(environment: Mapping[str, str] | None = None) -> Path:
    """The file that says who takes part: the name or the path in LONJA_TOPOLOGY, else the market's."""
    values = os.environ if environment is None else environment
    told = values.get("LONJA_TOPOLOGY") or "market"
    path = NAMED.get(told) or Path(told).expanduser().absolute()
    if not path.is_file():
        raise NetworkError(f"LONJA_TOPOLOGY is {told!r}: neither a file nor one of {', '.join(NAMED)}")
    return path


def kind(environment: Mapping[str, str] | None = None) -> Kind:
    """How the network's programs run: LONJA_NETWORK, else as processes of this machine."""
    values = os.environ if environment is None else environment
    told = values.get("LONJA_NETWORK") or Kind.NATIVE
    try:
        return Kind(told)
    except ValueError:
        raise NetworkError(f"LONJA_NETWORK is {told!r}; it can be {', '.join(Kind)}") from None


def certified(environment: Mapping[str, str] | None = None) -> bool:
    """Whether a network that is made now has its certificates from Fabric CA: LONJA_CA."""
    values = os.environ if environment is None else environment
    told = values.get("LONJA_CA") or ""
    if told not in ("", "fabric"):
        raise NetworkError(f"LONJA_CA is {told!r}; it can be fabric, or nothing for certificates of our own making")
    return bool(told)


def _fabric_bin(values: Mapping[str, str]) -> Path:
    """FABRIC_BIN, else what `make fabric` fetched, else PATH when recent enough, else what `make setup` builds."""
    told = values.get("FABRIC_BIN")
    if told:
        return Path(told).expanduser().absolute()
    if official := fetched.bin_folder(ROOT / ".tools"):
        return official
    peer = shutil.which("peer", path=values.get("PATH"))
    if peer and _recent(Path(peer).resolve().parent):
        return Path(peer).resolve().parent
    return ROOT / ".tools" / "fabric-2.1.1" / "bin"


def _recent(folder: Path) -> bool:
    try:
        return programs.look_at(folder).release >= OLDEST_ON_PATH
    except NetworkError:
        return False
