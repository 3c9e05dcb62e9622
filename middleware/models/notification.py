"""What each user has read of what he was told. What there is to tell stands in the tables of its nouns."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry


class NotificationMark(Registry):
    """Everything up to an instant is read."""

    __tablename__ = "notification_marks"

    user: Mapped[int] = mapped_column(
        Integer, ForeignKey("users.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    until: Mapped[datetime]


class NotificationRead(Registry):
    """One notification, after that instant, is read. `at` is its own time."""

    __tablename__ = "notification_reads"

    user: Mapped[int] = mapped_column(
        Integer, ForeignKey("users.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    notification: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
