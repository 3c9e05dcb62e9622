"""Documents: files that a party has uploaded, and what issuers have published of them on the ledger."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror, Registry
from middleware.models.recorded import Recorded

PURPOSES = ("publication", "evidence")


class Document(Registry):
    """One file of a party. The bytes are in storage at `address`; `hash` is the file's own SHA-256, as it was sent.

    purpose: publication (kept as it is; whoever may read the instrument may read it once it is published) or evidence
    (personal: encrypted, and gone for ever when its key is destroyed).
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("party", "purpose", "hash"),
        CheckConstraint("purpose in ('publication', 'evidence')", name="purpose"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str]
    party: Mapped[str]
    purpose: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    hash: Mapped[str] = mapped_column(index=True)
    address: Mapped[str]
    kept_at: Mapped[datetime]

    @property
    def bound(self) -> bytes:
        """What the encryption of its bytes is bound to."""
        return f"lonja/document/1/{self.id}".encode()


class DocumentKey(Registry):
    """The key of one encrypted document, itself encrypted as hosted keys are. Without it the bytes are noise."""

    __tablename__ = "document_keys"

    document: Mapped[int] = mapped_column(
        Integer, ForeignKey("documents.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    wrapped_by: Mapped[str]
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def label(self) -> str:
        """What it is called in a refusal."""
        return f"the key of document {self.document}"

    @property
    def associated(self) -> bytes:
        """What the encryption is bound to, so that a record moved to another document does not open."""
        return b"lonja/document-key/1" + self.document.to_bytes(8, "big")


class Publication(Recorded, Mirror):
    """An issuer's word on the ledger that a document of this hash is about its instrument.

    `supersedes` is the publication whose place it takes, "" for none. The file is a `Document` of the issuer.
    """

    __tablename__ = "publications"

    id: Mapped[str] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    instrument: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    hash: Mapped[str]
    supersedes: Mapped[str] = mapped_column(index=True)
