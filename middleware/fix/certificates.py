"""Certificates of FIX sessions: a small authority of this installation, the gate's own, and one for each counterparty.

Who may call is not decided by the authority but by the fingerprint that a session's row names.
"""

import ipaddress
import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from middleware import clock

VALID = timedelta(days=825)
AUTHORITY_VALID = timedelta(days=3650)
AUTHORITY, GATE = "authority", "gate"


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and its certificate, as files."""

    key: Path
    certificate: Path

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate: what a session is pinned to."""
        return fingerprint(x509.load_pem_x509_certificate(self.certificate.read_bytes()))


def folder(state: Path) -> Path:
    """Where they stand, readable by nobody else."""
    path = state / "fix" / "tls"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def pair(state: Path, name: str) -> Pair:
    """Where the key and the certificate of this name are."""
    return Pair(folder(state) / f"{name}.key.pem", folder(state) / f"{name}.pem")


def authority(state: Path) -> Pair:
    """Who signs the others; made once."""
    files = pair(state, AUTHORITY)
    if not files.certificate.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Lonja FIX")
        made = _begun(name, name, key, AUTHORITY_VALID)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        _write(files, key, made.sign(key, hashes.SHA256()))
    return files


def gate(state: Path) -> Pair:
    """What the gate shows to whoever calls."""
    return _signed(state, GATE, ExtendedKeyUsageOID.SERVER_AUTH)


def client(state: Path, comp_id: str) -> Pair:
    """A counterparty's key and certificate; those that are there stay."""
    return _signed(state, comp_id, ExtendedKeyUsageOID.CLIENT_AUTH)


def shown(state: Path) -> Iterator[tuple[str, str]]:
    """Every certificate that there is, as PEM text, with its holder's name."""
    for path in sorted(folder(state).glob("*.pem")):
        if not path.name.endswith(".key.pem"):
            yield f"FIX {path.stem}", path.read_text()


def server_context(state: Path) -> ssl.SSLContext:
    """TLS 1.2 or later; a client shows a certificate of our authority or is not heard."""
    files = gate(state)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    context.load_verify_locations(authority(state).certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def fingerprint(certificate: x509.Certificate) -> str:
    """The SHA-256 of a certificate, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def fingerprint_of(der: bytes) -> str:
    """The same, of one as TLS hands it over."""
    return fingerprint(x509.load_der_x509_certificate(der))


def _signed(state: Path, name: str, usage: x509.ObjectIdentifier) -> Pair:
    files = pair(state, name)
    if files.certificate.exists():
        return files
    signer = authority(state)
    issuer = x509.load_pem_x509_certificate(signer.certificate.read_bytes())
    issuer_key = serialization.load_pem_private_key(signer.key.read_bytes(), None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - as authority() made it
    key = ec.generate_private_key(ec.SECP256R1())
    made = _begun(_name(name), issuer.subject, key, VALID)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    made = made.add_extension(x509.SubjectAlternativeName(_HERE), critical=False)
    _write(files, key, made.sign(issuer_key, hashes.SHA256()))
    return files


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid: timedelta
) -> x509.CertificateBuilder:
    now = clock.now()
    begun = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    begun = begun.serial_number(x509.random_serial_number())
    return begun.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + valid)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(files: Pair, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """The key first: a certificate that is there has its key."""
    pem, form, open_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    for path, content in (
        (files.key, key.private_bytes(pem, form, open_)),
        (files.certificate, certificate.public_bytes(pem)),
    ):
        new = path.with_suffix(".new")
        with open(new, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
        new.replace(path)


_HERE = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
