"""Executions between two orders, and their settlements."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Trade(Recorded, Mirror):
    """One execution. `after` is the block of the book that the venue matched on; `number` counts per instrument.

    One of an exchange has its `reference` instead. status: settled; reversed or corrected by a claim.
    """

    __tablename__ = "trades"
    __table_args__ = (
        CheckConstraint("quantity > 0 and price_minor > 0", name="quantity"),
        CheckConstraint("status in ('settled', 'reversed', 'corrected')", name="status"),
        Index("trades_of_instrument", "instrument", "ordinal"),
        Index("trades_by_buyer", "buyer", "ordinal"),
        Index("trades_by_seller", "seller", "ordinal"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    venue: Mapped[str]
    instrument: Mapped[str]
    currency: Mapped[str]
    number: Mapped[int | None]
    after: Mapped[int | None]
    reference: Mapped[str]
    status: Mapped[str]
    buy: Mapped[str] = mapped_column(index=True)
    sell: Mapped[str] = mapped_column(index=True)
    buyer: Mapped[str]
    seller: Mapped[str]
    buyer_account: Mapped[str]
    seller_account: Mapped[str]
    quantity: Mapped[int]
    price_minor: Mapped[int]
    amount_minor: Mapped[int]
    buyer_fee_minor: Mapped[int]
    seller_fee_minor: Mapped[int]


class Settlement(Recorded, Mirror):
    """Delivery versus payment of one trade: all legs in one state change. legs: [{instrument, from, to, quantity}]."""

    __tablename__ = "settlements"

    id: Mapped[str] = mapped_column(primary_key=True)
    trade: Mapped[str] = mapped_column(index=True)
    status: Mapped[str]
    legs: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
