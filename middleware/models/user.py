"""Logins of parties and the tokens they are given."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry


class User(Registry):
    """A login of a party. The password is kept as an argon2id hash only."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("language in ('en', 'es', 'fr')", name="language"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    username: Mapped[str] = mapped_column(unique=True)
    party: Mapped[str] = mapped_column(index=True)
    password_hash: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime]


class Token(Registry):
    """A bearer token: shown once, kept as a SHA-256."""

    __tablename__ = "tokens"

    hash: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[int] = mapped_column(ForeignKey("users.number", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
