"""Secrets at rest, encrypted under the key-encryption key, which is a file of its own and never in the database."""

import base64
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import ids
from middleware.config import Config
from middleware.errors import Error
from middleware.models.application import PersonKey
from middleware.models.document import DocumentKey
from middleware.models.key import HostedKey
from middleware.models.webhook import WebhookSecret

# Every kind of record that is kept sealed. Each says what it is (`label`) and what it is bound to (`associated`).
Sealed = HostedKey | WebhookSecret | DocumentKey | PersonKey
KINDS: tuple[type[Any], ...] = (HostedKey, WebhookSecret, DocumentKey, PersonKey)


def setup(config: Config) -> bool:
    """Make the key-encryption key if there is none; says whether it did. 0600, and never inside the database."""
    path = config.key_encryption_key_file
    if path.exists():
        encryption_keys(path)
        return False
    write(path, [ids.token(32)])
    return True


def check(config: Config) -> None:
    """Refuse a key-encryption key that is missing, damaged, or readable by others."""
    encryption_keys(config.key_encryption_key_file)


def seal(session: Session, record: Sealed, secret: bytes) -> None:
    """Encrypt a secret into its record."""
    current = next(iter(encryption_keys(session.info["config"].key_encryption_key_file).values()))
    _seal(record, secret, current)


def unseal(session: Session, record: Sealed) -> bytes:
    """The secret of a record; one that was changed, or moved to another owner, does not open."""
    keys = encryption_keys(session.info["config"].key_encryption_key_file)
    if record.wrapped_by not in keys:
        raise Error("internal", f"the key-encryption key of {record.label} is not there", reason="wallet")
    try:
        return AESGCM(keys[record.wrapped_by]).decrypt(record.nonce, record.ciphertext, record.associated)
    except InvalidTag:
        message = f"{record.label} does not open: it was changed at rest"
        raise Error("internal", message, reason="wallet") from None


def rotate(session: Session) -> int:
    """Encrypt every secret under a new key-encryption key; answers how many. Stopped half-way, it can be run again.

    The file keeps the old key beside the new one until no record needs it.
    """
    path = session.info["config"].key_encryption_key_file
    fresh = ids.token(32)
    try:
        write(path, [fresh, *encryption_keys(path).values()])
    except OSError as error:
        message = f"{path} cannot be written here ({error.strerror}); nothing was changed"
        raise Error("unavailable", message, reason="wallet") from None
    records: list[Sealed] = [record for kind in KINDS for record in session.scalars(select(kind))]
    for record in records:
        _seal(record, unseal(session, record), fresh)
    session.commit()
    write(path, [fresh])
    return len(records)


def _seal(record: Sealed, secret: bytes, encryption_key: bytes) -> None:
    record.nonce = ids.token(12)
    record.wrapped_by = _name(encryption_key)
    record.ciphertext = AESGCM(encryption_key).encrypt(record.nonce, secret, record.associated)


def encryption_keys(path: Path) -> dict[str, bytes]:
    """The key-encryption keys of a file by their names; the first is the current one."""
    try:
        stamp = path.stat()
    except FileNotFoundError:
        raise Error("unavailable", f"there is no {path}: run `lonja setup`", reason="wallet") from None
    if is_exposed(stamp.st_mode, owner=stamp.st_uid, us=os.geteuid()):
        raise Error("unavailable", f"{path} can be read by others: chmod 600 {path}", reason="wallet")
    return _read(path, stamp.st_mtime_ns, stamp.st_ino)


def is_exposed(mode: int, *, owner: int, us: int) -> bool:
    """Whether others than we may read a file of this mode. Root may hand one to our group: so Kubernetes gives a Secret
    to a program that is not root."""
    is_handed = owner == 0 and us != 0
    return bool(mode & (0o037 if is_handed else 0o077))


@lru_cache(maxsize=16)
def _read(path: Path, _modified: int, _inode: int) -> dict[str, bytes]:
    keys = [base64.urlsafe_b64decode(line) for line in path.read_text().split()]
    if not keys or any(len(key) != 32 for key in keys):
        raise Error("unavailable", f"{path} does not hold 32-byte keys", reason="wallet")
    return {_name(key): key for key in keys}


def write(path: Path, keys: list[bytes]) -> None:
    """Keep these keys, the current one first. Written aside and renamed, so that a crash leaves one whole file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(base64.urlsafe_b64encode(key).decode() + "\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)


def _name(encryption_key: bytes) -> str:
    return hashlib.sha256(b"lonja/key-encryption-key/1" + encryption_key).hexdigest()[:16]
