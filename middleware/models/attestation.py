"""Banks' statements of the balance behind their currencies."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Attestation(Recorded, Mirror):
    """One signed statement: so much stood behind a currency as of then, while so much of it was issued."""

    __tablename__ = "attestations"
    __table_args__ = (CheckConstraint("balance_minor >= issued", name="balance_minor"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    bank: Mapped[str] = mapped_column(index=True)
    instrument: Mapped[str] = mapped_column(index=True)
    balance_minor: Mapped[int]
    as_of: Mapped[datetime]
    reference: Mapped[str]
    issued: Mapped[int]
