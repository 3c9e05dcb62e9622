"""What exchanges say was traded, and the way of our orders to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Count, Mirror, Registry
from middleware.models.recorded import Recorded


class Route(Registry):
    """One message to an exchange about an order: the order itself, a cancel or a replace, under our own name for it.

    status: sending (stored, perhaps sent) → sent → accepted | rejected, as the exchange answered.
    """

    __tablename__ = "routes"
    __table_args__ = (
        CheckConstraint("kind in ('new', 'cancel', 'replace')", name="kind"),
        CheckConstraint("status in ('sending', 'sent', 'accepted', 'rejected')", name="status"),
        Index("routes_of_order", "order"),
    )

    client_id: Mapped[str] = mapped_column(primary_key=True)
    venue: Mapped[str]
    order: Mapped[str]
    kind: Mapped[str]
    original: Mapped[str]
    status: Mapped[str]
    exchange_id: Mapped[str]
    text: Mapped[str]
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Execution(Registry):
    """One execution of an exchange, once for each of its references; `id` is the command that reports it to the ledger.

    kind: trade, bust, correct. side: both, or the one side that it names while it waits for the other.
    status: waiting (for its other side) → reported → settled | parked; parked → reported again, or dismissed; paired: a
    lone side that went into another row. A bust or correction: reported → claimed.
    """

    __tablename__ = "executions"
    __table_args__ = (
        UniqueConstraint("venue", "reference"),
        CheckConstraint("kind in ('trade', 'bust', 'correct')", name="kind"),
        CheckConstraint(
            "status in ('waiting','paired','reported','settled','claimed','parked','dismissed')", name="status"
        ),
        Index("executions_by_match", "venue", "match"),
        Index("executions_by_status", "status", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    venue: Mapped[str]
    reference: Mapped[str]
    kind: Mapped[str]
    match: Mapped[str]
    side: Mapped[str]
    buy: Mapped[str]
    sell: Mapped[str]
    instrument: Mapped[str]
    quantity: Mapped[int]
    price_minor: Mapped[int]
    refers_to: Mapped[str]
    raw: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    message: Mapped[str]
    note: Mapped[str]
    received_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Claim(Recorded, Mirror):
    """An exchange's bust or correction of an execution that has settled: nothing moves before both owners accept it, or
    operator and custodian order it. status: open → settled | refused; refused → settled, by order only."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("kind in ('bust', 'correct')", name="kind"),
        CheckConstraint("status in ('open', 'refused', 'settled')", name="status"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    venue: Mapped[str]
    reference: Mapped[str]
    trade: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    quantity: Mapped[int]
    price_minor: Mapped[int]
    notice: Mapped[str]
    buyer: Mapped[str] = mapped_column(index=True)
    seller: Mapped[str] = mapped_column(index=True)
    accepted: Mapped[list[str]]
    status: Mapped[str]
    reason: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_block: Mapped[int | None]
    closed_transaction: Mapped[str]


class Confirmation(Registry):
    """The confirmation of one trade to the broker of one side (FIX AK), and his answer (AU).

    status: sent → received | affirmed | rejected.
    """

    __tablename__ = "confirmations"
    __table_args__ = (
        UniqueConstraint("trade", "order"),
        CheckConstraint("status in ('sent', 'received', 'affirmed', 'rejected')", name="status"),
        Index("confirmations_of_broker", "broker", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    trade: Mapped[str]
    order: Mapped[str]
    broker: Mapped[str]
    owner: Mapped[str]
    terms: Mapped[dict[str, Any]]
    status: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str]
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
