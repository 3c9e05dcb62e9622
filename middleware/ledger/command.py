"""A signed command, the same bytes for everybody: compact JWS, ES256, over canonical JSON (RFC 7515, RFC 8785)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from middleware import clock
from middleware.errors import Error

VERSION = "1"
MAXIMUM_SIZE = 64 * 1024
_FIELDS = frozenset(("args", "expires_at", "function", "id", "ledger", "party", "version"))
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_ES256 = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Command:
    """What a JWS says; its signature is not checked by parsing."""

    party: str
    id: str
    function: str
    args: dict[str, Any]
    ledger: str
    expires_at: datetime
    kid: str
    hash: str


def encode(*, ledger: str, party: str, id: str, function: str, args: Mapping[str, Any], expires_at: datetime) -> bytes:
    """The payload that is signed. Every scalar in args is a string; absent is ""."""
    payload = {
        "args": dict(args),
        "expires_at": clock.text(expires_at),
        "function": function,
        "id": id,
        "ledger": ledger,
        "party": party,
        "version": VERSION,
    }
    return canonical(payload)


def canonical(value: Any) -> bytes:
    """RFC 8785 text of a value made of strings, objects and arrays; nothing else may be signed."""
    plain = _only_text(value)
    try:
        if plain:  # then the standard library's encoder, ten times as fast, writes the same bytes
            return _encoder.encode(value).encode()
        return rfc8785.dumps(value)
    except (UnicodeEncodeError, rfc8785.CanonicalizationError):
        raise Error("invalid", "text holds half a character", reason="envelope", field="args") from None


def body_hash(payload: bytes) -> str:
    """What tells two commands of the same id apart."""
    return hashlib.sha256(payload).hexdigest()


def sign(key: ec.EllipticCurvePrivateKey, kid: str, payload: bytes) -> str:
    """The compact JWS of a payload. The header's bytes are fixed, so nothing in it can be chosen."""
    head = f"{_header(kid)}.{_text(payload)}"
    r, s = decode_dss_signature(key.sign(head.encode(), _ES256))
    return f"{head}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def parse(jws: str) -> Command:
    """What a JWS that was signed elsewhere says. Refuses what the ledger would refuse as an envelope."""
    if len(jws) > MAXIMUM_SIZE:
        raise _bad(f"it is {len(jws)} bytes long, {MAXIMUM_SIZE} are allowed")
    header, payload, signature = _parts(jws)
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        raise _bad("its payload is not JSON") from None
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        raise _bad(f"its payload must have exactly the fields {', '.join(sorted(_FIELDS))}")
    if not isinstance(fields["args"], dict) or not all(isinstance(fields[name], str) for name in _FIELDS - {"args"}):
        raise _bad("its args must be an object and its other fields text")
    if canonical(fields) != payload:
        raise _bad("its payload is not canonical JSON (RFC 8785)")
    if fields["version"] != VERSION:
        raise _bad(f"version {fields['version']!r} is not known")
    kid = _kid(header)
    if kid.rpartition(".")[0] != fields["party"]:
        raise Error("unauthenticated", f"key {kid!r} is not a key of {fields['party']!r}", reason="key", field="jws")
    if len(signature) != 64:
        raise _bad("its signature is not 64 bytes long")
    expires_at = clock.parse(fields["expires_at"], field="expires_at")
    return Command(
        party=fields["party"],
        id=fields["id"],
        function=fields["function"],
        args=fields["args"],
        ledger=fields["ledger"],
        expires_at=expires_at,
        kid=kid,
        hash=body_hash(payload),
    )


def verify(jws: str, public: str) -> None:
    """Refuse a JWS that this public key did not sign."""
    signature = _parts(jws)[2]
    head = jws.rpartition(".")[0]
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        load_public(public).verify(der, head.encode(), _ES256)
    except InvalidSignature:
        raise Error("unauthenticated", "the signature does not verify", reason="signature", field="jws") from None


def prove(key: ec.EllipticCurvePrivateKey, *, ledger: str, party: str, n: str) -> str:
    """The proof that whoever registers a public key holds its private half."""
    payload = canonical({"ledger": ledger, "n": n, "party": party, "public": public_text(key.public_key())})
    return sign(key, f"{party}.{n}", payload)


def public_text(key: ec.EllipticCurvePublicKey) -> str:
    """A public key as the ledger writes it: the uncompressed point, base64url."""
    return _text(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def load_public(text: str) -> ec.EllipticCurvePublicKey:
    """The public key behind its text; refuses what is not a point of P-256 in that form."""
    try:
        point = _bytes(text)
        if len(point) != 65 or _text(point) != text:
            raise ValueError(text)
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Error("invalid", f"{text!r} is not a P-256 public key", reason="public", field="public") from None


def payload_of(jws: str | bytes) -> dict[str, Any]:
    """The payload of a JWS that the ledger has already accepted: nothing is checked again."""
    middle = jws.split(b"." if isinstance(jws, bytes) else ".")[1]  # type: ignore[arg-type]
    payload: dict[str, Any] = json.loads(_bytes(middle))
    return payload


def _parts(jws: str) -> tuple[bytes, bytes, bytes]:
    parts = jws.split(".")
    if len(parts) != 3 or not jws.isascii():
        raise _bad("it is not of the form header.payload.signature")
    try:
        header, payload, signature = (_bytes(part) for part in parts)
    except ValueError:
        raise _bad("it is not base64url") from None
    if [_text(header), _text(payload), _text(signature)] != parts:
        raise _bad("it is not base64url without padding")
    return header, payload, signature


def _kid(header: bytes) -> str:
    prefix, suffix = b'{"alg":"ES256","kid":"', b'"}'
    kid = header[len(prefix) : -len(suffix)].decode("ascii", "replace")
    party, dot, n = kid.rpartition(".")
    if header != prefix + kid.encode() + suffix or not dot or not party or not n.isdigit() or '"' in kid or "\\" in kid:
        raise _bad('its header is not {"alg":"ES256","kid":"PARTY.n"}')
    return kid


def _header(kid: str) -> str:
    return _text(f'{{"alg":"ES256","kid":"{kid}"}}'.encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str | bytes) -> bytes:
    padding = "=" * (-len(text) % 4) if isinstance(text, str) else b"=" * (-len(text) % 4)
    return base64.b64decode(text + padding, altchars=b"-_", validate=True)  # type: ignore[operator]


def _only_text(value: Any) -> bool:
    """Refuse what is not text all the way down; whether every name is ASCII, and so sorts alike in every language."""
    if isinstance(value, str):
        return True
    if isinstance(value, dict | list):
        plain = all(name.isascii() for name in value) if isinstance(value, dict) else True
        for item in value.values() if isinstance(value, dict) else value:
            plain = _only_text(item) and plain
        return plain
    raise Error("invalid", f"{value!r} is not text", reason="envelope", field="args")


def _bad(why: str) -> Error:
    return Error("invalid", f"this is not a command: {why}", reason="envelope", field="jws")
