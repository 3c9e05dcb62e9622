"""An organisation's Fabric CA server: what it is told, and the program for a supervisor."""

import os
import secrets
from pathlib import Path
from typing import Any

import yaml

from network.ca.layout import PURPOSES, SIGNING, TLS, Home
from network.ca.program import VERSION
from network.native import certificates
from network.native.identities import write_secret, write_tls
from network.native.probe import serves
from network.native.programs import PATH
from network.node import HOST
from network.process import Process

REGISTRAR = "registrar"
_YEAR = "8760h"
_LATE = {"reenrollignorecertexpiry": True}  # who was stopped for long still has the key, and is renewed
_REGISTRAR_MAY = {
    "hf.Registrar.Roles": "*",
    "hf.Registrar.DelegateRoles": "*",
    "hf.Registrar.Attributes": "*",
    "hf.Revoker": True,
    "hf.GenCRL": True,
}


def name(organisation_id: str) -> str:
    """The host name of an organisation's server."""
    return f"ca.{organisation_id}.lonja"


def write(home: Home, organisation_id: str, port: int, identities: dict[str, dict[str, str]]) -> None:
    """Roots, the server's certificate and its settings, once. `identities`: purpose → name → role, to be enrolled."""
    if home.config.exists():
        return
    home.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    roots = {purpose: certificates.authority(f"{purpose} authority", organisation_id) for purpose in PURPOSES}
    for purpose, root in roots.items():
        write_tls(home.root(purpose), root, root.certificate_pem)
    own = certificates.endpoint(roots[TLS], name(organisation_id), organisation_id)
    write_tls(home.server, own, roots[TLS].certificate_pem)
    _write(home.second, _authority(home, TLS, identities[TLS]))
    _write(home.config, _authority(home, SIGNING, identities[SIGNING]) | _server(home, port))  # last: now it is whole


def secret(home: Home, purpose: str, identity: str) -> str:
    """With what an identity that the server knew from its beginning is enrolled; "" where it did not."""
    document = yaml.safe_load((home.config if purpose == SIGNING else home.second).read_text())
    return next((str(each["pass"]) for each in document["registry"]["identities"] if each["name"] == identity), "")


def process(home: Home, organisation_id: str, program: Path, port: int, log: Path, address: str = HOST) -> Process:
    """The server, for a supervisor."""
    return Process(
        name=name(organisation_id),
        argv=(str(program), "start", "--home", str(home.folder), "--address", address),
        env={
            "PATH": PATH,
            "FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS": f"{address}:{port + 1}",
            "FABRIC_CA_SERVER_LOGLEVEL": "warning",
        },
        cwd=home.folder,
        log=log,
        ready=serves(port, name(organisation_id), home.server.authority),
    )


def _server(home: Home, port: int) -> dict[str, Any]:
    return {
        "version": VERSION,
        "port": port,
        "tls": {"enabled": True, "certfile": str(home.server.certificate), "keyfile": str(home.server.key)},
        "cafiles": [str(home.second)],
        "metrics": {"provider": "disabled"},
    }


def _authority(home: Home, purpose: str, identities: dict[str, str]) -> dict[str, Any]:
    root, folder = home.root(purpose), home.folder if purpose == SIGNING else home.folder / purpose
    registry = [_identity(REGISTRAR, "client") | {"attrs": _REGISTRAR_MAY}]
    registry += [_identity(identity, role) for identity, role in identities.items()]
    return {
        "ca": {"name": purpose, "certfile": str(root.certificate), "keyfile": str(root.key)} | _LATE,
        "crl": {"expiry": _YEAR},
        "registry": {"maxenrollments": -1, "identities": registry},
        "db": {"type": "sqlite3", "datasource": str(folder / f"{purpose}.db")},
        "affiliations": {},
        "signing": _signing(),
        "bccsp": {"default": "SW", "sw": {"hash": "SHA2", "security": 256, "filekeystore": {"keystore": "keystore"}}},
    }


def _signing() -> dict[str, Any]:
    tls = {"usage": ["signing", "server auth", "client auth"], "expiry": _YEAR}
    return {"default": {"usage": ["digital signature"], "expiry": _YEAR}, "profiles": {TLS: tls}}


def _identity(identity: str, role: str) -> dict[str, Any]:
    return {"name": identity, "pass": secrets.token_urlsafe(24), "type": role, "affiliation": ""}


def _write(path: Path, document: dict[str, Any]) -> None:
    coming = path.with_suffix(".coming")
    write_secret(coming, yaml.safe_dump(document, sort_keys=False).encode())
    os.replace(coming, path)
