"""What changed, for those who watch: names a noun and an id, never contents."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror


class Event(Mirror):
    """One changed thing in one block. `parties` may know of it; [] means everybody may."""

    __tablename__ = "events"
    __table_args__ = (Index("events_of_thing", "noun", "id"),)

    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    noun: Mapped[str]
    id: Mapped[str]
    parties: Mapped[list[str]]
    at: Mapped[datetime]
