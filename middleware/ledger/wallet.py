"""Keys that the platform keeps for parties, encrypted at rest. Custody: what they sign is marked `held: platform`."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, vault
from middleware.config import Config
from middleware.errors import Error
from middleware.ledger import command
from middleware.models.key import HostedKey

_CURVE = ec.SECP256R1()


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
    vault.seal(session, record, private.private_numbers().private_value.to_bytes(32, "big"))
    session.add(record)
    session.flush()
    return record


def _open(session: Session, record: HostedKey) -> ec.EllipticCurvePrivateKey:
    path = session.info["config"].key_encryption_key_file
    found = _opened.get((str(path), record.party, record.n, record.public))
    if found is None:
        found = ec.derive_private_key(int.from_bytes(vault.unseal(session, record), "big"), _CURVE)
        if len(_opened) >= _OPENED_LIMIT:
            _opened.clear()
        _opened[str(path), record.party, record.n, record.public] = found
    return found


# Opening a key costs three times as much as signing with it, so a process remembers those it has opened.
_opened: dict[tuple[str, str, int, str], ec.EllipticCurvePrivateKey] = {}
_OPENED_LIMIT = 10_000
