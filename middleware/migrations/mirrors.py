"""The mirrors as a whole: they are made from their definition, never altered, and filled by replay."""

from alembic import op

import middleware.models  # noqa: F401 - every table is known from here on
from middleware.models.base import Mirror


def make() -> None:
    """Make the mirror tables anew, empty: the worker fills them from block 0. For every revision that changes one."""
    drop()
    Mirror.metadata.create_all(op.get_bind())


def drop() -> None:
    """Drop the mirror tables, the reading position with them."""
    Mirror.metadata.drop_all(op.get_bind())
