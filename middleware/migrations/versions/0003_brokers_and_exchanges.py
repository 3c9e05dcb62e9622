"""0003 brokers and exchanges

What the road from a broker to an exchange knows beside the ledger: orders as entered and the names brokers give them,
notices, sessions and their messages, what was sent to exchanges and what they executed, confirmations, and the clients
behind omnibus accounts. The mirrors are made anew: orders and trades gain columns.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from middleware.migrations import mirrors
from middleware.models.base import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _entries()
    _executions()
    _sessions()
    _table(
        "disclosed_clients",
        sa.Column("disclosure", sa.String, primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        *_texts("client", "salt"),
        *_numbers("quantity"),
    )
    mirrors.make()


def _entries() -> None:
    _numbered(
        "entries",
        *_texts("id", "group", "broker", "owner", "session", "client_id", "account", "instrument", "side"),
        *_texts("hash", "kid", "held", "status", "reason", "order", "decided_by"),
        *_numbers("quantity", "limit_minor"),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        *_instants("affirm_by", "entered_at"),
        sa.Column("decided_at", Instant),
        sa.UniqueConstraint("id", name="entries_id_key"),
        _one_of("status", "awaiting_affirmation", "affirmed", "direct", "declined", "lapsed", "withdrawn"),
    )
    op.create_index("entries_of_broker", "entries", ["broker", "number"])
    op.create_index("entries_of_owner", "entries", ["owner", "number"])
    op.create_index("entries_of_group", "entries", ["group"])
    waiting = sa.text("status = 'awaiting_affirmation'")
    op.create_index("entries_waiting", "entries", ["affirm_by"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("entries_of_order", "entries", ["order"])
    op.create_index("entries_by_name", "entries", ["client_id"])
    op.create_index("entries_by_status", "entries", ["status", "number"])
    _numbered(
        "client_ids",
        *_texts("broker", "day", "client_id", "session", "kind", "group", "original", "command", "status"),
        *_instants("at"),
        sa.UniqueConstraint("broker", "day", "client_id", name="client_ids_broker_day_client_id_key"),
        _one_of("kind", "new", "cancel", "replace"),
        _one_of("status", "", "pending", "accepted", "rejected"),
    )
    op.create_index("client_ids_of_group", "client_ids", ["group"])
    op.create_index("client_ids_of_command", "client_ids", ["command"])
    _numbered(
        "notices",
        *_instants("at"),
        *_texts("kind", "entry", "group", "order", "broker", "owner", "session", "client_id", "code", "reason", "text"),
        sa.Column("message", sa.BigInteger, nullable=True),
    )
    places = ("told_block", "told_index", "told_notice", "attempted_block", "attempted_index", "attempted_notice")
    _table("cursors", sa.Column("consumer", sa.String, primary_key=True), *_numbers(*places))


def _executions() -> None:
    _table(
        "routes",
        sa.Column("client_id", sa.String, primary_key=True),
        *_texts("venue", "order", "kind", "original", "status", "exchange_id", "text"),
        *_instants("sent_at"),
        sa.Column("answered_at", Instant),
        _one_of("kind", "new", "cancel", "replace"),
        _one_of("status", "sending", "sent", "accepted", "rejected"),
    )
    op.create_index("routes_of_order", "routes", ["order"])
    _numbered(
        "executions",
        *_texts("id", "venue", "reference", "kind", "match", "side", "buy", "sell", "instrument", "refers_to"),
        *_texts("status", "code", "reason", "message", "note"),
        *_numbers("quantity", "price_minor"),
        sa.Column("raw", sa.Text, nullable=False),
        *_instants("received_at", "changed_at"),
        sa.UniqueConstraint("id", name="executions_id_key"),
        sa.UniqueConstraint("venue", "reference", name="executions_venue_reference_key"),
        _one_of("kind", "trade", "bust", "correct"),
        _one_of("status", "waiting", "paired", "reported", "settled", "claimed", "parked", "dismissed"),
    )
    op.create_index("executions_by_match", "executions", ["venue", "match"])
    op.create_index("executions_by_status", "executions", ["status", "number"])
    _numbered(
        "confirmations",
        *_texts("id", "trade", "order", "broker", "owner", "status", "reason", "text"),
        sa.Column("terms", sa.JSON, nullable=False),
        *_instants("sent_at"),
        sa.Column("answered_at", Instant),
        sa.UniqueConstraint("id", name="confirmations_id_key"),
        sa.UniqueConstraint("trade", "order", name="confirmations_trade_order_key"),
        _one_of("status", "sent", "received", "affirmed", "rejected"),
    )
    op.create_index("confirmations_of_broker", "confirmations", ["broker", "number"])


def _sessions() -> None:
    _table(
        "sessions",
        sa.Column("comp_id", sa.String, primary_key=True),
        *_texts("party", "kind", "certificate", "host", "status", "state", "day", "text", "reset_asked_by"),
        *_numbers("port", "throttle", "resets", "next_in", "next_out"),
        sa.Column("addresses", sa.JSON, nullable=False),
        sa.Column("may_reset", sa.Boolean, nullable=False),
        sa.Column("cancel_on_disconnect", sa.Boolean, nullable=False),
        *_instants("created_at"),
        sa.Column("last_in_at", Instant),
        sa.Column("last_out_at", Instant),
        sa.Column("changed_at", Instant),
        _one_of("kind", "broker", "drop_copy", "exchange"),
        _one_of("status", "enabled", "disabled"),
        _one_of("state", "up", "down"),
    )
    op.create_index("sessions_party", "sessions", ["party"])
    _numbered(
        "messages",
        *_texts("session", "day", "direction", "type"),
        *_numbers("resets", "seq"),
        sa.Column("raw", sa.Text, nullable=False),
        *_instants("at"),
        sa.UniqueConstraint(
            "session", "day", "resets", "direction", "seq", name="messages_session_day_resets_direction_seq_key"
        ),
        _one_of("direction", "in", "out"),
    )
    op.create_index("messages_of_session", "messages", ["session", "number"])


def _table(name: str, *columns: Any) -> None:
    op.create_table(name, *columns)


def _numbered(name: str, *columns: Any) -> None:
    number = sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)
    op.create_table(name, number, *columns, sqlite_autoincrement=True)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _instants(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, Instant, nullable=False) for name in names]


def _one_of(column: str, *words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(word) for word in words)})", name=column)


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    tables = ("disclosed_clients", "messages", "sessions", "confirmations", "executions", "routes")
    for table in (*tables, "cursors", "notices", "client_ids", "entries"):
        op.drop_table(table)
    mirrors.make()
