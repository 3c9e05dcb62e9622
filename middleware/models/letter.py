"""Letters: what an issuer writes to the holders of an instrument, and who of them has read it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry

_READ = text("read_at is not null")


class Letter(Registry):
    """One letter. `holders` is to how many it went: whoever held the instrument as of `block`. It is never changed.

    `document` names a published document that goes with it ("" for none).
    """

    __tablename__ = "letters"
    __table_args__ = (Index("letters_of_issuer", "issuer", "number"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    issuer: Mapped[str]
    instrument: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    document: Mapped[str]
    block: Mapped[int]
    holders: Mapped[int]
    sent_by: Mapped[str]
    sent_at: Mapped[datetime]


class LetterHolder(Registry):
    """A holder to whom a letter went, and when he first opened it."""

    __tablename__ = "letter_holders"
    __table_args__ = (Index("letter_holders_read", "letter", sqlite_where=_READ, postgresql_where=_READ),)

    party: Mapped[str] = mapped_column(primary_key=True)
    letter: Mapped[int] = mapped_column(
        Integer, ForeignKey("letters.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    read_at: Mapped[datetime | None]
