"""Makes every organisation's authorities, members and TLS certificates, in the folders Fabric reads.

An organisation has three authorities: one for those who sign, one for TLS, and one that only its peer and its chaincode
know, so that no other certificate opens the chaincode's door.
"""

from pathlib import Path

from network.native import certificates
from network.native.certificates import Identity
from network.native.layout import Identities, Layout, Membership, Tls
from network.topology import Member, Topology

CHAINCODE_CLIENT = "chaincode-client"
ADMIN, CLIENT = "admin", "client"
_ROLES = ("client", "peer", "admin", "orderer")


def make(topology: Topology, layout: Layout) -> None:
    """Everyone's certificates, for the whole life of this network."""
    for organisation in topology.organisations:
        _make_member(organisation, layout).chaincode(organisation.chaincode.name)
    for witness in topology.witnesses:
        _make_member(witness, layout)
    ordering = _Maker(topology.ordering.id, layout.identities(topology.ordering.id))
    for orderer in topology.ordering.orderers:
        ordering.node(orderer.name, "orderer")
    ordering.member(ADMIN, "admin")
    ordering.client(ADMIN)


def _make_member(member: Member, layout: Layout) -> "_Maker":
    maker = _Maker(member.id, layout.identities(member.id))
    maker.node(member.peer.name, "peer")
    maker.member(ADMIN, "admin")
    maker.member(CLIENT, "client")
    return maker


class _Maker:
    """One organisation's certificates."""

    def __init__(self, organisation_id: str, identities: Identities) -> None:
        self._id, self._identities = organisation_id, identities
        self._signing = self._authority("signing")
        self._tls = self._authority("tls")
        self._write_membership(identities.membership)

    def node(self, name: str, role: str) -> None:
        """A node signs what it endorses or orders, and serves TLS."""
        self._member(name, name, role)
        _write_tls(self._identities.tls(name), certificates.endpoint(self._tls, name, self._id), self._tls)

    def member(self, name: str, role: str) -> None:
        """Someone who signs but runs no node."""
        self._member(name, f"{name}@{self._id}", role)

    def client(self, name: str) -> None:
        """A TLS certificate to show to a node of the same organisation."""
        _write_tls(self._identities.tls(name), certificates.endpoint(self._tls, name, self._id), self._tls)

    def chaincode(self, name: str) -> None:
        """Both ends of the line between a peer and its chaincode."""
        authority = self._authority("chaincode")
        for end in (name, CHAINCODE_CLIENT):
            _write_tls(self._identities.tls(end), certificates.endpoint(authority, end, self._id), authority)

    def _authority(self, purpose: str) -> Identity:
        identity = certificates.authority(f"{purpose} authority", self._id)
        _write_tls(self._identities.authority(purpose), identity, identity)
        return identity

    def _member(self, folder: str, name: str, role: str) -> None:
        membership = self._identities.member(folder)
        self._write_membership(membership)
        identity = certificates.member(self._signing, name, self._id, role)
        _write(membership.certificate, identity.certificate_pem)
        _write_secret(membership.key, identity.key_pem)

    def _write_membership(self, membership: Membership) -> None:
        _write(membership.authority, self._signing.certificate_pem)
        _write(membership.tls_authority, self._tls.certificate_pem)
        _write(membership.roles, _node_roles(membership).encode())


def _node_roles(membership: Membership) -> str:
    """Fabric's config.yaml that reads a member's role out of its certificate's organisational unit."""
    authority = membership.authority.relative_to(membership.folder)
    lines = ["NodeOUs:", "  Enable: true"]
    for role in _ROLES:
        lines += [f"  {role.capitalize()}OUIdentifier:", f"    Certificate: {authority}"]
        lines += [f"    OrganizationalUnitIdentifier: {role}"]
    return "\n".join(lines) + "\n"


def _write_tls(tls: Tls, identity: Identity, authority: Identity) -> None:
    _write(tls.certificate, identity.certificate_pem)
    _write(tls.authority, authority.certificate_pem)
    _write_secret(tls.key, identity.key_pem)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _write_secret(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
