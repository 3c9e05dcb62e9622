"""0008 negotiations

What parties say to each other before they agree: whom they asked, signed offers and counter-offers. The mirrors are
made anew: instructions come with them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from middleware.migrations import mirrors
from middleware.models.base import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _numbered(
        "negotiations",
        *_texts("id", "opener", "instrument", "currency", "side", "note", "status", "agreed", "opened_by"),
        *_numbers("quantity"),
        *_instants("opened_at", "expires_at"),
        sa.Column("closed_at", Instant),
        sa.UniqueConstraint("id", name="negotiations_id_key"),
        _one_of("side", "buy", "sell"),
        _one_of("status", "open", "agreed", "withdrawn"),
    )
    op.create_index("negotiations_of_opener", "negotiations", ["opener", "number"])
    op.create_table(
        "asked",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("negotiation", "party")),
        *_texts("status", "reason"),
        sa.Column("answered_at", Instant),
        _one_of("status", "asked", "refused"),
    )
    op.create_index("asked_parties", "asked", ["party", "negotiation"])
    _offers()
    _numbered("talk_notices", *_texts("kind", "negotiation", "party"), *_instants("at"))
    op.create_index("talk_notices_of_party", "talk_notices", ["party", "number"])
    mirrors.make()


def _offers() -> None:
    _numbered(
        "offers",
        *_texts("id", "negotiation", "party", "maker", "taker", "side", "account", "cash_account", "note", "terms"),
        *_texts("hash", "kid", "held", "status", "reason", "made_by", "acceptance", "fulfilment"),
        *_numbers("quantity", "price_minor", "amount_minor"),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        *_instants("good_till", "made_at"),
        *(sa.Column(name, Instant) for name in ("decided_at", "settle_by")),
        sa.UniqueConstraint("id", name="offers_id_key"),
        sa.UniqueConstraint("terms", name="offers_terms_key"),
        _one_of("side", "buy", "sell"),
        _one_of("status", "open", "countered", "refused", "withdrawn", "accepted", "failed"),
    )
    op.create_index("offers_of_talk", "offers", ["negotiation", "party", "number"])
    op.create_index("offers_by_status", "offers", ["status", "number"])


def _numbered(name: str, *columns: Any) -> None:
    number = sa.Column("number", sa.Integer, primary_key=True, autoincrement=True)
    op.create_table(name, number, *columns, sqlite_autoincrement=True)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _instants(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, Instant, nullable=False) for name in names]


def _one_of(column: str, *words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(word) for word in words)})", name=column)


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    for table in ("talk_notices", "offers", "asked", "negotiations"):
        op.drop_table(table)
    mirrors.make()
