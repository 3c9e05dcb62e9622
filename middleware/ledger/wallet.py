"""Keys that the platform keeps for parties, encrypted at rest. Custody: what they sign is marked `held: platform`."""

import base64
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, ids
from middleware.config import Config
from middleware.errors import Error
from middleware.ledger import command
from middleware.models.key import HostedKey

_CURVE = ec.SECP256R1()


def setup(config: Config) -> bool:
    """Make the key-encryption key if there is none; says whether it did. 0600, and never inside the database."""
    path = config.key_encryption_key_file
    if path.exists():
        _encryption_keys(path)
        return False
    _write(path, [ids.token(32)])
    return True


def check(config: Config) -> None:
    """Refuse a key-encryption key that is missing, damaged, or readable by others."""
    _encryption_keys(config.key_encryption_key_file)


def create(session: Session, party: str, n: int, scope: list[str]) -> dict[str, Any]:
    """Make a key for a party, or find the one made before: (party, n) is its identity.

    Answers the fields of a `key` argument: n, public, scope, held, proof. The ledger learns of it by a command.
    """
    found = session.get(HostedKey, (party, n))
    if found is None:
        found = _make(session, party, n, scope)
    proof = command.prove(_open(session, found), ledger=ledger_hash(session.info["config"]), party=party, n=str(n))
    return {"n": str(n), "public": found.public, "scope": found.scope, "held": "platform", "proof": proof}


def create_first(session: Session, party: str, scope: list[str]) -> dict[str, Any]:
    """The key of a party that the genesis file names: without a proof, for the ledger has no name yet."""
    found = session.get(HostedKey, (party, 1)) or _make(session, party, 1, scope)
    return {"n": "1", "public": found.public, "scope": found.scope, "held": "platform"}


def signing_key(session: Session, party: str, function: str) -> tuple[str, ec.EllipticCurvePrivateKey]:
    """kid and private key with which the platform signs this function for a party: its newest active one."""
    keys = session.scalars(
        select(HostedKey).where(HostedKey.party == party, HostedKey.status == "active").order_by(HostedKey.n.desc())
    )
    for key in keys:
        if "*" in key.scope or function in key.scope:
            return f"{party}.{key.n}", _open(session, key)
    raise Error("forbidden", f"the platform keeps no key with which {party} could sign {function}", reason="key")


def rotate(session: Session) -> int:
    """Encrypt every key under a new key-encryption key; answers how many. Stopped half-way, it can be run again.

    The file keeps the old key beside the new one until no record needs it.
    """
    path = session.info["config"].key_encryption_key_file
    fresh = ids.token(32)
    _write(path, [fresh, *_encryption_keys(path).values()])
    records = session.scalars(select(HostedKey)).all()
    for record in records:
        _seal(record, _unseal(session, record), fresh)
    session.commit()
    _write(path, [fresh])
    return len(records)


def ledger_hash(config: Config) -> str:
    """The name of the ledger in every signed command: the SHA-256 of its genesis file."""
    try:
        stamp = config.genesis_file.stat()
    except FileNotFoundError:
        message = f"there is no {config.genesis_file}: run `lonja genesis`"
        raise Error("unavailable", message, reason="genesis") from None
    return _file_hash(config.genesis_file, stamp.st_mtime_ns, stamp.st_ino)


@lru_cache(maxsize=16)
def _file_hash(path: Path, _modified: int, _inode: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _make(session: Session, party: str, n: int, scope: list[str]) -> HostedKey:
    private = ec.generate_private_key(_CURVE)
    record = HostedKey(
        party=party,
        n=n,
        public=command.public_text(private.public_key()),
        scope=scope,
        status="pending",
        created_at=clock.now(),
    )
    current = next(iter(_encryption_keys(session.info["config"].key_encryption_key_file).values()))
    _seal(record, private.private_numbers().private_value.to_bytes(32, "big"), current)
    session.add(record)
    session.flush()
    return record


def _seal(record: HostedKey, secret: bytes, encryption_key: bytes) -> None:
    record.nonce = ids.token(12)
    record.wrapped_by = _name(encryption_key)
    record.ciphertext = AESGCM(encryption_key).encrypt(record.nonce, secret, _associated(record))


def _unseal(session: Session, record: HostedKey) -> bytes:
    keys = _encryption_keys(session.info["config"].key_encryption_key_file)
    if record.wrapped_by not in keys:
        raise Error("internal", f"the key-encryption key of {record.party}.{record.n} is not there", reason="wallet")
    try:
        return AESGCM(keys[record.wrapped_by]).decrypt(record.nonce, record.ciphertext, _associated(record))
    except InvalidTag:
        message = f"key {record.party}.{record.n} does not open: it was changed at rest"
        raise Error("internal", message, reason="wallet") from None


def _open(session: Session, record: HostedKey) -> ec.EllipticCurvePrivateKey:
    path = session.info["config"].key_encryption_key_file
    found = _opened.get((str(path), record.party, record.n, record.public))
    if found is None:
        found = ec.derive_private_key(int.from_bytes(_unseal(session, record), "big"), _CURVE)
        if len(_opened) >= _OPENED_LIMIT:
            _opened.clear()
        _opened[str(path), record.party, record.n, record.public] = found
    return found


# Opening a key costs three times as much as signing with it, so a process remembers those it has opened.
_opened: dict[tuple[str, str, int, str], ec.EllipticCurvePrivateKey] = {}
_OPENED_LIMIT = 10_000


def _associated(record: HostedKey) -> bytes:
    party = record.party.encode()
    return b"lonja/key/1" + len(party).to_bytes(4, "big") + party + record.n.to_bytes(8, "big")


def _encryption_keys(path: Path) -> dict[str, bytes]:
    try:
        stamp = path.stat()
    except FileNotFoundError:
        raise Error("unavailable", f"there is no {path}: run `lonja setup`", reason="wallet") from None
    if stamp.st_mode & 0o077:
        raise Error("unavailable", f"{path} can be read by others: chmod 600 {path}", reason="wallet")
    return _read(path, stamp.st_mtime_ns, stamp.st_ino)


@lru_cache(maxsize=16)
def _read(path: Path, _modified: int, _inode: int) -> dict[str, bytes]:
    keys = [base64.urlsafe_b64decode(line) for line in path.read_text().split()]
    if not keys or any(len(key) != 32 for key in keys):
        raise Error("unavailable", f"{path} does not hold 32-byte keys", reason="wallet")
    return {_name(key): key for key in keys}


def _write(path: Path, keys: list[bytes]) -> None:
    """The first key is the current one. Written aside and renamed, so that a crash leaves one whole file."""
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
