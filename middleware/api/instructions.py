"""Instructions of safekeeping accounts."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Code, Moment, Number, Reference, Schema
from middleware.services import instructions

blp = Blueprint(
    "instructions", __name__, url_prefix="/v1/instructions", description="What accounts deliver and receive"
)


class InstructionSchema(Schema):
    """One account's delivery or receipt against payment.

    message: what ISO 20022 would tell it by. movement: DELI or RECE; payment: APMT. reason of a pending one: BLOT, what
    it needs is reserved for an order, and quantity and amount_minor are the most that it may still come to.
    """

    message = fields.String(required=True, metadata={"enum": ["sese.024", "sese.025"]})
    movement = fields.String(required=True, metadata={"enum": [instructions.DELIVER, instructions.RECEIVE]})
    payment = fields.String(required=True, metadata={"enum": [instructions.AGAINST_PAYMENT]})
    status = fields.String(required=True, metadata={"enum": list(instructions.STATUSES)})
    reason = fields.String(required=True, metadata={"enum": ["", instructions.BLOCKED]})
    account = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    instrument = fields.String(required=True)
    quantity = Number(required=True)
    currency = fields.String(required=True)
    amount_minor = Number(required=True)
    fee_minor = Number(required=True, allow_none=True)
    venue = fields.String(required=True)
    order = fields.String(required=True)
    trade = fields.String(required=True)
    trade_status = fields.String(required=True, metadata={"enum": ["", "settled", "reversed", "corrected"]})
    at = Moment(required=True)
    block = fields.Integer(required=True)


class InstructionQuery(lists.PageQuery):
    """Which instructions."""

    status = Choice(*instructions.STATUSES, optional=True)
    account = Reference(optional=True)
    instrument = Code(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(InstructionQuery, location="query")
@blp.response(200, lists.list_of(InstructionSchema))
def index(query: dict[str, Any]) -> Any:
    """Instructions of accounts that you own or, as custodian, keep; newest first."""
    wanted = {name: query[name] for name in ("status", "account", "instrument")}
    with reading() as session:
        return lists.answered(instructions.index(session, principal(), page=lists.page(query), **wanted))
