"""Trades and their settlements."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by, or_none
from middleware.api.fields import Code, Moment, Natural, Number, Positive, Reference, Schema
from middleware.services import trades

blp = Blueprint("trades", __name__, url_prefix="/v1/trades", description="Executions and their settlements")


class TradeSchema(Schema):
    """One execution. What belongs to the other side is null; side and fee_minor are yours."""

    id = fields.String(required=True)
    number = Number(required=True, allow_none=True)
    reference = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["settled", "reversed", "corrected"]})
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    venue = fields.String(required=True)
    quantity = Number(required=True)
    price_minor = Number(required=True)
    amount_minor = Number(required=True)
    side = fields.String(required=True, allow_none=True)
    fee_minor = Number(required=True, allow_none=True)
    buy = fields.String(required=True, allow_none=True)
    sell = fields.String(required=True, allow_none=True)
    buyer = fields.String(required=True, allow_none=True)
    seller = fields.String(required=True, allow_none=True)
    buyer_account = fields.String(required=True, allow_none=True)
    seller_account = fields.String(required=True, allow_none=True)
    buyer_fee_minor = Number(required=True, allow_none=True)
    seller_fee_minor = Number(required=True, allow_none=True)
    after = fields.Integer(required=True, allow_none=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class LegSchema(Schema):
    """What moved. An account that is not yours to see is null."""

    instrument = fields.String(required=True)
    from_account = fields.String(required=True, allow_none=True)
    to_account = fields.String(required=True, allow_none=True)
    quantity = Number(required=True)


class SettlementSchema(Schema):
    """Delivery versus payment: all legs in one step."""

    id = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["settled"]})
    at = Moment(required=True)
    block = fields.Integer(required=True)
    legs = fields.List(fields.Nested(LegSchema), required=True)


class TradeDetailSchema(TradeSchema):
    """One execution with its settlement."""

    settlement = fields.Nested(SettlementSchema, required=True, allow_none=True)


class ExecutionSchema(CommandSchema):
    """An execution that a venue of its own matching proposes. number: the instrument's next; after: the block of the
    book it was matched on. Its id derives from instrument, number, buy and sell."""

    instrument = Code(example="ACME")
    number = Positive()
    after = Natural()
    buy = Reference()
    sell = Reference()
    quantity = Positive()
    price_minor = Positive()


class TradeQuery(lists.PageQuery):
    """Which trades."""

    instrument = Code(optional=True)
    order = Reference(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(TradeQuery, location="query")
@blp.response(200, lists.list_of(TradeSchema))
def index(query: dict[str, Any]) -> Any:
    """Trades that you took part in, newest first."""
    wanted = {"instrument": query["instrument"], "order": query["order"]}
    with reading() as session:
        return lists.answered(trades.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, TradeDetailSchema)
def show(id: str) -> Any:
    """One trade with its settlement and legs."""
    with reading() as session:
        return trades.show(session, principal(), id)


@command(blp, "", ExecutionSchema, trade=TradeSchema)
def execute(body: dict[str, Any]) -> Answer:
    """Settle two crossing orders of your venue, delivery versus payment (venue). The ledger checks both."""
    request = given(body, ExecutionSchema, "trade:execute", derived=True)
    with writing() as session:
        submission = trades.execute(session, principal(), request.intent, **request.fields)
    id = made_by(submission)
    return answer(submission, f"/v1/trades/{id}", trade=lambda s, _: or_none(lambda: trades.show(s, principal(), id)))
