"""0009 bank

What a user of a bank enters waits for a second one, where the bank wants it so: drafts, and that wish. The mirrors are
made anew: attestations are one of them, and instruments gain the balance that stands behind a currency.
"""

import sqlalchemy as sa
from alembic import op

from middleware.migrations import columns, mirrors
from middleware.models.base import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *columns.texts("party", "id", "function", "subject", "status", "reason", "entered_by", "decided_by"),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        sa.Column("entered_at", Instant, nullable=False),
        sa.Column("decided_at", Instant),
        sa.UniqueConstraint("party", "id", name="drafts_party_id_key"),
        sa.CheckConstraint("status in ('waiting', 'approved', 'refused', 'withdrawn')", name="status"),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index("drafts_waiting", "drafts", ["party", "number"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("drafts_of_subject", "drafts", ["subject"])
    op.create_table(
        "four_eyes",
        sa.Column("party", sa.String, primary_key=True),
        sa.Column("required", sa.Boolean, nullable=False),
        *columns.texts("changed_by"),
        sa.Column("changed_at", Instant, nullable=False),
    )
    mirrors.make()


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    for table in ("four_eyes", "drafts"):
        op.drop_table(table)
    mirrors.make()
