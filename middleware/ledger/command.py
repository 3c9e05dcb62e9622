"""A signed command, the same bytes for everybody: compact JWS, ES256, over canonical JSON (RFC 7515, RFC 8785)."""

import base64
import hashlib
import json
import re
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
_CODE = "[A-Z0-9][A-Z0-9.-]{1,31}"
_FIELDS = {
    "args": re.compile(""),
    "expires_at": re.compile(".*"),
    "function": re.compile("[a-z]+:[a-z]+"),
    "id": re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    "ledger": re.compile("[0-9a-f]{64}"),
    "party": re.compile(_CODE),
    "version": re.compile(VERSION),
}
_HEADER = re.compile(f'{{"alg":"ES256","kid":"({_CODE}[.][1-9][0-9]{{0,18}})"}}'.encode())
_COMPACT = re.compile("[A-Za-z0-9_-]*[.][A-Za-z0-9_-]*[.][A-Za-z0-9_-]*")
_DEEPEST = 8  # objects and arrays around a text
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
    """What a JWS that was signed elsewhere says.

    Refuses what the ledger refuses as an envelope, and a kid of another party; the signature is for `verify`.
    """
    if len(jws) > MAXIMUM_SIZE:
        raise _bad(f"it has {len(jws)} bytes, {MAXIMUM_SIZE} are allowed")
    kid, payload = _parts(jws)
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        raise _bad("its payload is not JSON") from None
    if not isinstance(fields, dict) or fields.keys() != _FIELDS.keys():
        raise _bad(f"its payload must have exactly the fields {', '.join(sorted(_FIELDS))}")
    for name, form in _FIELDS.items():
        value = fields[name]
        if not (isinstance(value, dict) if name == "args" else isinstance(value, str) and form.fullmatch(value)):
            raise _bad(f"its {name} is {value!r}")
    if canonical(fields) != payload:
        raise _bad("its payload is not canonical JSON (RFC 8785)")
    is_execution = fields["function"] == "trade:execute"
    if fields["id"][14] != ("8" if is_execution else "7"):
        raise _bad(f"its id {fields['id']!r} has another version than its function needs")
    if kid.rpartition(".")[0] != fields["party"]:
        raise Error("unauthenticated", f"{kid} is not a key of {fields['party']}", reason="key", field="jws")
    return Command(
        party=fields["party"],
        id=fields["id"],
        function=fields["function"],
        args=fields["args"],
        ledger=fields["ledger"],
        expires_at=_instant(fields["expires_at"]),
        kid=kid,
        hash=body_hash(payload),
    )


def verify(jws: str, public: str) -> None:
    """Refuse a JWS that this public key did not sign. Take the key of `parse(jws).kid`."""
    head, _, last = jws.rpartition(".")
    try:
        signature = _bytes(last)
        if len(signature) != 64:
            raise ValueError(last)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        load_public(public).verify(encode_dss_signature(r, s), head.encode(), _ES256)
    except (ValueError, InvalidSignature):
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


def _parts(jws: str) -> tuple[str, bytes]:
    """kid and payload of a compact JWS."""
    if not _COMPACT.fullmatch(jws):
        raise _bad("it is not of the form header.payload.signature")
    texts = jws.split(".")[:2]
    try:
        header, payload = (_bytes(text) for text in texts)
    except ValueError:
        raise _bad("it is not base64url") from None
    if [_text(header), _text(payload)] != texts:
        raise _bad("it is not base64url without padding")
    found = _HEADER.fullmatch(header)
    if not found:
        raise _bad('its header is not {"alg":"ES256","kid":"PARTY.n"}')
    return found.group(1).decode(), payload


def _instant(text: str) -> datetime:
    try:
        return clock.parse(text)
    except Error:
        raise _bad(f"its expires_at is {text!r}") from None


def _header(kid: str) -> str:
    return _text(f'{{"alg":"ES256","kid":"{kid}"}}'.encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str | bytes) -> bytes:
    padding = "=" * (-len(text) % 4) if isinstance(text, str) else b"=" * (-len(text) % 4)
    return base64.b64decode(text + padding, altchars=b"-_", validate=True)  # type: ignore[operator]


def _only_text(value: Any, levels: int = _DEEPEST) -> bool:
    """Refuse what is not text all the way down; whether every name is ASCII, and so sorts alike in every language."""
    if isinstance(value, str):
        return True
    if isinstance(value, dict | list):
        plain = all(name.isascii() for name in value) if isinstance(value, dict) else True
        for item in value.values() if isinstance(value, dict) else value:
            if not levels:
                raise Error("invalid", f"{value!r} is too deep inside", reason="envelope", field="args")
            plain = _only_text(item, levels - 1) and plain
        return plain
    raise Error("invalid", f"{value!r} is not text", reason="envelope", field="args")


def _bad(why: str) -> Error:
    return Error("invalid", f"this is not a command: {why}", reason="envelope", field="jws")
