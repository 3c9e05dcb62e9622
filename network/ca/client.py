"""What an organisation asks its Fabric CA for, through fabric-sdk-py's client of it.

Two things of the SDK are put right here: servers of today want the request's method and path under the signature, and
the cryptography library of today wants a curve, not its class. The SDK's message modules are not touched, so this may
be used beside any ledger driver.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hfc.fabric_ca import caservice
from hfc.util.crypto import crypto

from network.ca.layout import TLS
from network.errors import NetworkError
from network.native.certificates import Identity, is_low_s
from network.node import HOST

_TIMEOUT_SECONDS = 30.0
Value = TypeVar("Value")


@dataclass(frozen=True)
class Authority:
    """One authority of an organisation's server, spoken to over TLS."""

    organisation: str
    purpose: str
    port: int
    tls_root: str

    def enrol(self, name: str, secret: str, request: "Request") -> Identity:
        """A certificate for whoever knows the secret. Enrolled again until Fabric takes its signature as it is."""
        return self._low(request, lambda csr: self._enrol(name, secret, csr))

    def renew(self, present: Identity, request: "Request") -> Identity:
        """A new certificate for the holder of a present one."""
        holder = caservice.Enrollment(present.key, present.certificate_pem)

        def again(csr: str) -> bytes:
            asked = {"certificate_request": csr, "caname": self.purpose, "profile": self._profile()}
            certificate: bytes = self._client().reenroll(asked, holder)[0]
            return certificate

        return self._low(request, again)

    def register(self, registrar: Identity, name: str, role: str) -> str:
        """Let the authority know a new identity; the secret with which it enrols."""
        asked = {"id": name, "type": role, "affiliation": "", "max_enrollments": -1, "caname": self.purpose}
        return str(self._asked(lambda: self._client().register(asked, _holder(registrar))))

    def revoke(self, registrar: Identity, name: str) -> None:
        """End an identity with all its certificates."""
        asked = {"id": name, "reason": "cessationofoperation", "caname": self.purpose}
        self._asked(lambda: self._client().revoke(asked, _holder(registrar)))

    def revoked(self, registrar: Identity) -> bytes:
        """The authority's list of all certificates that it has revoked, DER."""
        asked = {"caname": self.purpose}
        listed = self._asked(lambda: self._client().generateCRL(asked, _holder(registrar)))
        return x509.load_pem_x509_crl(base64.b64decode(listed)).public_bytes(serialization.Encoding.DER)

    def __str__(self) -> str:
        return f"the {self.purpose} authority of {self.organisation}"

    def _enrol(self, name: str, secret: str, csr: str) -> bytes:
        certificate: bytes = self._client().enroll(name, secret, csr, self._profile())[0]
        return certificate

    def _low(self, request: "Request", ask: Callable[[str], bytes]) -> Identity:
        csr = request.pem()
        while True:
            certificate = x509.load_pem_x509_certificate(self._asked(lambda: ask(csr)))
            if is_low_s(certificate):
                return Identity(certificate, request.key)

    def _profile(self) -> str:
        return TLS if self.purpose == TLS else ""

    def _client(self) -> "_Client":
        ecies = crypto.ecies()
        ecies.curve = ec.SECP256R1()
        return _Client(f"https://{HOST}:{self.port}", self.tls_root, ca_name=self.purpose, cryptoPrimitives=ecies)

    def _asked(self, ask: Callable[[], Value]) -> Value:
        try:
            return ask()
        except requests.RequestException as error:
            raise NetworkError(f"{self} does not answer on port {self.port} ({type(error).__name__})") from error
        except ValueError as error:
            raise NetworkError(f"{self} refuses: {_said(error)}") from error


@dataclass(frozen=True)
class Request:
    """Who wants a certificate, for which key and, as a node, under which host names."""

    subject: x509.Name
    key: ec.EllipticCurvePrivateKey
    hosts: tuple[x509.GeneralName, ...] = ()

    def pem(self) -> str:
        builder = x509.CertificateSigningRequestBuilder().subject_name(self.subject)
        if self.hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName(self.hosts), critical=False)
        signed = builder.sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()


class _Client(caservice.CAClient):  # type: ignore[misc]
    """The SDK's client, with the signature that servers since 1.4 ask for."""

    def generateAuthToken(self, req: Any, registrar: Any) -> Any:  # noqa: N802 - the SDK's name
        return registrar  # what to sign is known only where it is sent

    def _send_ca_post(self, path: str, **param: Any) -> tuple[Any, int]:
        body = json.dumps(param.pop("json"))
        holder = param.pop("headers", {}).get("Authorization")
        headers = {"Content-Type": "application/json"}
        if holder is not None:
            headers["Authorization"] = self._token(holder, "POST", path, body)
        answer = requests.post(self._base_url + path, data=body, headers=headers, timeout=_TIMEOUT_SECONDS, **param)
        return answer.json(), answer.status_code

    def _token(self, holder: Any, method: str, path: str, body: str) -> str:
        uri, certificate = caservice.DEFAULT_CA_BASE_URL + path, _text(holder.cert)
        signed = f"{method}.{_text(uri.encode())}.{_text(body.encode())}.{certificate}"
        return f"{certificate}.{_text(self._cryptoPrimitives.sign(holder.private_key, signed.encode()))}"


def _holder(identity: Identity) -> Any:
    return caservice.Enrollment(identity.key, identity.certificate_pem)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _said(error: ValueError) -> str:
    """The server's own words out of the SDK's."""
    _, _, said = str(error).partition("errors ")
    return said or str(error)
