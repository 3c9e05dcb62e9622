"""Transfers free of payment."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by, or_none
from middleware.api.fields import Choice, Code, Moment, Number, Positive, Reference, Schema
from middleware.services import transfers

blp = Blueprint("transfers", __name__, url_prefix="/v1/transfers", description="What owners move, against nothing")


class TransferSchema(Schema):
    """A quantity that its owner moved."""

    id = fields.String(required=True)
    party = fields.String(required=True)
    instrument = fields.String(required=True)
    from_account = fields.String(required=True)
    to_account = fields.String(required=True)
    quantity = Number(required=True)
    reason = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class TransferQuery(lists.PageQuery):
    """Which transfers."""

    instrument = Code(optional=True)
    account = Reference(optional=True)


class NewTransferSchema(CommandSchema):
    """What moves from where to where."""

    instrument = Code()
    from_account = Reference()
    to_account = Reference()
    quantity = Positive()
    reason = Choice(*transfers.REASONS)


@blp.route("", methods=["GET"])
@blp.arguments(TransferQuery, location="query")
@blp.response(200, lists.list_of(TransferSchema))
def index(query: dict[str, Any]) -> Any:
    """Transfers out of and into your accounts, newest first."""
    wanted = {"instrument": query["instrument"], "account": query["account"]}
    with reading() as session:
        return lists.answered(transfers.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, TransferSchema)
def show(id: str) -> Any:
    """One transfer."""
    with reading() as session:
        return transfers.show(session, principal(), id)


@command(blp, "", NewTransferSchema, transfer=TransferSchema)
def send(body: dict[str, Any]) -> Answer:
    """Move a quantity out of an account of yours."""
    request = given(body, NewTransferSchema, "holding:transfer")
    with writing() as session:
        submission = transfers.send(session, principal(), request.intent, **request.fields)
    id = made_by(submission)
    return answer(
        submission, f"/v1/transfers/{id}", transfer=lambda s, _: or_none(lambda: transfers.show(s, principal(), id))
    )
