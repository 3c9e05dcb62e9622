"""A signed command on its way to the ledger, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Count, Registry

_OPEN = text("status <> 'done'")


class Submission(Registry):
    """One command. Written only by `relay`; (party, id) is unique for ever, as it is on the ledger.

    status: waiting (stored) → sent (in a batch of a lane) → done (an outcome; `code` "" when it was carried out).
    `arrival` is the order in which commands are sent. `held` says who keeps the key: own or platform.
    A command whose key the ledger does not know yet keeps status sent, with the refusal shown, until it has expired.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("party", "id"),
        CheckConstraint("status in ('waiting', 'sent', 'done')", name="status"),
        Index("submissions_open", "arrival", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("submissions_of_group", "group", "function"),
        {"sqlite_autoincrement": True},
    )

    arrival: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    party: Mapped[str]
    id: Mapped[str]
    function: Mapped[str]
    args: Mapped[dict[str, Any]]
    jws: Mapped[str] = mapped_column(Text)
    hash: Mapped[str]
    kid: Mapped[str]
    held: Mapped[str]
    expires_at: Mapped[datetime]
    group: Mapped[str]
    status: Mapped[str]
    lane: Mapped[str]
    batch: Mapped[int]
    transaction_id: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    message: Mapped[str]
    block: Mapped[int | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
