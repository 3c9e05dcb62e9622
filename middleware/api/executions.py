"""Executions of exchanges, and the queue of those that could not be settled."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import KEYED, command_id
from middleware.api.fields import Choice, Code, Moment, Number, Remark, Schema
from middleware.services import parking
from middleware.services.submissions import Intent

blp = Blueprint("executions", __name__, url_prefix="/v1/executions", description="What exchanges say was traded")
KINDS = ("trade", "bust", "correct")


class ReportedSchema(Schema):
    """What an exchange has told, once for each reference of its own.

    buy and sell: our orders, or what it calls them where there are none. code, reason and message: why it is parked;
    note: how it was dealt with. raw: the message as it came.
    """

    number = fields.Integer(required=True)
    id = fields.String(required=True)
    venue = fields.String(required=True)
    reference = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    match = fields.String(required=True)
    side = fields.String(required=True, metadata={"enum": ["both", "buy", "sell", ""]})
    buy = fields.String(required=True)
    sell = fields.String(required=True)
    instrument = fields.String(required=True)
    quantity = Number(required=True)
    price_minor = Number(required=True)
    refers_to = fields.String(required=True)
    raw = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(parking.STATUSES)})
    code = fields.String(required=True)
    reason = fields.String(required=True)
    message = fields.String(required=True)
    note = fields.String(required=True)
    received_at = Moment(required=True)
    changed_at = Moment(required=True)
    retryable = fields.Boolean(required=True)
    dismissable = fields.Boolean(required=True)


class DismissalSchema(Schema):
    """How it was dealt with."""

    reason = Remark()


class ReportedQuery(lists.PageQuery):
    """Which executions."""

    status = Choice(*parking.STATUSES, optional=True)
    kind = Choice(*KINDS, optional=True)
    venue = Code(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(ReportedQuery, location="query")
@blp.response(200, lists.list_of(ReportedSchema))
def index(query: dict[str, Any]) -> Any:
    """What your exchange has told, newest first; operator and regulator see all."""
    wanted = {name: query[name] for name in ("status", "kind", "venue")}
    with reading() as session:
        return lists.answered(parking.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<n:number>", methods=["GET"])
@blp.response(200, ReportedSchema)
def show(number: str) -> Any:
    """One execution."""
    with reading() as session:
        return parking.show(session, principal(), int(number))


@blp.route("/<n:number>/retry", methods=["POST"])
@blp.doc(parameters=KEYED)
@blp.response(200, ReportedSchema)
def retry(number: str) -> Any:
    """Report one that is parked to the ledger again (operator, its exchange). It can never settle twice."""
    intent = Intent(command_id())
    with writing() as session:
        return parking.retry(session, principal(), intent, int(number))


@blp.route("/<n:number>/dismissal", methods=["POST"])
@blp.arguments(DismissalSchema)
@blp.response(200, ReportedSchema)
def dismiss(body: dict[str, Any], number: str) -> Any:
    """Take one that is parked off the queue, and say why (operator, its exchange)."""
    with writing() as session:
        return parking.dismiss(session, principal(), int(number), reason=body["reason"])
