"""Custodians' statements of whom their omnibus accounts hold for."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror, Registry
from middleware.models.recorded import Recorded


class Disclosure(Recorded, Mirror):
    """One signed statement: so much of an instrument in an omnibus account is held for so many clients, as of then.

    `root` commits to the split, which stands in SQL only (DisclosedClient).
    """

    __tablename__ = "disclosures"

    id: Mapped[str] = mapped_column(primary_key=True)
    custodian: Mapped[str]
    account: Mapped[str] = mapped_column(index=True)
    instrument: Mapped[str] = mapped_column(index=True)
    as_of: Mapped[datetime]
    root: Mapped[str]
    total: Mapped[int]
    clients: Mapped[int]


class DisclosedClient(Registry):
    """One client of a disclosure: a leaf under its root, with the salt that keeps the root from telling anything."""

    __tablename__ = "disclosed_clients"

    disclosure: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client: Mapped[str]
    quantity: Mapped[int]
    salt: Mapped[str]
