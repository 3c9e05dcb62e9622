"""Writes every organisation's authorities, members and TLS certificates into the folders Fabric reads.

An organisation has three authorities: one for those who sign, one for TLS, and one that only its peer and its chaincode
know, so that no other certificate opens the chaincode's door.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from network.native import certificates
from network.native.certificates import Identity
from network.native.layout import Identities, Layout, Membership, Tls
from network.topology import Topology

CHAINCODE_CLIENT = "chaincode-client"
ADMIN, CLIENT = "admin", "client"
_ROLES = ("client", "peer", "admin", "orderer")


class Issuer(Protocol):
    """Who certifies one organisation's members and nodes: two roots, one for those who sign and one for TLS."""

    def root(self, purpose: str) -> bytes:
        """The certificate of the root for `purpose`: signing or tls."""

    def member(self, name: str, role: str) -> Identity:
        """A signing identity."""

    def endpoint(self, name: str) -> Identity:
        """A TLS certificate."""


def make(topology: Topology, layout: Layout, issuers: Callable[[str], Issuer] | None = None) -> None:
    """Everyone's certificates, by each organisation's issuer; by roots of our own making where none is given."""
    wanted = issuers or (lambda id: SelfMade(id, layout.identities(id)))
    makers = {id: _Maker(id, layout.identities(id), wanted(id)) for id in organisation_ids(topology)}
    for organisation in topology.organisations:
        makers[organisation.id].chaincode(organisation.chaincode.name)
    for id, purpose, name, role in everyone(topology):
        if purpose == "signing":
            makers[id].member(name, role)
        else:
            makers[id].endpoint(name)


def organisation_ids(topology: Topology) -> list[str]:
    """Everyone who has certificates."""
    return [*(each.id for each in topology.members()), topology.ordering.id]


def everyone(topology: Topology) -> Iterator[tuple[str, str, str, str]]:
    """(organisation, purpose, name, role) of every certificate that a network needs."""
    for member in topology.members():
        yield from _node(member.id, member.peer.name, "peer")
        yield member.id, "signing", ADMIN, "admin"
        yield member.id, "signing", CLIENT, "client"
    for orderer in topology.ordering.orderers:
        yield from _node(topology.ordering.id, orderer.name, "orderer")
    yield topology.ordering.id, "signing", ADMIN, "admin"
    yield topology.ordering.id, "tls", ADMIN, "client"


def _node(organisation_id: str, name: str, role: str) -> Iterator[tuple[str, str, str, str]]:
    """A node signs what it endorses or orders, and serves TLS."""
    yield organisation_id, "signing", name, role
    yield organisation_id, "tls", name, role


def full_name(organisation_id: str, name: str) -> str:
    """The name in a certificate: a node's own; of someone who runs no node, whose."""
    return name if "." in name else f"{name}@{organisation_id}"


class SelfMade:
    """Roots that are made here and kept beside what they certify."""

    def __init__(self, organisation_id: str, identities: Identities) -> None:
        self._id, self._identities = organisation_id, identities
        self._signing, self._tls = self._root("signing"), self._root("tls")

    def root(self, purpose: str) -> bytes:
        return (self._signing if purpose == "signing" else self._tls).certificate_pem

    def member(self, name: str, role: str) -> Identity:
        return certificates.member(self._signing, full_name(self._id, name), self._id, role)

    def endpoint(self, name: str) -> Identity:
        return certificates.endpoint(self._tls, name, self._id)

    def _root(self, purpose: str) -> Identity:
        identity = certificates.authority(f"{purpose} authority", self._id)
        write_tls(self._identities.authority(purpose), identity, identity.certificate_pem)
        return identity


class _Maker:
    """One organisation's certificates."""

    def __init__(self, organisation_id: str, identities: Identities, issuer: Issuer) -> None:
        self._id, self._identities, self._issuer = organisation_id, identities, issuer
        self._write_membership(identities.membership)

    def member(self, name: str, role: str) -> None:
        """Someone who signs: a node, an administrator, a client."""
        membership = self._identities.member(name)
        self._write_membership(membership)
        write_member(membership, self._issuer.member(name, role))

    def endpoint(self, name: str) -> None:
        """A TLS certificate, for a node to serve with or to show to a node of the same organisation."""
        write_tls(self._identities.tls(name), self._issuer.endpoint(name), self._issuer.root("tls"))

    def chaincode(self, name: str) -> None:
        """Both ends of the line between a peer and its chaincode, which no authority but their own knows."""
        authority = certificates.authority("chaincode authority", self._id)
        write_tls(self._identities.authority("chaincode"), authority, authority.certificate_pem)
        for end in (name, CHAINCODE_CLIENT):
            identity = certificates.endpoint(authority, end, self._id)
            write_tls(self._identities.tls(end), identity, authority.certificate_pem)

    def _write_membership(self, membership: Membership) -> None:
        write_membership(membership, self._issuer)


def write_membership(membership: Membership, issuer: Issuer) -> None:
    """Whose signatures count, and how roles are read from certificates."""
    _write(membership.authority, issuer.root("signing"))
    _write(membership.tls_authority, issuer.root("tls"))
    _write(membership.roles, _node_roles(membership).encode())


def write_member(membership: Membership, identity: Identity) -> None:
    """A member's own certificate and key."""
    _write(membership.certificate, identity.certificate_pem)
    write_secret(membership.key, identity.key_pem)


def _node_roles(membership: Membership) -> str:
    """Fabric's config.yaml that reads a member's role out of its certificate's organisational unit."""
    authority = membership.authority.relative_to(membership.folder)
    lines = ["NodeOUs:", "  Enable: true"]
    for role in _ROLES:
        lines += [f"  {role.capitalize()}OUIdentifier:", f"    Certificate: {authority}"]
        lines += [f"    OrganizationalUnitIdentifier: {role}"]
    return "\n".join(lines) + "\n"


def write_tls(tls: Tls, identity: Identity, authority: bytes) -> None:
    """A TLS certificate, its key, and the root that vouches for the other side."""
    _write(tls.certificate, identity.certificate_pem)
    _write(tls.authority, authority)
    write_secret(tls.key, identity.key_pem)


def write_secret(path: Path, content: bytes) -> None:
    """A file that its owner alone reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
