"""Money in and out: deposits that a bank confirms, withdrawals that it pays."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror, Registry
from middleware.models.recorded import Recorded


class Deposit(Recorded, Mirror):
    """Money that a bank received and put on the ledger, once per reference of the bank."""

    __tablename__ = "deposits"
    __table_args__ = (UniqueConstraint("bank", "reference"), CheckConstraint("amount_minor > 0", name="amount_minor"))

    id: Mapped[str] = mapped_column(primary_key=True)
    bank: Mapped[str]
    reference: Mapped[str]
    instrument: Mapped[str]
    account: Mapped[str] = mapped_column(index=True)
    amount_minor: Mapped[int]


class Withdrawal(Recorded, Mirror):
    """Money that its owner wants paid out: reserved until the bank says paid or refused."""

    __tablename__ = "withdrawals"
    __table_args__ = (
        CheckConstraint("status in ('pending', 'paid', 'refused')", name="status"),
        CheckConstraint("amount_minor > 0", name="amount_minor"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    bank: Mapped[str] = mapped_column(index=True)
    instrument: Mapped[str]
    account: Mapped[str] = mapped_column(index=True)
    amount_minor: Mapped[int]
    destination_hash: Mapped[str]
    status: Mapped[str]
    reference: Mapped[str]
    reason: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_transaction: Mapped[str]


class Destination(Registry):
    """Where a withdrawal is to be paid: the ledger has only a salted hash of it."""

    __tablename__ = "withdrawal_destinations"

    party: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    destination: Mapped[str]
    salt: Mapped[str]
    hash: Mapped[str]
    created_at: Mapped[datetime]
