"""FIX sessions and the messages that went through them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Count, Registry


class FixSession(Registry):
    """One counterparty's session: who it speaks for, how it is recognised, what its profile allows, how it stands.

    kind: broker, drop_copy (read-only), exchange (we call it, at host and port). `certificate` is the SHA-256 of the
    client certificate. `resets` counts the resets of `day`; `reset_asked_by` waits for the operator's consent.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("kind in ('broker', 'drop_copy', 'exchange')", name="kind"),
        CheckConstraint("status in ('enabled', 'disabled')", name="status"),
        CheckConstraint("state in ('up', 'down')", name="state"),
    )

    comp_id: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    certificate: Mapped[str]
    addresses: Mapped[list[str]]
    host: Mapped[str]
    port: Mapped[int]
    may_reset: Mapped[bool]
    cancel_on_disconnect: Mapped[bool]
    throttle: Mapped[int]
    status: Mapped[str]
    created_at: Mapped[datetime]
    state: Mapped[str]
    day: Mapped[str]
    resets: Mapped[int]
    next_in: Mapped[int]
    next_out: Mapped[int]
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    text: Mapped[str]
    reset_asked_by: Mapped[str]


class Message(Registry):
    """One FIX message as it came or went. direction: in, out. One that came is stored once for its sequence number."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("session", "day", "resets", "direction", "seq"),
        CheckConstraint("direction in ('in', 'out')", name="direction"),
        Index("messages_of_session", "session", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    session: Mapped[str]
    day: Mapped[str]
    resets: Mapped[int]
    direction: Mapped[str]
    seq: Mapped[int]
    type: Mapped[str]
    raw: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
