"""The Secrets that the manifests refer to, from a state folder that was prepared for containers.

They are printed and never written: what they hold is every key of the installation. Of whom PostgreSQL admits and which
certificate the outside is shown the state folder knows nothing; those two are made by hand (README.md).
"""

import base64
import json
import secrets
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from network.containers.container import LAYOUT
from network.errors import NetworkError
from network.kind import Kind
from network.kubernetes import base, files
from network.kubernetes.nodes import Manifest
from network.native import connection, made
from network.native.identities import write_secret
from network.native.layout import ROOT_IN_CONTAINERS, Layout
from network.topology import Topology

Entries = dict[str, bytes]
CONTAINERS = Kind.CONTAINERS.made_for
PRODUCT_OF = "operator"  # whose the product is that the base runs
PRODUCT = ("genesis", "keys", "console", "ledger")


def names() -> list[str]:
    """What they are called."""
    return [*(each.host for each in base.containers()), *PRODUCT]


def text(state: Path, organisations: Sequence[str] = ()) -> str:
    """All of them, or those of some organisations, for `kubectl apply -f -`."""
    known = base.known()
    everyone = [known.ordering.id, *(each.id for each in known.members())]
    if strangers := set(organisations) - set(everyone):
        raise NetworkError(f"there is no {', '.join(sorted(strangers))}; there are {', '.join(everyone)}")
    _check(state)
    try:
        found = [_secret(name, entries) for name, entries in _all(state, known, organisations or everyone)]
    except FileNotFoundError as error:
        raise NetworkError(f"a part of the network is gone: {error.filename}; put it back from a backup") from error
    return yaml.safe_dump_all(found, sort_keys=False, explicit_start=True)


def _check(state: Path) -> None:
    """Refuse a network that is not finished, or not the one that the manifests describe."""
    layout, genesis = Layout(state / "network"), state / "genesis.json"
    if not layout.made.exists() or not genesis.exists():
        raise NetworkError(f"no network has been made in {state}; README.md beside this program says how one is")
    wanted = made.record(base.fabric(), base.known(), 0, sha256(genesis.read_bytes()).hexdigest(), CONTAINERS)
    made.check(layout, wanted)


def _all(state: Path, known: Topology, wanted: Sequence[str]) -> Iterator[tuple[str, Entries]]:
    for container in base.containers():
        if container.organisation in wanted:
            yield container.host, {entry: (state / path).read_bytes() for entry, path in files.entries(container)}
    if PRODUCT_OF in wanted:
        yield "genesis", {"genesis.json": (state / "genesis.json").read_bytes()}
        yield "keys", {"key-encryption-key": (state / "key-encryption-key").read_bytes()}
        yield "console", {"console-key": _console_key(state / "console-key")}
        yield "ledger", _ledger(state, known)


def _ledger(state: Path, known: Topology) -> Entries:
    """Where peers and orderers are, who vouches for them, and the certificate with which the product asks them."""
    own = next(each for each in known.organisations if each.id == PRODUCT_OF)
    document = connection.document(base.fabric(), known, LAYOUT, own)
    for other in document["organisations"][1:]:
        del other["client"]  # none of the product's business
    entries: Entries = {}
    told = _flat(document, state, entries)
    return entries | {LAYOUT.connection_of(own.id).name: json.dumps(told, indent=1).encode()}


def _flat(value: Any, state: Path, entries: Entries) -> Any:
    """The same with each file's path as an entry of the Secret, whose folders are gone; the entries are collected."""
    match value:
        case dict():
            return {name: _flat(each, state, entries) for name, each in value.items()}
        case list():
            return [_flat(each, state, entries) for each in value]
        case str() if value.startswith(f"{LAYOUT.folder}/"):
            entry = str(Path(value).relative_to(LAYOUT.folder)).replace("/", ".")
            entries[entry] = (state / Path(value).relative_to(ROOT_IN_CONTAINERS)).read_bytes()
            return str(LAYOUT.folder / entry)
    return value


def _console_key(path: Path) -> bytes:
    """The key of the console's cookies, made where no console has run yet."""
    if not path.exists():
        write_secret(path, base64.urlsafe_b64encode(secrets.token_bytes(32)))
    return path.read_bytes()


def _secret(name: str, entries: Entries) -> Manifest:
    coded = {entry: base64.b64encode(content).decode() for entry, content in entries.items()}
    labels = {"app.kubernetes.io/part-of": "lonja"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": labels}, "data": coded}
