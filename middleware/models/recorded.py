"""Where on the ledger a mirrored row comes from."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column


class Recorded:
    """Columns of what one command of one transaction made.

    `ordinal` is the ledger's own order in one number: block, transaction in it, command in it. Lists are paged by it.
    `kid` and `held` say which key signed and who keeps it (own or platform).
    """

    ordinal: Mapped[int] = mapped_column(index=True)
    block: Mapped[int]
    transaction: Mapped[str]
    at: Mapped[datetime]
    kid: Mapped[str]
    held: Mapped[str]
