"""Offerings: what issuers offer of new units, and whom they invite to the private ones."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Mirror, Registry
from middleware.models.recorded import Recorded

STATUSES = ("open", "allotting", "settled", "cancelled", "failed")


class Offering(Recorded, Mirror):
    """One offer of new units, with its terms and what has become of it.

    `tiers`: [{investor_type, quantity}]. `subscriptions` and `subscribed` (units) count what is open, as the ledger
    does; `subscribers`, `demand` and `reserved_minor` all that was not withdrawn, also once it is settled or released.
    `price_minor`, `allotted`, `parts` and `root` are those of the allotment; `part` is the next part to settle.
    `placed` units for `raised_minor` were settled so far.
    """

    __tablename__ = "offerings"
    __table_args__ = (
        CheckConstraint("kind in ('public', 'private')", name="kind"),
        CheckConstraint("status in ('open', 'allotting', 'settled', 'cancelled', 'failed')", name="status"),
        CheckConstraint("part >= 0 and part <= parts and placed <= allotted", name="part"),
        Index("offerings_by_status", "status", "closes_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(index=True)
    instrument: Mapped[str] = mapped_column(index=True)
    currency: Mapped[str]
    cash_account: Mapped[str]
    kind: Mapped[str]
    price_min_minor: Mapped[int]
    price_max_minor: Mapped[int]
    minimum: Mapped[int]
    maximum: Mapped[int]
    ticket_minimum: Mapped[int]
    ticket_maximum: Mapped[int]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    allot_by: Mapped[datetime]
    tiers: Mapped[list[Any]] = mapped_column(JSON)
    document: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    invitations: Mapped[int]
    subscriptions: Mapped[int]
    subscribed: Mapped[int]
    subscribers: Mapped[int]
    demand: Mapped[int]
    reserved_minor: Mapped[int]
    price_minor: Mapped[int | None]
    allotted: Mapped[int]
    parts: Mapped[int]
    root: Mapped[str]
    part: Mapped[int]
    done: Mapped[int]
    placed: Mapped[int]
    raised_minor: Mapped[int]
    allotted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Invitation(Registry):
    """Whom an issuer has invited to a private offering. The ledger has the hash alone; `salt` opens it for `party`.

    `command` is the id of the issuer's command that put the hash on the ledger.
    """

    __tablename__ = "invitations"

    offering: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True, index=True)
    salt: Mapped[str]
    hash: Mapped[str]
    command: Mapped[str]
    invited_at: Mapped[datetime]
