"""Applications: who asks to be admitted or verified again, and what shows it. SQL only; no ledger ever sees it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry

_OPEN = text("status in ('draft', 'submitted', 'in_review')")
_FOLLOWED = text("status = 'approved' and qualified_at is null")


class Application(Registry):
    """One request of a party. What identifies the person is in `ciphertext`, under the party's own key.

    status: draft → submitted → in_review → approved | refused; back to draft when something is missing. A draft that
    nobody touches, and an approval that has run out, are shown as expired. qualified_at: when its qualification was
    sent to the ledger.
    """

    __tablename__ = "applications"
    __table_args__ = (
        UniqueConstraint("id"),
        CheckConstraint("kind in ('natural_person', 'sole_proprietorship', 'enterprise')", name="kind"),
        CheckConstraint("purpose in ('admission', 'renewal')", name="purpose"),
        CheckConstraint("status in ('draft', 'submitted', 'in_review', 'approved', 'refused')", name="status"),
        Index("applications_open", "party", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("applications_of_party", "party", "number"),
        Index("applications_by_status", "status", "number"),
        Index("applications_followed", "number", sqlite_where=_FOLLOWED, postgresql_where=_FOLLOWED),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str]
    party: Mapped[str]
    kind: Mapped[str]
    purpose: Mapped[str]
    roles: Mapped[list[str]]
    status: Mapped[str]
    reason: Mapped[str]
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    jurisdiction: Mapped[str]
    investor_type: Mapped[str]
    limit_minor: Mapped[int]
    good_till: Mapped[datetime | None]
    commitment: Mapped[str]
    act: Mapped[str]
    qualification: Mapped[str]
    reviewer: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    qualified_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    @property
    def bound(self) -> bytes:
        """What the encryption of its contents is bound to."""
        return f"lonja/application/1/{self.id}".encode()


class Evidence(Registry):
    """A document that shows what an application says. `kind`: what it shows."""

    __tablename__ = "evidence"

    application: Mapped[int] = mapped_column(
        Integer, ForeignKey("applications.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    document: Mapped[str] = mapped_column(index=True)
    added_at: Mapped[datetime]


class PersonKey(Registry):
    """The key of what is kept of one person, itself encrypted as hosted keys are. Destroying it erases the person."""

    __tablename__ = "person_keys"

    party: Mapped[str] = mapped_column(primary_key=True)
    wrapped_by: Mapped[str]
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]

    @property
    def label(self) -> str:
        """What it is called in a refusal."""
        return f"the key of {self.party}'s personal records"

    @property
    def associated(self) -> bytes:
        """What the encryption is bound to, so that a record moved to another party does not open."""
        return b"lonja/person-key/1" + self.party.encode()
