"""Documents: files of a party, checked, stored under our own names, and verified whenever they are given out."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from middleware import clock, ids, policy, storage, vault
from middleware.auth import Principal
from middleware.content import check, refused
from middleware.errors import Error
from middleware.models.document import PURPOSES, Document, DocumentKey
from middleware.services.pages import Listing, Page, listing

LONGEST_NAME = 140
PUBLICATION, EVIDENCE = PURPOSES


def keep(
    session: Session, principal: Principal, *, name: str, content: bytes, purpose: str, declared: str = ""
) -> Document:
    """Check a file and store it for the principal's party; the use case commits. The same file again is the first one.

    Evidence is encrypted with a key of its own; `erase` destroys it.
    """
    name = _name(name)
    media_type = check(name, content, declared=declared)
    known = _same(session, principal, storage.digest(content), purpose)
    if known is not None:
        return known
    made = Document(id=ids.new(), party=principal.party, purpose=purpose, name=name, media_type=media_type)
    made.size, made.hash, made.kept_at = len(content), storage.digest(content), clock.now()
    made.address = ""
    session.add(made)
    session.flush()
    made.address = storage.put(session.info["config"], _at_rest(session, made, content))
    session.flush()
    return made


@dataclass(frozen=True, slots=True)
class Given:
    """A file as somebody sends it: what he calls it, its bytes, and what he says it is."""

    name: str
    content: bytes
    declared: str = ""


def upload(session: Session, principal: Principal, given: Given, *, purpose: str) -> Document:
    """Keep a file, as a use case of its own."""
    made = keep(session, principal, name=given.name, content=given.content, purpose=purpose, declared=given.declared)
    session.commit()
    return made


def index(session: Session, principal: Principal, *, page: Page, purpose: str = "") -> Listing:
    """The documents that the principal's party has uploaded, newest first."""
    query = select(*_COLUMNS).where(Document.party == principal.party)
    if purpose:
        query = query.where(Document.purpose == purpose)
    return listing(session, query, Document.number, page=page, descending=True)


def show(session: Session, principal: Principal, id: str) -> Document:
    """One document that the principal may see."""
    found = session.scalar(select(Document).where(Document.id == id, policy.visible(principal, Document)))
    if found is None:
        raise Error("not_found", f"there is no document {id}", reason="document")
    return found


def read(session: Session, document: Document) -> bytes:
    """The bytes as they were sent, verified against the hash that was recorded then."""
    stored = storage.get(session.info["config"], document.address)
    if document.purpose == EVIDENCE:
        key = session.get(DocumentKey, document.number)
        if key is None:
            raise Error("not_found", f"the document {document.id} was erased", reason="document")
        stored = storage.decrypted(vault.unseal(session, key), stored, document.bound)
    if storage.digest(stored) != document.hash:
        raise Error("unavailable", f"{document.name} is not what was uploaded: its hash differs", reason="document")
    return stored


def erase(session: Session, document: Document) -> Callable[[], None]:
    """Destroy a document's key and row. The use case commits, then calls what is answered, which frees the disk."""
    config, address, mine = session.info["config"], document.address, document.number
    others = select(Document.id).where(Document.address == address, Document.number != mine)
    shared = session.scalar(others) is not None
    session.execute(delete(DocumentKey).where(DocumentKey.document == mine))
    session.delete(document)
    session.flush()
    return lambda: None if shared else storage.remove(config, address)


def _at_rest(session: Session, document: Document, content: bytes) -> bytes:
    if document.purpose != EVIDENCE:
        return content
    secret, key = ids.token(32), DocumentKey(document=document.number)
    vault.seal(session, key, secret)
    session.add(key)
    return storage.encrypted(secret, content, document.bound)


def _same(session: Session, principal: Principal, hash: str, purpose: str) -> Document | None:
    mine: tuple[ColumnElement[bool], ...] = (Document.party == principal.party, Document.purpose == purpose)
    return session.scalar(select(Document).where(*mine, Document.hash == hash))


def _name(given: str) -> str:
    """The file's own name, for people: without folders, composed (NFC), and what can be shown."""
    name = unicodedata.normalize("NFC", PurePosixPath(given.replace("\\", "/")).name).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise refused("name", f"a file needs a name of 1 to {LONGEST_NAME} printable characters, such as bylaws.pdf")
    return name


_COLUMNS: tuple[Any, ...] = (
    Document.number,
    Document.id,
    Document.party,
    Document.purpose,
    Document.name,
    Document.media_type,
    Document.size,
    Document.hash,
    Document.kept_at,
)
