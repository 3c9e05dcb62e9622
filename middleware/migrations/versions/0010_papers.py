"""0010 papers

Certificates of holdings, so that whoever is shown one can ask whether it was issued and whether the holding has changed
since; and what each user has read of his notifications.
"""

import sqlalchemy as sa
from alembic import op

from middleware.models.base import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("serial", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("fingerprint", "owner", "account", "instrument")),
        sa.Column("stated", sa.JSON, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("language", "issued_by")),
        sa.Column("issued_at", Instant, nullable=False),
        sa.UniqueConstraint("fingerprint", name="certificates_fingerprint_key"),
    )
    op.create_index("certificates_of_account", "certificates", ["account", "serial"])
    op.create_table(
        "notification_marks",
        sa.Column("user", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("until", Instant, nullable=False),
        _of_user("notification_marks"),
    )
    op.create_table(
        "notification_reads",
        sa.Column("user", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("notification", sa.String, primary_key=True),
        sa.Column("at", Instant, nullable=False),
        _of_user("notification_reads"),
    )


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user"], ["users.number"], name=f"{table}_user_fkey", ondelete="CASCADE")


def downgrade() -> None:
    for table in ("notification_reads", "notification_marks", "certificates"):
        op.drop_table(table)
