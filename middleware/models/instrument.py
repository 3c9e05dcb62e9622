"""What can be held: equity, bonds, and the currencies of banks."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror


class Instrument(Mirror):
    """One instrument. `authorised` is absent for a currency; `issued` is what is held by all accounts together.

    `class` is "" and `terms` 0 until its terms are defined; both lists empty: open to everybody.
    `attested_minor` is the balance that a currency's bank says stands behind it, 0 before it has said so.
    `minor_digits` are a currency's own decimals (0 for others); prices are in minor units of `currency`.
    """

    __tablename__ = "instruments"
    __table_args__ = (
        CheckConstraint("status in ('active', 'suspended')", name="status"),
        CheckConstraint("issued >= 0 and (authorised is null or issued <= authorised)", name="issued"),
    )

    instrument: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    issuer: Mapped[str] = mapped_column(index=True)
    currency: Mapped[str]
    isin: Mapped[str]
    cfi: Mapped[str]
    class_: Mapped[str] = mapped_column("class")
    terms: Mapped[int]
    investor_types: Mapped[list[str]]
    jurisdictions: Mapped[list[str]]
    authorised: Mapped[int | None]
    issued: Mapped[int]
    attested_minor: Mapped[int]
    attested_as_of: Mapped[datetime | None]
    lot: Mapped[int]
    tick_minor: Mapped[int]
    fee_bps: Mapped[int]
    fee_account: Mapped[str]
    minor_digits: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str]
    last_price_minor: Mapped[int | None]
    block: Mapped[int]
    registered_at: Mapped[datetime]


class Issued(Mirror):
    """How much of an instrument was issued from a block on, as the ledger said then."""

    __tablename__ = "issued"

    instrument: Mapped[str] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    quantity: Mapped[int]
