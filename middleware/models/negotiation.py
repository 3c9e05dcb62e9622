"""Negotiations: who was asked what, and what was offered. SQL only: the ledger sees a hash of what was agreed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Count, Registry


class Negotiation(Registry):
    """A party's wish to buy or sell, told to the parties it has chosen and to nobody else.

    side: what the opener wants to do, buy or sell. status: open → agreed | withdrawn; agreed → open, when the ledger
    did not take the acceptance. One that is open past `expires_at` has expired.
    """

    __tablename__ = "negotiations"
    __table_args__ = (
        CheckConstraint("side in ('buy', 'sell')", name="side"),
        CheckConstraint("status in ('open', 'agreed', 'withdrawn')", name="status"),
        Index("negotiations_of_opener", "opener", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    opener: Mapped[str]
    instrument: Mapped[str]
    currency: Mapped[str]
    side: Mapped[str]
    quantity: Mapped[int]
    note: Mapped[str]
    status: Mapped[str]
    agreed: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Asked(Registry):
    """One party that was asked. It knows the opener and what the two say to each other, and of nobody else.

    status: asked → refused, by the party, with its `reason`.
    """

    __tablename__ = "asked"
    __table_args__ = (
        CheckConstraint("status in ('asked', 'refused')", name="status"),
        Index("asked_parties", "party", "negotiation"),
    )

    negotiation: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    reason: Mapped[str]
    answered_at: Mapped[datetime | None]


class Offer(Registry):
    """One signed proposal between the opener and a party that was asked.

    `party` is the one that was asked, whoever of the two is the maker. `args` is what the maker signed, `jws` the
    signature; neither goes to the ledger. `terms` is the salted hash of `args`, which does when the offer is accepted.
    status: open → countered | refused | withdrawn | accepted; accepted → open | failed. One open past `good_till` has
    expired. `acceptance` is the command by which the taker accepts, `fulfilment` the one by which the maker follows.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("side in ('buy', 'sell')", name="side"),
        CheckConstraint("status in ('open', 'countered', 'refused', 'withdrawn', 'accepted', 'failed')", name="status"),
        UniqueConstraint("terms"),
        Index("offers_of_talk", "negotiation", "party", "number"),
        Index("offers_by_status", "status", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    negotiation: Mapped[str]
    party: Mapped[str]
    maker: Mapped[str]
    taker: Mapped[str]
    side: Mapped[str]
    quantity: Mapped[int]
    price_minor: Mapped[int]
    amount_minor: Mapped[int]
    account: Mapped[str]
    cash_account: Mapped[str]
    note: Mapped[str]
    good_till: Mapped[datetime]
    args: Mapped[dict[str, Any]]
    terms: Mapped[str]
    jws: Mapped[str] = mapped_column(Text)
    hash: Mapped[str]
    kid: Mapped[str]
    held: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    acceptance: Mapped[str]
    fulfilment: Mapped[str]
    settle_by: Mapped[datetime | None]


class TalkNotice(Registry):
    """That something changed in a negotiation, for one party that takes part in it; stored in the commit that did it.

    kind: asked, offered, countered, accepted, refused, withdrawn, reopened, failed.
    """

    __tablename__ = "talk_notices"
    __table_args__ = (Index("talk_notices_of_party", "party", "number"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    negotiation: Mapped[str]
    party: Mapped[str]
