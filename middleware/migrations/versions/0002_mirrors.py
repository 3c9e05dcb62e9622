"""0002 mirrors

The SQL copies of what the ledger says. Made from their definition and filled by replaying the ledger, so that a change
of them is a revision of one line that makes them anew.
"""

from middleware.migrations import mirrors

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mirrors.make()


def downgrade() -> None:
    mirrors.drop()
