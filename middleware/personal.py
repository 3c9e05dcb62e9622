"""What is known of a person, at rest: AES-256-GCM under a key of the person's own, which can be destroyed.

Without the key what is left is noise: in the database, in its log and in every copy of either.
"""

import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete
from sqlalchemy.orm import Session

from middleware import clock, ids, vault
from middleware.errors import Error
from middleware.models.application import Application, PersonKey

_SALT = 32


def lock(session: Session, application: Application, content: dict[str, Any]) -> None:
    """Encrypt what an application says into it. The person's key is made when it is first needed."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    application.nonce = ids.token(12)
    key = _key(session, application.party) or _make(session, application.party)
    application.ciphertext = AESGCM(key).encrypt(application.nonce, plain, application.bound)


def unlock(session: Session, application: Application) -> dict[str, Any]:
    """What an application says; nothing once it was erased."""
    key = _key(session, application.party) if application.erased_at is None else None
    if key is None:
        return {}
    try:
        plain = AESGCM(key).decrypt(application.nonce, application.ciphertext, application.bound)
    except InvalidTag:
        message = f"the application {application.id} does not open: it was changed at rest"
        raise Error("internal", message, reason="personal") from None
    content: dict[str, Any] = json.loads(plain)
    return content


def destroy(session: Session, party: str) -> None:
    """Erase a person: nothing that was encrypted for it opens again."""
    session.execute(delete(PersonKey).where(PersonKey.party == party))


def salt() -> str:
    """What keeps a commitment from being guessed at; it is kept with what it covers, and erased with it."""
    return ids.token(_SALT).hex()


def commitment(party: str, details: dict[str, str], evidence: list[str], salt: str) -> str:
    """What the ledger knows of a person: SHA-256 over what was verified, each text with its length before it.

    `evidence` are the hashes of the documents. Whoever is shown all of it can tell that it is what was verified then.
    """
    digest = hashlib.sha256()
    said = [f"{name}={details[name]}" for name in sorted(details) if details[name]]
    for part in ("lonja/qualification/1", party, *said, *sorted(evidence), salt):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()


def _key(session: Session, party: str) -> bytes | None:
    record = session.get(PersonKey, party)
    return None if record is None else vault.unseal(session, record)


def _make(session: Session, party: str) -> bytes:
    secret, record = ids.token(32), PersonKey(party=party, created_at=clock.now())
    vault.seal(session, record, secret)
    session.add(record)
    session.flush()
    return secret
