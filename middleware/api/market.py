"""The market of an instrument."""

from typing import Any

from marshmallow import fields

from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import Moment, Number, Schema
from middleware.services import market

blp = Blueprint("market", __name__, url_prefix="/v1/instruments", description="Depth, last price, recent trades")


class LevelSchema(Schema):
    """What is open at one limit."""

    limit_minor = Number(required=True)
    quantity = Number(required=True)
    orders = Number(required=True)


class PrintSchema(Schema):
    """A trade as everybody may see it. number: the book's; an exchange's trade has none."""

    number = Number(required=True, allow_none=True)
    price_minor = Number(required=True)
    quantity = Number(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)


class BookSchema(Schema):
    """Twenty levels a side, best first, and the last fifty trades."""

    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    as_of_block = fields.Integer(required=True, allow_none=True)
    bids = fields.List(fields.Nested(LevelSchema), required=True)
    asks = fields.List(fields.Nested(LevelSchema), required=True)
    best_bid = Number(required=True, allow_none=True)
    best_ask = Number(required=True, allow_none=True)
    last_price_minor = Number(required=True, allow_none=True)
    trades = fields.List(fields.Nested(PrintSchema), required=True)


@blp.route("/<code:instrument>/book", methods=["GET"])
@blp.response(200, BookSchema)
def book(instrument: str) -> Any:
    """The book without names."""
    with reading() as session:
        return market.book(session, principal(), instrument)
