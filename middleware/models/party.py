"""Parties, their public keys and their names."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror, Registry


class Party(Mirror):
    """A legal or natural person on the ledger. `institution`: more than an investor, so everybody may know of it."""

    __tablename__ = "parties"
    __table_args__ = (CheckConstraint("status in ('active', 'suspended')", name="status"),)

    party: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str]
    roles: Mapped[list[str]]
    institution: Mapped[bool]
    status: Mapped[str]
    reason: Mapped[str]
    block: Mapped[int]
    admitted_at: Mapped[datetime]


class PartyKey(Mirror):
    """A public key registered for a party: what the ledger verifies signatures with."""

    __tablename__ = "party_keys"
    __table_args__ = (CheckConstraint("held in ('own', 'platform')", name="held"),)

    party: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public: Mapped[str]
    scope: Mapped[list[str]]
    held: Mapped[str]
    status: Mapped[str]
    block: Mapped[int]
    added_at: Mapped[datetime]


class PartyName(Registry):
    """What a party is called: personal data, so it stands in SQL only and can be erased."""

    __tablename__ = "party_names"

    party: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]
