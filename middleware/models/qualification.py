"""What the operator has verified of parties, as the ledger says it."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror


class Qualification(Mirror):
    """The last qualification of a party. `limit_minor`: most that one acquisition may cost, 0 without a limit."""

    __tablename__ = "qualifications"
    __table_args__ = (
        CheckConstraint("investor_type in ('retail', 'qualified', 'institutional')", name="investor_type"),
    )

    party: Mapped[str] = mapped_column(primary_key=True)
    jurisdiction: Mapped[str]
    investor_type: Mapped[str]
    limit_minor: Mapped[int]
    commitment: Mapped[str]
    good_till: Mapped[datetime]
    block: Mapped[int]
    qualified_at: Mapped[datetime]
