"""0004 webhooks

Where parties want to be told what happens: their addresses, the secrets that sign what is sent there (encrypted as the
hosted keys are), and every message with what became of it.
"""

import sqlalchemy as sa
from alembic import op

from middleware.models.base import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("party", "url", "status", "reason")),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.UniqueConstraint("party", "url", name="webhooks_party_url_key"),
        sa.CheckConstraint("status in ('active', 'disabled')", name="status"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("webhook", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("wrapped_by", sa.String, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("ends_at", Instant),
        _of_webhook("webhook_secrets"),
    )
    op.create_table(
        "deliveries",
        sa.Column("webhook", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("message", "event", "status", "error")),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("http_status", sa.BigInteger),
        *(sa.Column(name, Instant, nullable=False) for name in ("created_at", "next_at")),
        *(sa.Column(name, Instant) for name in ("attempted_at", "delivered_at")),
        sa.UniqueConstraint("webhook", "message", name="deliveries_webhook_message_key"),
        sa.CheckConstraint("status in ('waiting', 'delivered', 'failed')", name="status"),
        _of_webhook("deliveries"),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index("deliveries_waiting", "deliveries", ["next_at"], sqlite_where=waiting, postgresql_where=waiting)


def _of_webhook(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["webhook"], ["webhooks.number"], name=f"{table}_webhook_fkey", ondelete="CASCADE")


def downgrade() -> None:
    for table in ("deliveries", "webhook_secrets", "webhooks"):
        op.drop_table(table)
