"""What a network was made with, and whether it can still be started with what is there today.

The record is written last, so a folder without it was never finished. A network cannot change its ports, its genesis,
its members or its Fabric release afterwards: those are in its blocks. Better to say so than to fail in a node's log.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509

from network.errors import NetworkError
from network.kind import Kind
from network.native.layout import Layout
from network.native.programs import Fabric
from network.topology import Topology

_MADE_FOR = {
    "native": "this network was made for programs of this machine: leave LONJA_NETWORK unset",
    "containers": "this network was made for containers: type make run NETWORK=docker (or set LONJA_NETWORK=docker)",
}
AGAIN = "`make clean` forgets the network and its ledger, the next start makes a new one"


@dataclass(frozen=True)
class Made:
    """The parts of a network that its ledger fixes for ever."""

    fabric: str
    shift: int
    genesis: str
    members: str
    made_for: str = Kind.NATIVE.made_for


def record(fabric: Fabric, topology: Topology, shift: int, genesis: str, made_for: str = Kind.NATIVE.made_for) -> Made:
    """What a network made now would be made with."""
    major, minor = fabric.release
    return Made(f"{major}.{minor}", shift, genesis, sha256(repr(_fixed(topology)).encode()).hexdigest(), made_for)


def write(layout: Layout, made: Made) -> None:
    """Say that the network is complete."""
    coming = layout.made.with_suffix(".coming")
    coming.write_text(json.dumps(asdict(made), indent=1) + "\n")
    os.replace(coming, layout.made)


def check(layout: Layout, wanted: Made) -> None:
    """Return when what is there, if anything, can be started as wanted; raises NetworkError otherwise."""
    if not layout.made.exists():
        if any(layout.nodes.glob("*/production")) or any(layout.nodes.glob("*/ledger")):
            raise NetworkError(f"{layout.folder} holds ledgers but not the record of how they were made; {AGAIN}")
        return
    try:
        found = Made(**json.loads(layout.made.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise NetworkError(f"{layout.made} cannot be read ({error}); {AGAIN}") from error
    _refuse_other(found, wanted)
    _refuse_expired(layout)


def clear_unfinished(layout: Layout) -> None:
    """Remove what a `prepare` that was broken off left: no node has run on it."""
    for part in (layout.crypto, layout.channel, layout.folder / "packages", layout.nodes):
        shutil.rmtree(part, ignore_errors=True)
    layout.deployment.unlink(missing_ok=True)


def _fixed(topology: Topology) -> tuple[object, ...]:
    """What the channel's configuration holds. The chaincode's definition is not part of it: it may be raised."""
    beyond = [topology.ordering.byzantine] if topology.ordering.byzantine else []
    fixed = (topology.channel, topology.organisations, topology.ordering, topology.policies)
    return (*fixed, *beyond, *topology.witnesses)


def _refuse_other(found: Made, wanted: Made) -> None:
    if found.made_for != wanted.made_for:
        raise NetworkError(f"{_MADE_FOR[found.made_for]}. Or: {AGAIN}")
    if found.fabric != wanted.fabric:
        raise NetworkError(
            f"this network runs Fabric {found.fabric}, the programs found are {wanted.fabric};"
            f" set FABRIC_BIN to a folder with {found.fabric}. Or: {AGAIN}"
        )
    if found.shift != wanted.shift:
        raise NetworkError(f"this network has its ports shifted by {found.shift}: set LONJA_PORT_SHIFT={found.shift}")
    if found.genesis != wanted.genesis:
        raise NetworkError(
            f"this network's ledger began with the genesis {found.genesis[:12]}…, genesis.json is now"
            f" {wanted.genesis[:12]}…: put the first file back. Or: {AGAIN}"
        )
    if found.members != wanted.members:
        raise NetworkError(
            "the topology is not the one that this network was made with: put its file back, or name it"
            f" (make run TOPOLOGY=…). Or: {AGAIN}"
        )


def _refuse_expired(layout: Layout) -> None:
    now = datetime.now(UTC)
    for path in sorted(layout.crypto.rglob("certificate.pem")):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            raise NetworkError(
                f"the clock says {now:%Y-%m-%d %H:%M} UTC, but {path} is good from {begins:%Y-%m-%d %H:%M}"
                f" to {ends:%Y-%m-%d %H:%M}. If the clock is right: {AGAIN}"
            )
