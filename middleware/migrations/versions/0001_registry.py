"""0001 registry

What SQL alone knows: users and their tokens, what parties are called and where they are paid, the keys that the
platform keeps for them (encrypted), commands on their way to the ledger, and who is the one worker.
"""

import sqlalchemy as sa
from alembic import op

from middleware.models.base import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("username", sa.String, nullable=False),
        sa.Column("party", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("password_changed_at", Instant, nullable=False),
        sa.UniqueConstraint("username", name="users_username_key"),
        sa.CheckConstraint("language in ('en', 'es')", name="language"),
        sqlite_autoincrement=True,
    )
    op.create_index("users_party", "users", ["party"])
    op.create_table(
        "tokens",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("user", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.number"], name="tokens_user_fkey", ondelete="CASCADE"),
    )
    op.create_index("tokens_user", "tokens", ["user"])
    op.create_table(
        "party_names",
        sa.Column("party", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("entered_by", sa.String, nullable=False),
        sa.Column("entered_at", Instant, nullable=False),
    )
    op.create_table(
        "withdrawal_destinations",
        sa.Column("party", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("destination", sa.String, nullable=False),
        sa.Column("salt", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
    )
    _keys()
    _submissions()
    _leases()


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("party", sa.String, primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("public", sa.String, nullable=False),
        sa.Column("scope", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("wrapped_by", sa.String, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.CheckConstraint("status in ('pending', 'active', 'retired', 'compromised')", name="status"),
    )


def _submissions() -> None:
    texts: tuple[str, ...] = ("party", "id", "function", "hash", "kid", "held", "group", "status", "lane")
    texts += ("transaction_id", "code", "reason", "message")
    op.create_table(
        "submissions",
        sa.Column("arrival", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in texts),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("batch", sa.BigInteger, nullable=False),
        sa.Column("block", sa.BigInteger),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("done_at", Instant),
        sa.UniqueConstraint("party", "id", name="submissions_party_id_key"),
        sa.CheckConstraint("status in ('waiting', 'sent', 'done')", name="status"),
        sqlite_autoincrement=True,
    )
    unfinished = sa.text("status <> 'done'")
    op.create_index(
        "submissions_open", "submissions", ["arrival"], sqlite_where=unfinished, postgresql_where=unfinished
    )
    op.create_index("submissions_of_group", "submissions", ["group", "function"])


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("fencing", sa.BigInteger, nullable=False),
        sa.Column("wanted_by", sa.String, nullable=False),
        sa.Column("renewed_at", Instant, nullable=False),
    )


def downgrade() -> None:
    for table in ("leases", "submissions", "keys", "withdrawal_destinations", "party_names", "tokens", "users"):
        op.drop_table(table)
