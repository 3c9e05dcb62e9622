"""Confirmations."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Moment, Reference, Remark, Schema
from middleware.services import confirmations

blp = Blueprint(
    "confirmations", __name__, url_prefix="/v1/confirmations", description="Trades, confirmed to their brokers"
)
STATUSES = ("sent", *confirmations.ANSWERS)


class ConfirmationSchema(Schema):
    """One trade of one order, with all its terms, and what its broker says to it."""

    id = fields.String(required=True)
    trade = fields.String(required=True)
    order = fields.String(required=True)
    broker = fields.String(required=True)
    owner = fields.String(required=True)
    terms = fields.Dict(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    reason = fields.String(required=True)
    text = fields.String(required=True)
    sent_at = Moment(required=True)
    answered_at = Moment(required=True, allow_none=True)
    answerable = fields.Boolean(required=True)


class ConfirmationAnswerSchema(Schema):
    """What the broker says. text: why it is rejected."""

    status = Choice(*confirmations.ANSWERS)
    text = Remark(optional=True)


class ConfirmationQuery(lists.PageQuery):
    """Which confirmations."""

    status = Choice(*STATUSES, optional=True)
    order = Reference(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(ConfirmationQuery, location="query")
@blp.response(200, lists.list_of(ConfirmationSchema))
def index(query: dict[str, Any]) -> Any:
    """Confirmations of your orders and accounts, newest first."""
    wanted = {"status": query["status"], "order": query["order"]}
    with reading() as session:
        return lists.answered(confirmations.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<mint:id>", methods=["GET"])
@blp.response(200, ConfirmationSchema)
def show(id: str) -> Any:
    """One confirmation."""
    with reading() as session:
        return confirmations.show(session, principal(), id)


@blp.route("/<mint:id>/answer", methods=["POST"])
@blp.arguments(ConfirmationAnswerSchema)
@blp.response(200, ConfirmationSchema)
def answer(body: dict[str, Any], id: str) -> Any:
    """Receive, affirm or reject a confirmation (broker)."""
    with writing() as session:
        row = confirmations.answer(session, principal(), id, status=body["status"], text=body["text"])
        session.commit()
        return row
