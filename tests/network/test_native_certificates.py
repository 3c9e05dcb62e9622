"""Certificates that every Fabric accepts, and keys that only their owner reads."""

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from network.native import certificates, identities
from network.native.identities import CHAINCODE_CLIENT
from network.native.layout import Layout
from network.topology import load


def test_no_certificate_has_a_high_s(tmp_path: Path) -> None:
    identities.make(load(), Layout(tmp_path))
    made = [
        x509.load_pem_x509_certificate(path.read_bytes()) for path in tmp_path.rglob("*.pem") if _is_certificate(path)
    ]
    assert len(made) > 30
    assert all(certificates.is_low_s(certificate) for certificate in made)


def test_a_member_is_signed_by_its_authority_and_carries_its_role() -> None:
    authority = certificates.authority("signing authority", "operator")
    peer = certificates.member(authority, "peer0", "operator", "peer").certificate
    peer.verify_directly_issued_by(authority.certificate)
    assert [each.value for each in peer.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)] == ["peer"]
    assert not peer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_an_endpoint_is_good_for_its_name_its_containers_host_and_this_machine() -> None:
    authority = certificates.authority("tls authority", "operator")
    names = certificates.endpoint(authority, "peer0.lonja", "operator").certificate.extensions
    alternatives = names.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternatives.get_values_for_type(x509.DNSName) == ["peer0.lonja", "peer0-lonja", "localhost"]
    assert [str(each) for each in alternatives.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    identities.make(load(), Layout(tmp_path))
    keys = list(tmp_path.rglob("key.pem"))
    assert keys
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def test_the_chaincode_trusts_nobody_but_its_peer(tmp_path: Path) -> None:
    """Its authority signed two certificates: its own and the one its peer shows."""
    topology, layout = load(), Layout(tmp_path)
    identities.make(topology, layout)
    for organisation in topology.organisations:
        own = layout.identities(organisation.id)
        trusted = own.tls(organisation.chaincode.name).authority.read_bytes()
        signed = {tls.name for tls in (own.folder / "tls").iterdir() if (tls / "ca.pem").read_bytes() == trusted}
        assert signed == {organisation.chaincode.name, CHAINCODE_CLIENT}


def _is_certificate(path: Path) -> bool:
    return b"BEGIN CERTIFICATE" in path.read_bytes()
