"""What happened to orders, step by step: the outbox of FIX sessions and webhooks, filled by the fold itself."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror

KINDS = (
    "new",
    "trade",
    "cancelled",
    "expired",
    "rejected",
    "replaced",
    "pending_cancel",
    "cancel_refused",
    "pending_replace",
    "replace_refused",
    "bust",
    "correct",
)


class Report(Mirror):
    """One step of one order, as it stood after it; `last_*` of a trade, `trade` and `reference` (the exchange's) too.

    `command` is the id of the command that made it (of a cancel or replace: that command's).
    """

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint(f"kind in ({', '.join(repr(kind) for kind in KINDS)})", name="kind"),
        Index("reports_of_order", "order", "block", "index"),
    )

    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    transaction: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[str]
    order: Mapped[str]
    owner: Mapped[str]
    broker: Mapped[str]
    venue: Mapped[str]
    account: Mapped[str]
    instrument: Mapped[str]
    side: Mapped[str]
    quantity: Mapped[int | None]
    limit_minor: Mapped[int | None]
    status: Mapped[str]
    filled: Mapped[int]
    spent_minor: Mapped[int]
    last_quantity: Mapped[int | None]
    last_price_minor: Mapped[int | None]
    fee_minor: Mapped[int | None]
    trade: Mapped[str]
    reference: Mapped[str]
    command: Mapped[str]
    kid: Mapped[str]
    held: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str]
