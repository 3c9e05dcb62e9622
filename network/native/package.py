"""The chaincode package: not the program, only where its process listens and how to speak to it.

Each organisation installs its own, because each has its own process and its own keys; so their package ids differ.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from network.native.identities import CHAINCODE_CLIENT
from network.native.layout import Layout
from network.topology import Organisation, Topology

_TYPE = "ccaas"
ID, GENESIS = "CHAINCODE_ID", "LONJA_GENESIS_HASH"  # the chaincode's own settings
SERVICE = "chaincode/server"  # where a peer looks for what the builder says
# Fabric calls three programs: is this yours, keep what you need of it, tell me where the chaincode runs.
_BUILDER = {
    "detect": f"""grep -q '"type" *: *"{_TYPE}"' "$2/metadata.json\"""",
    "build": 'cp "$1/connection.json" "$3/connection.json"',
    "release": f'mkdir -p "$2/{SERVICE}" && cp "$1/connection.json" "$2/{SERVICE}/connection.json"',
}
PROGRAMS = tuple(_BUILDER)


def write_builder(folder: Path) -> None:
    """The external builder of chaincode that runs as a service."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    for name, command in _BUILDER.items():
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{command}\n")
        program.chmod(0o755)


def write(topology: Topology, layout: Layout, organisation: Organisation, number: int = 1, slot: int = 0) -> None:
    """One organisation's package. Its bytes decide its id, so times and order in it are fixed."""
    connection = _tar({"connection.json": _json(_connection(layout, organisation, slot))})
    metadata = _json({"path": "", "type": _TYPE, "label": _label(topology, number)})
    path = layout.package(organisation, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    coming = path.with_suffix(".coming")
    coming.touch(mode=0o600)  # it carries the key with which the peer knocks at its chaincode
    coming.write_bytes(_tar({"metadata.json": metadata, "code.tar.gz": connection}))
    os.replace(coming, path)


def package_id(topology: Topology, package: Path, number: int = 1) -> str:
    """The id under which every Fabric installs the package."""
    return f"{_label(topology, number)}:{hashlib.sha256(package.read_bytes()).hexdigest()}"


def _label(topology: Topology, number: int) -> str:
    return topology.chaincode.name if number == 1 else f"{topology.chaincode.name}_{number}"


def told(topology: Topology, package: Path, genesis: str, number: int = 1) -> dict[str, str]:
    """What a chaincode process is told of its package and its ledger."""
    return {ID: package_id(topology, package, number), GENESIS: genesis}


def write_told(folder: Path, told: Mapping[str, str]) -> None:
    """The same as files: a container is described before there is a package."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in told.items():
        (folder / name).write_text(value + "\n")


def told_by_files(folder: Path) -> dict[str, str]:
    """How a chaincode process is told of those files."""
    return {f"{name}_FILE": str(folder / name) for name in (ID, GENESIS)}


def _connection(layout: Layout, organisation: Organisation, slot: int) -> dict[str, object]:
    client = layout.identities(organisation.id).tls(CHAINCODE_CLIENT)
    return {
        "address": f"{organisation.chaincode.host}:{organisation.chaincode.ports[slot]}",
        "dial_timeout": "3s",
        "tls_required": True,
        "client_auth_required": True,
        "client_cert": client.certificate.read_text(),
        "client_key": client.key.read_text(),
        "root_cert": client.authority.read_text(),
    }


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


def _tar(files: dict[str, bytes]) -> bytes:
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(tarred.getvalue(), mtime=0)
