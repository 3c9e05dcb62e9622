"""How far the mirror has read the ledger."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror


class Position(Mirror):
    """The last block applied; saved in the same SQL transaction as the rows that follow from it. One row, "mirror"."""

    __tablename__ = "positions"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]
    at: Mapped[datetime | None]


class Header(Mirror):
    """A block that the mirror has read: what a register as of that block names. `at` is its last transaction's."""

    __tablename__ = "headers"
    __table_args__ = (Index("headers_at", "at", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str]
    at: Mapped[datetime | None]
