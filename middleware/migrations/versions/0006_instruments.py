"""0006 instruments

Documents: what parties have uploaded, and the keys of those that are kept encrypted. The mirrors are made anew:
instruments gain their terms, and there are publications.
"""

import sqlalchemy as sa
from alembic import op

from middleware.migrations import mirrors
from middleware.models.base import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("id", "party", "purpose", "name", "media_type")),
        sa.Column("size", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("hash", "address")),
        sa.Column("kept_at", Instant, nullable=False),
        sa.UniqueConstraint("id", name="documents_id_key"),
        sa.UniqueConstraint("party", "purpose", "hash", name="documents_party_purpose_hash_key"),
        sa.CheckConstraint("purpose in ('publication', 'evidence')", name="purpose"),
        sqlite_autoincrement=True,
    )
    op.create_index("documents_hash", "documents", ["hash"])
    op.create_table(
        "document_keys",
        sa.Column("document", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("wrapped_by", sa.String, nullable=False),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("nonce", "ciphertext")),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.number"], name="document_keys_document_fkey", ondelete="CASCADE"
        ),
    )
    mirrors.make()


def downgrade() -> None:
    mirrors.drop()
    for table in ("document_keys", "documents"):
        op.drop_table(table)
    mirrors.make()
