"""Orders as brokers entered them, and the names that brokers gave them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from middleware.models.base import Count, Registry

STATUSES = ("awaiting_affirmation", "affirmed", "direct", "declined", "lapsed", "withdrawn")
_WAITING = text("status = 'awaiting_affirmation'")


class Entry(Registry):
    """One order of one account as a broker entered it; it becomes an order when somebody signs `args` under `id`.

    status: awaiting_affirmation → affirmed | declined | lapsed | withdrawn; or direct, when the broker's own signature
    suffices. `group` joins the allocations of a block order and names the broker's order: a single one's is its id.
    `jws` is the broker's signature of the entry; it stays off the ledger. `order` is the reference of what it became.
    """

    __tablename__ = "entries"
    __table_args__ = (
        CheckConstraint(
            "status in ('awaiting_affirmation','affirmed','direct','declined','lapsed','withdrawn')", name="status"
        ),
        Index("entries_of_broker", "broker", "number"),
        Index("entries_of_owner", "owner", "number"),
        Index("entries_of_group", "group"),
        Index("entries_waiting", "affirm_by", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("entries_of_order", "order"),
        Index("entries_by_name", "client_id"),
        Index("entries_by_status", "status", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    group: Mapped[str]
    broker: Mapped[str]
    owner: Mapped[str]
    session: Mapped[str]
    client_id: Mapped[str]
    account: Mapped[str]
    instrument: Mapped[str]
    side: Mapped[str]
    quantity: Mapped[int]
    limit_minor: Mapped[int]
    args: Mapped[dict[str, Any]]
    jws: Mapped[str] = mapped_column(Text)
    hash: Mapped[str]
    kid: Mapped[str]
    held: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    order: Mapped[str]
    affirm_by: Mapped[datetime]
    entered_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str]


class ClientId(Registry):
    """A name that a broker gave a message (FIX ClOrdID, 11): once a day and broker, for orders, cancels and replaces.

    `group` is the broker's order that it is about; `original` the name that it replaces (41); `command` the command
    that carries a cancel or a replace. kind: new, cancel, replace.
    status: pending → accepted | rejected, for cancels and replaces; "" for a new order.
    """

    __tablename__ = "client_ids"
    __table_args__ = (
        UniqueConstraint("broker", "day", "client_id"),
        CheckConstraint("kind in ('new', 'cancel', 'replace')", name="kind"),
        CheckConstraint("status in ('', 'pending', 'accepted', 'rejected')", name="status"),
        Index("client_ids_of_group", "group"),
        Index("client_ids_of_command", "command"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    broker: Mapped[str]
    day: Mapped[str]
    client_id: Mapped[str]
    session: Mapped[str]
    kind: Mapped[str]
    group: Mapped[str]
    original: Mapped[str]
    command: Mapped[str]
    status: Mapped[str]
    at: Mapped[datetime]


class Notice(Registry):
    """One thing that happened to an entry, for those who follow it; stored in the commit that made it happen.

    kind: entered, affirmed, direct, declined, lapsed, withdrawn; refused: what a message asked for could not be done;
    standing: it had been asked for before, and stands as it stands. `client_id` is the broker's name of the message
    that it answers, `message` the number of that message.
    """

    __tablename__ = "notices"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(Count, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    entry: Mapped[str]
    group: Mapped[str]
    order: Mapped[str]
    broker: Mapped[str]
    owner: Mapped[str]
    session: Mapped[str]
    client_id: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    text: Mapped[str]
    message: Mapped[int | None]


class Cursor(Registry):
    """How far somebody has been told of reports and notices. What lies between told and attempted may have been sent.

    consumer: "session/CASA1", "exchange/MERCADO", "webhook/<id>".
    """

    __tablename__ = "cursors"

    consumer: Mapped[str] = mapped_column(primary_key=True)
    told_block: Mapped[int]
    told_index: Mapped[int]
    told_notice: Mapped[int]
    attempted_block: Mapped[int]
    attempted_index: Mapped[int]
    attempted_notice: Mapped[int]
