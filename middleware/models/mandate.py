"""What owners let agents do for them."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Mandate(Recorded, Mirror):
    """An owner's mandate to an agent, as it stands. affirmation: each (the owner signs every order) or none (the agent
    signs). `order_minor` bounds one order, `total_minor` all that the agent signs; `used_minor` of it is used up."""

    __tablename__ = "mandates"
    __table_args__ = (
        CheckConstraint("affirmation in ('each', 'none')", name="affirmation"),
        CheckConstraint("status in ('active', 'revoked')", name="status"),
    )

    owner: Mapped[str] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(primary_key=True, index=True)
    affirmation: Mapped[str]
    order_minor: Mapped[int]
    total_minor: Mapped[int]
    used_minor: Mapped[int]
    good_till: Mapped[datetime]
    status: Mapped[str]
    revoked_at: Mapped[datetime | None]
