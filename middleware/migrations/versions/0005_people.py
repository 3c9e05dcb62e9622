"""0005 people

What the operator has verified of parties: a mirror of its own, for it is not everybody's to see.
"""

from middleware.migrations import mirrors

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mirrors.make()


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    mirrors.make()
