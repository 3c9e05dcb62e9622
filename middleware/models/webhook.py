"""Webhooks: where parties want to be told what happens, and what was delivered there."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Registry

_WAITING = text("status = 'waiting'")


class Webhook(Registry):
    """One address of a party and the events that it wants. `sequence` is the last that was given to a delivery.

    status: active, or disabled by the receiver (410), with the reason; while disabled nothing is sent and nothing lost.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        UniqueConstraint("party", "url"),
        CheckConstraint("status in ('active', 'disabled')", name="status"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    party: Mapped[str]
    url: Mapped[str]
    events: Mapped[list[str]]
    status: Mapped[str]
    reason: Mapped[str]
    sequence: Mapped[int]
    created_at: Mapped[datetime]


class WebhookSecret(Registry):
    """A secret that signs deliveries, encrypted as hosted keys are. `ends_at`: when a newer one has replaced it."""

    __tablename__ = "webhook_secrets"

    webhook: Mapped[int] = mapped_column(
        Integer, ForeignKey("webhooks.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wrapped_by: Mapped[str]
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    @property
    def label(self) -> str:
        """What it is called in a refusal."""
        return f"secret {self.n} of webhook {self.webhook}"

    @property
    def associated(self) -> bytes:
        """What the encryption is bound to, so that a record moved to another webhook does not open."""
        return b"lonja/webhook/1" + self.webhook.to_bytes(8, "big") + self.n.to_bytes(8, "big")


class Delivery(Registry):
    """One message to one webhook, once for each: `message` names what happened, `body` is what is sent, to the byte.

    status: waiting (until `next_at`) → delivered | failed; sent again by hand it waits again.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("webhook", "message"),
        CheckConstraint("status in ('waiting', 'delivered', 'failed')", name="status"),
        Index("deliveries_waiting", "next_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    webhook: Mapped[int] = mapped_column(
        Integer, ForeignKey("webhooks.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    message: Mapped[str]
    event: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    attempts: Mapped[int]
    http_status: Mapped[int | None]
    error: Mapped[str]
    created_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
