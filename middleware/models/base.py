"""The two kinds of table.

Registry: SQL is the truth (users, documents, submissions, keys). Altered by migrations, never rebuilt.
Mirror: the ledger is the truth. Rows are written only by functions marked `@on("SomeFact")`; `lonja rebuild` drops
these tables and replays the ledger into the same bytes. So no default, clock, random value or auto-increment here,
and no foreign key from one kind to the other.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import JSON, TypeDecorator

_NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


def instant_text(value: datetime | None) -> str | None:
    """An instant as `Instant` columns keep it."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
    # isoformat is four times faster than strftime; the width must not depend on the microseconds
    return value.isoformat(timespec="microseconds")[:26] + "Z"


class Instant(TypeDecorator[datetime]):
    """An instant in UTC to the microsecond, kept as text of one width: sorts, compares and digests alike everywhere."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuses an instant that does not say its zone."""
        return instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


# Counts what grows for ever. SQLite counts by itself only in a column of its own INTEGER, which is as wide.
Count = BigInteger().with_variant(Integer, "sqlite")

_TYPES: dict[Any, Any] = {datetime: Instant, int: BigInteger, dict[str, Any]: JSON, list[str]: JSON}


class Registry(DeclarativeBase):
    """Tables whose truth is SQL."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        int: BigInteger,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class Mirror(DeclarativeBase):
    """Tables whose truth is the ledger."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        int: BigInteger,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }
