"""Transfers free of payment."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Transfer(Recorded, Mirror):
    """A quantity that its owner moved to another account; `id` is PARTY:uuid of his command."""

    __tablename__ = "transfers"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str]
    instrument: Mapped[str]
    from_account: Mapped[str] = mapped_column(index=True)
    to_account: Mapped[str] = mapped_column(index=True)
    quantity: Mapped[int]
    reason: Mapped[str]
