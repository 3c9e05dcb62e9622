"""Every command that the ledger recorded, whoever sent it."""

from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Command(Recorded, Mirror):
    """One signed act and its outcome: `code` is "" when it was carried out."""

    __tablename__ = "commands"

    party: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    function: Mapped[str]
    hash: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    message: Mapped[str]
