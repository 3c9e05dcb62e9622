"""What an instrument is worth, and who says so: no price is shown without its source."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.models.offering import Offering
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


def latest(session: Session, principal: Principal, codes: Iterable[str]) -> dict[str, Price]:
    """The last price of each instrument: of a trade, else of an offering that the principal may know of."""
    return {code: _traded(session, code) or _offered(session, principal, code) or Price() for code in codes}


def _traded(session: Session, code: str) -> Price | None:
    """The last trade that stands, wherever it was made."""
    query = select(Trade.price_minor, Trade.reference, Trade.at, Trade.venue)
    query = query.where(Trade.instrument == code, Trade.status == "settled").order_by(Trade.ordinal.desc()).limit(1)
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    return Price(found.price_minor, "exchange" if found.reference else "venue", found.at, found.venue)


def _offered(session: Session, principal: Principal, code: str) -> Price | None:
    """What units of the last offering that placed any were allotted at."""
    query = select(Offering.price_minor, Offering.allotted_at, Offering.issuer)
    query = query.where(Offering.instrument == code, Offering.placed > 0, policy.visible(principal, Offering))
    found = session.execute(query.order_by(Offering.ordinal.desc()).limit(1)).one_or_none()
    return None if found is None else Price(found.price_minor, "offering", found.allotted_at, found.issuer)
