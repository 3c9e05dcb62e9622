"""Who holds how much of what, and every change of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror


class Holding(Mirror):
    """Quantity of one instrument in one account; `reserved` of it is set aside for orders and withdrawals.

    Owner, custodian and kind are the account's: a register finds and narrows its lines in one index.
    """

    __tablename__ = "holdings"
    __table_args__ = (
        CheckConstraint("reserved >= 0 and reserved <= quantity", name="reserved"),
        Index("holdings_in_account", "account"),
        Index("holdings_by_size", "instrument", "quantity", "account", "owner", "custodian", "kind"),
    )

    instrument: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    reserved: Mapped[int]
    owner: Mapped[str]
    custodian: Mapped[str]
    kind: Mapped[str]
    block: Mapped[int]


class RegisterPart(Mirror):
    """What accounts of one kind at one custodian hold of an instrument together, and how many of them hold any."""

    __tablename__ = "register_parts"

    instrument: Mapped[str] = mapped_column(primary_key=True)
    custodian: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    accounts: Mapped[int]


class Movement(Mirror):
    """One change of one holding by one command: a line of a statement. `change` and `reserved_change` are signed."""

    __tablename__ = "movements"
    __table_args__ = (
        Index("movements_of_account", "account", "ordinal"),
        Index("movements_of_instrument", "instrument", "account", "ordinal"),
    )

    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    instrument: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    change: Mapped[int]
    reserved_change: Mapped[int]
    quantity: Mapped[int]
    reserved: Mapped[int]
    function: Mapped[str]
    party: Mapped[str]
    command: Mapped[str]
    block: Mapped[int]
    transaction: Mapped[str]
    at: Mapped[datetime]
