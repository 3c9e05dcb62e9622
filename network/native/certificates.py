"""Certificates that every supported Fabric accepts: P-256, and always with a low-S signature.

Fabric rewrites a high-S signature of a certificate it loads, and Go's newer verifier then no longer recognises the
authority: with random signatures every second network dies at start. So each certificate is signed again, with a new
serial number, until its S is in the lower half of the curve's order.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from network.node import host_of

AUTHORITY_DAYS = 3650
LEAF_DAYS = 730
_HALF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 // 2
_STARTS_EARLIER = timedelta(minutes=5)  # so that a clock a little behind accepts what was just made


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def authority(name: str, organisation: str) -> Identity:
    """A self-signed root for one purpose of one organisation."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = subject(name, organisation)
    builder = _builder(named, named, key, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return Identity(_sign_low(builder, key), key)


def member(issuer: Identity, name: str, organisation: str, role: str) -> Identity:
    """A signing identity; `role` (peer, orderer, admin, client) is what Fabric takes it for (NodeOUs)."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _leaf(issuer, key, subject(name, organisation, role))
    return Identity(_sign_low(builder, issuer.key), key)


def endpoint(issuer: Identity, name: str, organisation: str) -> Identity:
    """A TLS certificate for a node, on this machine or in a container; good as server and as client."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _leaf(issuer, key, subject(name, organisation))
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(hosts(name)), critical=False)
    return Identity(_sign_low(builder, issuer.key), key)


def is_low_s(certificate: x509.Certificate) -> bool:
    """Whether Fabric will leave this certificate's signature as it is."""
    _, s = decode_dss_signature(certificate.signature)
    return s <= _HALF_ORDER


def hosts(name: str) -> tuple[x509.GeneralName, ...]:
    """Under which names a node is called: by its own, by its container's, and on this machine."""
    names = dict.fromkeys((name, host_of(name), "localhost"))
    return *map(x509.DNSName, names), x509.IPAddress(ip_address("127.0.0.1"))


def subject(name: str, organisation: str, role: str = "") -> x509.Name:
    """Whom a certificate is for."""
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)]
    if role:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.not_valid_before(now - _STARTS_EARLIER).not_valid_after(now + timedelta(days=days))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _leaf(issuer: Identity, key: ec.EllipticCurvePrivateKey, subject: x509.Name) -> x509.CertificateBuilder:
    builder = _builder(subject, issuer.certificate.subject, key, LEAF_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return builder.add_extension(above, critical=False)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _sign_low(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    while True:
        certificate = builder.serial_number(x509.random_serial_number()).sign(key, hashes.SHA256())
        if is_low_s(certificate):
            return certificate
