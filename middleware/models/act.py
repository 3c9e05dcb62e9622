"""Acts that need two signatures: proposed by one party, approved by another."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Act(Recorded, Mirror):
    """A proposal and what became of it; `hash` is what the approver signs. `subject` is who else it concerns."""

    __tablename__ = "acts"
    __table_args__ = (CheckConstraint("status in ('proposed', 'approved')", name="status"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    function: Mapped[str]
    args: Mapped[dict[str, Any]]
    hash: Mapped[str]
    proposer: Mapped[str] = mapped_column(index=True)
    organisation: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    good_till: Mapped[datetime]
    status: Mapped[str]
    approver: Mapped[str]
    approved_at: Mapped[datetime | None]
    approved_transaction: Mapped[str]
