"""Instructions of two parties who agreed elsewhere: what one has signed, and what the other's signature made of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Instruction(Recorded, Mirror):
    """One side's order to deliver or receive under the salted hash of terms that both sides know.

    status: alleged (the other side has not signed) → settled | cancelled | expired. What ends in `counter` words is the
    other side's, "" until it has signed; `settled_ordinal` is the place of that signature on the ledger.
    """

    __tablename__ = "instructions"
    __table_args__ = (
        CheckConstraint("side in ('deliver', 'receive')", name="side"),
        CheckConstraint("status in ('alleged', 'settled', 'cancelled', 'expired')", name="status"),
        Index("instructions_by_status", "status", "good_till"),
    )

    terms: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    counterparty: Mapped[str] = mapped_column(index=True)
    side: Mapped[str]
    account: Mapped[str] = mapped_column(index=True)
    cash_account: Mapped[str]
    counter_account: Mapped[str] = mapped_column(index=True)
    counter_cash_account: Mapped[str]
    counter_kid: Mapped[str]
    counter_held: Mapped[str]
    instrument: Mapped[str]
    currency: Mapped[str]
    quantity: Mapped[int]
    amount_minor: Mapped[int]
    reserved: Mapped[int]
    good_till: Mapped[datetime]
    status: Mapped[str]
    settlement: Mapped[str]
    settled_ordinal: Mapped[int | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    closed_block: Mapped[int | None]
    closed_transaction: Mapped[str]
