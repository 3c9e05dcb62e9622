"""Columns that migrations make again and again. What a migration of the past made must not change with these."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from middleware.models.base import Instant


def numbered(table: str, *columns: Any) -> None:
    """A table of the registry whose rows are counted, no number twice."""
    number = sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)
    op.create_table(table, number, *columns, sqlite_autoincrement=True)


def texts(*names: str) -> list[sa.Column[Any]]:
    """Strings that are never null."""
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def numbers(*names: str) -> list[sa.Column[Any]]:
    """Quantities and amounts."""
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def instants(*names: str) -> list[sa.Column[Any]]:
    """Moments that are always known."""
    return [sa.Column(name, Instant, nullable=False) for name in names]


def one_of(column: str, *words: str) -> sa.CheckConstraint:
    """The words that a column may have."""
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(word) for word in words)})", name=column)
