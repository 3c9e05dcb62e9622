"""Subscriptions: what investors want of an offering, and what they got."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded

STATUSES = ("open", "withdrawn", "settled", "released")


class Subscription(Recorded, Mirror):
    """One party's wish in one offering; one that follows a withdrawal takes its place.

    `reserved` is the cash set aside for it now. `reason` says why it was released instead of settled.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("status in ('open', 'withdrawn', 'settled', 'released')", name="status"),
        CheckConstraint("reserved >= 0 and allotted >= 0 and allotted <= quantity", name="allotted"),
        Index("subscriptions_of_subscriber", "subscriber", "ordinal"),
        Index("subscriptions_in_account", "account"),
    )

    offering: Mapped[str] = mapped_column(primary_key=True)
    subscriber: Mapped[str] = mapped_column(primary_key=True)
    instrument: Mapped[str]
    currency: Mapped[str]
    account: Mapped[str]
    cash_account: Mapped[str]
    quantity: Mapped[int]
    limit_minor: Mapped[int]
    investor_type: Mapped[str]
    reserved: Mapped[int]
    sequence: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str]
    allotted: Mapped[int]
    price_minor: Mapped[int | None]
    amount_minor: Mapped[int]
    released_minor: Mapped[int]
    closed_at: Mapped[datetime | None]
    closed_block: Mapped[int | None]
    closed_transaction: Mapped[str]
