"""What one user of a bank entered and another must approve, and whether a bank wants it so."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry

_WAITING = text("status = 'waiting'")


class Draft(Registry):
    """A command that nobody has signed yet: it waits for a second user of the same party.

    `id` is the command's, minted at entry: once approved, the submission of (party, id) says what became of it.
    `subject` is what it is about: the withdrawal to be paid, else what the command itself will make.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        UniqueConstraint("party", "id"),
        CheckConstraint("status in ('waiting', 'approved', 'refused', 'withdrawn')", name="status"),
        Index("drafts_waiting", "party", "number", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("drafts_of_subject", "subject"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    party: Mapped[str]
    id: Mapped[str]
    function: Mapped[str]
    args: Mapped[dict[str, Any]]
    jws: Mapped[str] = mapped_column(Text)
    subject: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime | None]


class FourEyes(Registry):
    """Whether a bank's commands wait for a second user. No row: they do not."""

    __tablename__ = "four_eyes"

    party: Mapped[str] = mapped_column(primary_key=True)
    required: Mapped[bool]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
