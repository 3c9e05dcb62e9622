"""What instruments promise, version by version."""

from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror
from middleware.models.recorded import Recorded


class Terms(Recorded, Mirror):
    """One version of the terms of an instrument; the highest one holds. A share has no maturity, a zero bond no rate.

    class: ordinary, preferred, non_voting (equity); fixed, zero (bond). `document` is the hash of the text of the
    terms, "" without. Both lists empty: open to everybody.
    """

    __tablename__ = "terms"

    instrument: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_: Mapped[str] = mapped_column("class")
    votes: Mapped[int]
    face_minor: Mapped[int]
    rate_bps: Mapped[int]
    frequency: Mapped[int]
    day_count: Mapped[str]
    matures_on: Mapped[str]
    investor_types: Mapped[list[str]]
    jurisdictions: Mapped[list[str]]
    document: Mapped[str]
