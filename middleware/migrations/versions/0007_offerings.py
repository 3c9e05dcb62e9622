"""0007 offerings

Whom issuers invite to their private offerings, which the ledger knows by salted hashes alone. The mirrors are made
anew: offerings and subscriptions are new.
"""

import sqlalchemy as sa
from alembic import op

from middleware.migrations import mirrors
from middleware.models.base import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("offering", "party")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("salt", "hash", "command")),
        sa.Column("invited_at", Instant, nullable=False),
    )
    op.create_index("invitations_party", "invitations", ["party"])
    mirrors.make()


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    op.drop_table("invitations")
    mirrors.make()
