"""Who is the one worker."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry


class Lease(Registry):
    """The right to be an organisation's only writer to the ledger.

    `wanted_by` asks the holder to step aside for a while, and says for whom.
    Each holder gets a greater `fencing` number and checks it inside every SQL transaction it makes: one that lost the
    lease while it slept changes nothing any more.
    """

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    fencing: Mapped[int]
    wanted_by: Mapped[str]
    renewed_at: Mapped[datetime]
