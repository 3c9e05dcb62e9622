"""Your portfolio: what you hold, what it cost, and what it would fetch, with the source of each price."""

from typing import Any

from marshmallow import fields

from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import Moment, Number, Schema
from middleware.services import portfolio
from middleware.services.prices import SOURCES

blp = Blueprint("portfolio", __name__, url_prefix="/v1/portfolio", description="Holdings with cost, value and gains")


class PositionSchema(Schema):
    """One security in all of your accounts together.

    cost_minor: what the units of known cost cost, fees included, as a moving average; uncosted: units that came without
    a price and are in neither cost nor gain. price_source: venue, exchange, offering or none; price_by says whose.
    """

    instrument = fields.String(required=True)
    kind = fields.String(required=True)
    issuer = fields.String(required=True)
    issuer_name = fields.String(required=True)
    currency = fields.String(required=True)
    quantity = Number(required=True)
    reserved = Number(required=True)
    available = Number(required=True)
    uncosted = Number(required=True)
    cost_minor = Number(required=True)
    average_minor = Number(required=True, allow_none=True)
    price_minor = Number(required=True, allow_none=True)
    price_source = fields.String(required=True, metadata={"enum": list(SOURCES)})
    price_at = Moment(required=True, allow_none=True)
    price_by = fields.String(required=True)
    value_minor = Number(required=True, allow_none=True)
    gain_minor = Number(required=True, allow_none=True)
    realised_minor = Number(required=True)


class CashSchema(Schema):
    """Money at one bank in one currency."""

    instrument = fields.String(required=True)
    digits = Number(required=True)
    quantity = Number(required=True)
    reserved = Number(required=True)
    available = Number(required=True)


class TotalSchema(Schema):
    """Sums in one currency. unpriced: securities without any price, which are in no sum of values."""

    currency = fields.String(required=True)
    cash_minor = Number(required=True)
    value_minor = Number(required=True)
    cost_minor = Number(required=True)
    gain_minor = Number(required=True)
    realised_minor = Number(required=True)
    unpriced = fields.Integer(required=True)


class PortfolioSchema(Schema):
    """As of the last block that this answer knows."""

    party = fields.String(required=True)
    as_of = Moment(required=True, allow_none=True)
    as_of_block = fields.Integer(required=True, allow_none=True)
    positions = fields.List(fields.Nested(PositionSchema), required=True)
    cash = fields.List(fields.Nested(CashSchema), required=True)
    totals = fields.List(fields.Nested(TotalSchema), required=True)


@blp.route("", methods=["GET"])
@blp.response(200, PortfolioSchema)
def show() -> Any:
    """What your party owns, in all of its accounts."""
    with reading() as session:
        return portfolio.show(session, principal())
