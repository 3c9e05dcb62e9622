"""How far the mirror has read the ledger."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror


class Position(Mirror):
    """The last block applied; saved in the same SQL transaction as the rows that follow from it. One row, "mirror"."""

    __tablename__ = "positions"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]
    at: Mapped[datetime | None]
