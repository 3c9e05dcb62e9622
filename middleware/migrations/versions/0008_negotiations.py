"""0008 negotiations

What parties say to each other before they agree: whom they asked, signed offers and counter-offers. The mirrors are
made anew: instructions come with them.
"""

import sqlalchemy as sa
from alembic import op

from middleware.migrations import columns, mirrors
from middleware.models.base import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns.numbered(
        "negotiations",
        *columns.texts("id", "opener", "instrument", "currency", "side", "note", "status", "agreed", "opened_by"),
        *columns.numbers("quantity"),
        *columns.instants("opened_at", "expires_at"),
        sa.Column("closed_at", Instant),
        sa.UniqueConstraint("id", name="negotiations_id_key"),
        columns.one_of("side", "buy", "sell"),
        columns.one_of("status", "open", "agreed", "withdrawn"),
    )
    op.create_index("negotiations_of_opener", "negotiations", ["opener", "number"])
    op.create_table(
        "asked",
        *(sa.Column(name, sa.String, primary_key=True) for name in ("negotiation", "party")),
        *columns.texts("status", "reason"),
        sa.Column("answered_at", Instant),
        columns.one_of("status", "asked", "refused"),
    )
    op.create_index("asked_parties", "asked", ["party", "negotiation"])
    _offers()
    columns.numbered("talk_notices", *columns.texts("kind", "negotiation", "party"), *columns.instants("at"))
    op.create_index("talk_notices_of_party", "talk_notices", ["party", "number"])
    mirrors.make()


def _offers() -> None:
    columns.numbered(
        "offers",
        *columns.texts(
            "id", "negotiation", "party", "maker", "taker", "side", "account", "cash_account", "note", "terms"
        ),
        *columns.texts("hash", "kid", "held", "status", "reason", "made_by", "acceptance", "fulfilment"),
        *columns.numbers("quantity", "price_minor", "amount_minor"),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("jws", sa.Text, nullable=False),
        *columns.instants("good_till", "made_at"),
        *(sa.Column(name, Instant) for name in ("decided_at", "settle_by")),
        sa.UniqueConstraint("id", name="offers_id_key"),
        sa.UniqueConstraint("terms", name="offers_terms_key"),
        columns.one_of("side", "buy", "sell"),
        columns.one_of("status", "open", "countered", "refused", "withdrawn", "accepted", "failed"),
    )
    op.create_index("offers_of_talk", "offers", ["negotiation", "party", "number"])
    op.create_index("offers_by_status", "offers", ["status", "number"])


def downgrade() -> None:
    """Back to the revision before: its mirrors are made by its own program when it starts from block 0."""
    mirrors.drop()
    for table in ("talk_notices", "offers", "asked", "negotiations"):
        op.drop_table(table)
    mirrors.make()
