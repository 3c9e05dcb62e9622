"""0012 french

Users may be spoken to in French.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _allow("'en', 'es', 'fr'")


def downgrade() -> None:
    op.execute("update users set language = 'en' where language = 'fr'")
    _allow("'en', 'es'")


def _allow(languages: str) -> None:
    """SQLite cannot alter a rule: there the table is made anew with it, and its rows are copied."""
    name = op.f("users_language_check")
    with op.batch_alter_table("users", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, f"language in ({languages})")
