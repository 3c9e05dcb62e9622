"""Owners' safekeeping accounts at custodians."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror


class Account(Mirror):
    """One account; `id` is PARTY:uuid of the command that opened it."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("status in ('open', 'closed')", name="status"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    custodian: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    status: Mapped[str]
    block: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
