"""0011 register

The register as it was: headers of blocks, what was issued from which block on, sums by custodian and kind of account;
the mirrors are made anew. Letters of issuers to the holders of their instruments, with who has read them.
"""

import sqlalchemy as sa
from alembic import op

from middleware.migrations import mirrors
from middleware.models.base import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("id", "issuer", "instrument", "subject")),
        sa.Column("text", sa.Text, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("document", "sent_by")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("block", "holders")),
        sa.Column("sent_at", Instant, nullable=False),
        sa.UniqueConstraint("id", name="letters_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("letters_of_issuer", "letters", ["issuer", "number"])
    op.create_table(
        "letter_holders",
        sa.Column("party", sa.String, primary_key=True),
        sa.Column("letter", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("read_at", Instant),
        sa.ForeignKeyConstraint(["letter"], ["letters.number"], name="letter_holders_letter_fkey", ondelete="CASCADE"),
    )
    read = sa.text("read_at is not null")
    op.create_index("letter_holders_read", "letter_holders", ["letter"], sqlite_where=read, postgresql_where=read)
    mirrors.make()


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    op.drop_table("letter_holders")
    op.drop_table("letters")
    mirrors.make()
