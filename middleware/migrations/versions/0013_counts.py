"""0013 counts

What grows for ever is counted in 64 bits on PostgreSQL too: at full speed 2,147,483,647 commands last a hundred days.
SQLite's integers are as wide already.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNTED = {"submissions": "arrival"} | dict.fromkeys(
    ("messages", "entries", "client_ids", "notices", "executions", "confirmations", "talk_notices"), "number"
)


def upgrade() -> None:
    _count_in("bigint")


def downgrade() -> None:
    _count_in("integer")


def _count_in(kind: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in COUNTED.items():
        op.execute(f"alter table {table} alter column {column} type {kind}")
        op.execute(f"alter sequence {table}_{column}_seq as {kind}")
