"""0005 people

Applications to be admitted or verified, their evidence, and the keys of what is kept of persons. What the operator has
verified of parties is a mirror of its own, for it is not everybody's to see.
"""

import sqlalchemy as sa
from alembic import op

from middleware.migrations import columns, mirrors
from middleware.models.base import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _applications()
    op.create_table(
        "evidence",
        sa.Column("application", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        *columns.texts("kind", "document"),
        sa.Column("added_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["application"], ["applications.number"], name="evidence_application_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("evidence_document", "evidence", ["document"])
    op.create_table(
        "person_keys",
        sa.Column("party", sa.String, primary_key=True),
        *columns.texts("wrapped_by"),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("nonce", "ciphertext")),
        sa.Column("created_at", Instant, nullable=False),
    )
    mirrors.make()


def _applications() -> None:
    op.create_table(
        "applications",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        *columns.texts("id", "party", "kind", "purpose"),
        sa.Column("roles", sa.JSON, nullable=False),
        *columns.texts("status", "reason"),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("nonce", "ciphertext")),
        *columns.texts("jurisdiction", "investor_type"),
        sa.Column("limit_minor", sa.BigInteger, nullable=False),
        sa.Column("good_till", Instant),
        *columns.texts("commitment", "act", "qualification", "reviewer"),
        *(sa.Column(name, Instant, nullable=False) for name in ("created_at", "changed_at")),
        *(sa.Column(name, Instant) for name in ("submitted_at", "decided_at", "qualified_at", "erased_at")),
        sa.UniqueConstraint("id", name="applications_id_key"),
        columns.one_of("kind", "natural_person", "sole_proprietorship", "enterprise"),
        columns.one_of("purpose", "admission", "renewal"),
        columns.one_of("status", "draft", "submitted", "in_review", "approved", "refused"),
        sqlite_autoincrement=True,
    )
    opened = sa.text("status in ('draft', 'submitted', 'in_review')")
    op.create_index(
        "applications_open", "applications", ["party"], unique=True, sqlite_where=opened, postgresql_where=opened
    )
    op.create_index("applications_of_party", "applications", ["party", "number"])
    op.create_index("applications_by_status", "applications", ["status", "number"])
    followed = sa.text("status = 'approved' and qualified_at is null")
    op.create_index(
        "applications_followed", "applications", ["number"], sqlite_where=followed, postgresql_where=followed
    )


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    for table in ("person_keys", "evidence", "applications"):
        op.drop_table(table)
    mirrors.make()
