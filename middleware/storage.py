"""Files at rest: the only module of the middleware that keeps documents on the disk, under names of our own making.

A file's address is the SHA-256 of what is stored, so the same bytes are stored once and a changed file is noticed
whenever it is read. What is personal is encrypted first; then the address tells nothing either.
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from middleware import ids, room
from middleware.config import Config
from middleware.errors import Error

_NONCE = 12


def put(config: Config, content: bytes) -> str:
    """Store bytes and answer their address. Whole or not at all: written aside, synchronised, renamed."""
    address = digest(content)
    path = _path(config, address)
    if path.is_file() and digest(path.read_bytes()) == address:
        return address
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f"{address}.{ids.token(6).hex()}.new")
    try:
        _write(aside, content)
        aside.rename(path)
    except OSError as error:
        if room.is_missing(error):
            raise room.refusal("a document") from error
        raise
    finally:
        aside.unlink(missing_ok=True)
    _sync(path.parent)
    return address


def get(config: Config, address: str) -> bytes:
    """The bytes at an address; refuses those that are not what was stored."""
    try:
        content = _path(config, address).read_bytes()
    except FileNotFoundError:
        raise Error("unavailable", f"the file {address[:16]}… is not in its place", reason="document") from None
    if digest(content) != address:
        raise Error("unavailable", f"the file {address[:16]}… was changed at rest", reason="document")
    return content


def remove(config: Config, address: str) -> None:
    """Forget the bytes at an address. That they are gone already is no fault."""
    _path(config, address).unlink(missing_ok=True)


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal, as the ledger writes it."""
    return hashlib.sha256(content).hexdigest()


def encrypted(key: bytes, content: bytes, bound: bytes) -> bytes:
    """Bytes that open with this key and for this purpose only."""
    nonce = ids.token(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def decrypted(key: bytes, stored: bytes, bound: bytes) -> bytes:
    """What `encrypted` was given."""
    try:
        return AESGCM(key).decrypt(stored[:_NONCE], stored[_NONCE:], bound)
    except InvalidTag:
        raise Error("unavailable", "the file does not open: it was changed at rest", reason="document") from None


def _path(config: Config, address: str) -> Path:
    if len(address) != 64 or not set(address) <= set("0123456789abcdef"):
        raise ValueError(f"{address!r} is no address")
    return config.documents / address[:2] / address


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
