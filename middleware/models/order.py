"""Orders: what the ledger admitted, and what it rejected."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded

OPEN = ("new", "partially_filled")
STATUSES = ("pending_new", "new", "partially_filled", "filled", "cancelled", "rejected", "expired")


class Order(Recorded, Mirror):
    """A limit order. A rejected one keeps what was asked for as far as it could be read, and the ledger's sentence.

    `pending_new` never stands in this table: it is an order that so far is a submission only.
    book: ledger (our venue's) or exchange (outside). `pending_*` are the terms of a replacement that the exchange has
    not answered yet. `spent_minor` is the sum of quantity x price over its executions; `closed_*` say who ended it,
    where and when.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(
            "status in ('new','partially_filled','filled','cancelled','rejected','expired')", name="status"
        ),
        CheckConstraint("filled >= 0 and filled <= quantity and reserved >= 0", name="filled"),
        Index("orders_of_owner", "owner", "ordinal"),
        Index("orders_on_book", "instrument", "side", "status", "limit_minor"),
        Index("orders_in_account", "account"),
        Index("orders_of_broker", "broker", "ordinal"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    venue: Mapped[str] = mapped_column(index=True)
    broker: Mapped[str]
    account: Mapped[str]
    cash_account: Mapped[str]
    instrument: Mapped[str]
    currency: Mapped[str]
    side: Mapped[str]
    quantity: Mapped[int | None]
    limit_minor: Mapped[int | None]
    good_till: Mapped[datetime | None]
    max_fee_minor: Mapped[int | None]
    book: Mapped[str]
    pending_quantity: Mapped[int | None]
    pending_limit_minor: Mapped[int | None]
    pending_max_fee_minor: Mapped[int | None]
    sequence: Mapped[int | None]
    status: Mapped[str]
    filled: Mapped[int]
    spent_minor: Mapped[int]
    fees_minor: Mapped[int]
    reserved: Mapped[int]
    code: Mapped[str]
    reason: Mapped[str]
    message: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_block: Mapped[int | None]
    closed_transaction: Mapped[str]
    closed_kid: Mapped[str]
    closed_held: Mapped[str]
