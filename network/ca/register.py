"""An installation's identities as its operator sees them: who there is and until when; enrol, renew, revoke."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from network.ca.authorities import Authorities
from network.ca.layout import SIGNING, TLS
from network.errors import NetworkError
from network.native.certificates import Identity
from network.native.identities import (
    ADMIN,
    CHAINCODE_CLIENT,
    CLIENT,
    full_name,
    organisation_ids,
    write_member,
    write_membership,
)
from network.native.layout import Identities, Layout
from network.topology import Topology

SOON_DAYS = 60
_REVOKED = "revoked"
SELF_MADE = "this network's certificates were made without Fabric CA: make run CA=fabric begins one with it"


@dataclass(frozen=True)
class Entry:
    """One certificate of a network."""

    organisation: str
    name: str
    purpose: str
    role: str
    path: Path
    ends: datetime
    revoked: bool = False

    @property
    def days(self) -> int:
        """How long it is good for."""
        return (self.ends - datetime.now(UTC)).days


def listed(topology: Topology, layout: Layout) -> list[Entry]:
    """Everyone's certificates, whoever made them; the first to end comes first."""
    found = [entry for id in organisation_ids(topology) for entry in _of(id, layout.identities(id))]
    return sorted(found, key=lambda entry: (entry.ends, entry.organisation, entry.name, entry.purpose))


def _of(organisation_id: str, identities: Identities) -> Iterator[Entry]:
    for folder in sorted((identities.folder / "members").glob("*")):
        yield _entry(organisation_id, folder.name, SIGNING, identities.member(folder.name).certificate)
    for folder in sorted((identities.folder / "tls").glob("*")):
        yield _entry(organisation_id, folder.name, TLS, identities.tls(folder.name).certificate)


def _entry(organisation_id: str, name: str, purpose: str, path: Path) -> Entry:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    units = [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    revoked = purpose == SIGNING and (path.parents[1] / _REVOKED).exists()
    ends = certificate.not_valid_after_utc
    return Entry(organisation_id, name, purpose, units[0] if units else "", path, ends, revoked)


def enrol(authorities: Authorities, organisation_id: str, name: str, role: str) -> Path:
    """Register a new identity, enrol it, and write what it needs to sign; returns its folder."""
    issuer = authorities.issuer(organisation_id)
    membership = authorities.layout.identities(organisation_id).member(name)
    if membership.certificate.exists():
        raise NetworkError(f"{organisation_id} has an identity {name} already; lonja identities renew {name}")
    secret = issuer.authority(SIGNING).register(issuer.registrar(), full_name(organisation_id, name), role)
    made = issuer.enrol(name, role, secret)
    write_membership(membership, issuer)
    write_member(membership, made)
    return membership.folder


def renew(authorities: Authorities, entry: Entry) -> datetime:
    """A new certificate for the same key, in the place of the present one; returns when it ends.

    Nodes and programs read it when they start.
    """
    if entry.revoked:
        raise NetworkError(f"{entry.name} of {entry.organisation} is revoked: enrol another name")
    if not renewable(authorities.topology, entry):
        raise NetworkError(
            f"the {entry.purpose} certificate of {entry.name} is not renewed: it stands in the channel's configuration,"
            " or in a chaincode package"
        )
    made = authorities.issuer(entry.organisation).renewed(entry.purpose, entry.name, _present(entry))
    coming = entry.path.with_suffix(".coming")
    coming.write_bytes(made.certificate_pem)
    os.replace(coming, entry.path)
    return made.certificate.not_valid_after_utc


def due(authorities: Authorities) -> list[Entry]:
    """What ends within 60 days and can be renewed."""
    every = listed(authorities.topology, authorities.layout)
    return [one for one in every if one.days < SOON_DAYS and not one.revoked and renewable(authorities.topology, one)]


def renewable(topology: Topology, entry: Entry) -> bool:
    """Whether an authority made it and nothing but its holder's own files has a copy of it."""
    orderers = {each.name for each in topology.ordering.orderers}
    if entry.purpose == SIGNING:
        return not (topology.ordering.byzantine and entry.name in orderers)
    return entry.name not in orderers | {CHAINCODE_CLIENT, *(each.chaincode.name for each in topology.organisations)}


def revoke(authorities: Authorities, organisation_id: str, name: str) -> bytes:
    """End an identity at its authority; returns the list of all it has revoked, which the channel must be told.

    Done again, it only returns the list: so what was broken off before the channel knew can be taken up.
    """
    issuer = authorities.issuer(organisation_id)
    membership = authorities.layout.identities(organisation_id).member(name)
    if name in (ADMIN, CLIENT):
        raise NetworkError(f"{name} is what the organisation itself signs with: it can be renewed, not revoked")
    if not membership.certificate.exists():
        raise NetworkError(f"{organisation_id} has no identity {name}; see: lonja identities list")
    authority, registrar, mark = issuer.authority(SIGNING), issuer.registrar(), membership.folder / _REVOKED
    if not mark.exists():
        authority.revoke(registrar, full_name(organisation_id, name))
        mark.touch()
    return authority.revoked(registrar)


def _present(entry: Entry) -> Identity:
    key = entry.path.with_name("key.pem") if entry.purpose == TLS else entry.path.parents[1] / "keystore" / "key.pem"
    private = load_pem_private_key(key.read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)  # noqa: S101 - we made it
    return Identity(x509.load_pem_x509_certificate(entry.path.read_bytes()), private)
