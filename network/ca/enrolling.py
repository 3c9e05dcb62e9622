"""Members and nodes of an organisation are certified by its Fabric CA, instead of by roots of our own making."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from network.ca import server
from network.ca.client import Authority, Request
from network.ca.layout import SIGNING, TLS, Home
from network.errors import NetworkError
from network.native import certificates
from network.native.certificates import Identity
from network.native.identities import full_name


@dataclass(frozen=True)
class Enrolling:
    """One organisation's issuer: its members and nodes are enrolled at its server."""

    organisation: str
    home: Home
    port: int

    def root(self, purpose: str) -> bytes:
        return self.home.root(purpose).certificate.read_bytes()

    def authority(self, purpose: str) -> Authority:
        return Authority(self.organisation, purpose, self.port, str(self.home.server.authority))

    def member(self, name: str, role: str) -> Identity:
        return self._enrol(SIGNING, full_name(self.organisation, name), self._request(name, role))

    def endpoint(self, name: str) -> Identity:
        return self._enrol(TLS, full_name(self.organisation, name), self._request(name, hosts=True))

    def registrar(self) -> Identity:
        """Who may register and revoke."""
        return self._enrol(SIGNING, server.REGISTRAR, self._request(server.REGISTRAR, bare=True))

    def enrol(self, name: str, role: str, secret: str) -> Identity:
        """A signing identity that was registered after the server's beginning."""
        made = self.authority(SIGNING).enrol(full_name(self.organisation, name), secret, self._request(name, role))
        return self._issued(SIGNING, made)

    def renewed(self, purpose: str, name: str, present: Identity) -> Identity:
        """The same identity with a new certificate for the same key."""
        request = Request(present.certificate.subject, present.key, certificates.hosts(name) if purpose == TLS else ())
        return self._issued(purpose, self.authority(purpose).renew(present, request))

    def _enrol(self, purpose: str, name: str, request: Request) -> Identity:
        secret = server.secret(self.home, purpose, name)
        return self._issued(purpose, self.authority(purpose).enrol(name, secret, request))

    def _request(self, name: str, role: str = "", *, hosts: bool = False, bare: bool = False) -> Request:
        subject = certificates.subject(name if bare else full_name(self.organisation, name), self.organisation, role)
        key = ec.generate_private_key(ec.SECP256R1())
        return Request(subject, key, certificates.hosts(name) if hosts else ())

    def _issued(self, purpose: str, made: Identity) -> Identity:
        """Refuse a certificate of another root: a server that was told too late of its own makes one up."""
        root = x509.load_pem_x509_certificate(self.root(purpose))
        try:
            made.certificate.verify_directly_issued_by(root)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise NetworkError(
                f"{self.authority(purpose)} certifies by another root than {self.home.folder}"
            ) from error
        return made
