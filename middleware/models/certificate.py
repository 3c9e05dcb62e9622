"""Certificates: what a paper said of a holding, for whoever is shown it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry


class Certificate(Registry):
    """One certificate of one holding. `stated` is all that it states but the owner's name: that is personal data and
    stands in one place only, so it can be erased; the fingerprint covers it all the same.
    """

    __tablename__ = "certificates"
    __table_args__ = (Index("certificates_of_account", "account", "serial"),)

    serial: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    owner: Mapped[str]
    account: Mapped[str]
    instrument: Mapped[str]
    stated: Mapped[dict[str, Any]]
    block: Mapped[int]
    language: Mapped[str]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
