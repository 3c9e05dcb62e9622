"""What an instrument is worth, and who says so: no price is shown without its source."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware.models.trade import Trade

SOURCES = ("venue", "exchange", "offering", "none")


@dataclass(frozen=True, slots=True)
class Price:
    """A price per unit. source: venue (the last trade on a market of ours), exchange (its last execution outside),
    offering (what units were allotted at), none. `at` and `by` say when, and on which market or by whose offering."""

    minor: int | None = None
    source: str = "none"
    at: datetime | None = None
    by: str = ""


def latest(session: Session, codes: Iterable[str]) -> dict[str, Price]:
    """The last price of each instrument."""
    return {code: _of(session, code) for code in codes}


def _of(session: Session, code: str) -> Price:
    """The last trade that stands, wherever it was made."""
    query = select(Trade.price_minor, Trade.reference, Trade.at, Trade.venue)
    query = query.where(Trade.instrument == code, Trade.status == "settled").order_by(Trade.ordinal.desc()).limit(1)
    found = session.execute(query).one_or_none()
    if found is None:
        return Price()
    return Price(found.price_minor, "exchange" if found.reference else "venue", found.at, found.venue)
