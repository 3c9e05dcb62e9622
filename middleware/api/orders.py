"""Orders."""

from collections.abc import Mapping
from typing import Any

from flask import g
from marshmallow import ValidationError, fields

from middleware.api import lists, problems
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import (
    Answer,
    CommandSchema,
    Empty,
    answer,
    command,
    given,
    load_signed,
    made_by,
    signed_args,
)
from middleware.api.fields import (
    Choice,
    Code,
    CommandId,
    Form,
    GoodTill,
    Jws,
    Moment,
    Natural,
    Number,
    Positive,
    Reference,
    Schema,
    shown,
)
from middleware.errors import Error
from middleware.services import blotter, orders, traces
from middleware.services.submissions import Intent

blp = Blueprint("orders", __name__, url_prefix="/v1/orders", description="Orders, from the desk to the trace")
STATUSES = ("pending_new", "new", "partially_filled", "filled", "cancelled", "rejected", "expired")
SETS = {"open": STATUSES[:3], "closed": STATUSES[3:]}
MOST_IN_BULK = 500


class OrderSchema(Schema):
    """A limit order. reserved: what of reserved_instrument is set aside for it now."""

    id = fields.String(required=True)
    owner = fields.String(required=True)
    venue = fields.String(required=True)
    broker = fields.String(required=True)
    account = fields.String(required=True)
    cash_account = fields.String(required=True)
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    side = fields.String(required=True)
    quantity = Number(required=True, allow_none=True)
    limit_minor = Number(required=True, allow_none=True)
    good_till = Moment(required=True, allow_none=True)
    max_fee_minor = Number(required=True, allow_none=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    filled = Number(required=True)
    remaining = Number(required=True, allow_none=True)
    average_price_minor = Number(required=True, allow_none=True)
    fees_minor = Number(required=True)
    reserved = Number(required=True)
    reserved_instrument = fields.String(required=True)
    sequence = Number(required=True, allow_none=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    code = fields.String(required=True)
    reason = fields.String(required=True)
    message = fields.String(required=True)
    block = fields.Integer(required=True, allow_none=True)
    transaction_id = fields.String(required=True, attribute="transaction")
    placed_at = Moment(required=True, allow_none=True)
    closed_at = Moment(required=True, allow_none=True)
    cancellable = fields.Boolean(required=True)


class OrderFields(Schema):
    """What an order says. good_till: "day" or an instant; left out, they are the venue's only choice, day, and the most
    that the instrument's fee can come to."""

    account = Reference()
    cash_account = Reference()
    instrument = Code(example="ACME")
    side = Choice("buy", "sell")
    quantity = Positive(example="40")
    limit_minor = Positive(example="2500")
    venue = Code(optional=True, example="BOLSA")
    broker = Code(optional=True)
    good_till = GoodTill(optional=True)
    max_fee_minor = Natural(optional=True)


class NewOrderSchema(CommandSchema, OrderFields):
    """A limit order."""


class BulkSchema(Schema):
    """Many orders at once, each an order with an id, or an id and a jws."""

    orders = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        metadata={"minItems": 1, "maxItems": MOST_IN_BULK, "items": {"type": "object"}},
        error_messages={"required": "is missing", "invalid": "is not a list", "null": "is not a list"},
    )


class BulkItemSchema(Schema):
    """One outcome: a submission's status, or refused with a problem."""

    id = fields.String(required=True)
    order = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["waiting", "sent", "done", "refused"]})
    problem = fields.Dict(required=True, allow_none=True)


class BulkAnswerSchema(Schema):
    """An outcome for each order, in the order of the request."""

    items = fields.List(fields.Nested(BulkItemSchema), required=True)


class PreviewSchema(Schema):
    """What an order would reserve, and what would be left."""

    venue = fields.String(required=True)
    instrument = fields.String(required=True)
    side = fields.String(required=True)
    quantity = Number(required=True)
    limit_minor = Number(required=True)
    amount_minor = Number(required=True)
    max_fee_minor = Number(required=True)
    reserved = Number(required=True)
    reserved_instrument = fields.String(required=True)
    reserved_account = fields.String(required=True)
    available = Number(required=True)
    available_after = Number(required=True)
    sufficient = fields.Boolean(required=True)
    good_till = Moment(required=True)
    fee_bps = Number(required=True)
    lot = Number(required=True)
    tick_minor = Number(required=True)
    currency = fields.String(required=True)
    currency_digits = Number(required=True)


class StepSchema(Schema):
    """One step of an order's way."""

    step = fields.String(
        required=True,
        metadata={"enum": ["received", "sent", "placed", "executed", "cancelled", "expired", "rejected"]},
    )
    at = Moment(required=True, allow_none=True)
    block = fields.Integer(required=True, allow_none=True)
    transaction_id = fields.String(required=True)
    signer = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    trade = fields.String(required=True)
    quantity = Number(required=True, allow_none=True)
    price_minor = Number(required=True, allow_none=True)
    text = fields.String(required=True)


class TraceSchema(Schema):
    """An order and its steps, oldest first."""

    order = fields.Nested(OrderSchema, required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)


class _Statuses(Form):
    what = f"a list, with commas, of {', '.join(STATUSES)}, open, closed"
    pattern = "[a-z_]{3,16}(,[a-z_]{3,16}){0,8}"

    def fits(self, value: str) -> bool:
        return super().fits(value) and all(word in STATUSES or word in SETS for word in value.split(","))


class OrderQuery(lists.PageQuery):
    """Which orders. status: one, or several with commas; open and closed stand for theirs."""

    status = _Statuses(optional=True)
    instrument = Code(optional=True)
    side = Choice("buy", "sell", optional=True)
    account = Reference(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(OrderQuery, location="query")
@blp.response(200, lists.list_of(OrderSchema))
def index(query: dict[str, Any]) -> Any:
    """Orders: those on their way first, then newest first."""
    words = query["status"].split(",") if query["status"] else []
    statuses = [status for word in words for status in SETS.get(word, (word,))]
    wanted = {name: query[name] for name in ("instrument", "side", "account")}
    with reading() as session:
        found = blotter.index(session, principal(), page=lists.page(query), statuses=statuses, **wanted)
        return lists.answered(found)


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, OrderSchema)
def show(id: str) -> Any:
    """One order."""
    with reading() as session:
        return blotter.show(session, principal(), id)


@blp.route("/<reference:id>/trace", methods=["GET"])
@blp.response(200, TraceSchema)
def trace(id: str) -> Any:
    """Every step of an order, with time, block, transaction and signer."""
    with reading() as session:
        return traces.show(session, principal(), id)


@command(blp, "", NewOrderSchema, order=OrderSchema)
def place(body: dict[str, Any]) -> Answer:
    """Place a limit order. The ledger reserves what it may cost."""
    request = given(body, NewOrderSchema, "order:place")
    with writing() as session:
        submission = orders.place(session, principal(), request.intent, request.fields)
    return answer(submission, f"/v1/orders/{made_by(submission)}", order=_order)


@blp.route("/preview", methods=["POST"])
@blp.arguments(OrderFields)
@blp.response(200, PreviewSchema)
def preview(body: dict[str, Any]) -> Any:
    """What an order would reserve. Nothing is sent."""
    with reading() as session:
        return orders.preview(session, principal(), body)


@blp.route("/bulk", methods=["POST"])
@blp.arguments(BulkSchema)
@blp.response(202, BulkAnswerSchema)
def place_bulk(body: dict[str, Any]) -> Any:
    """Place up to 500 orders in one step: an outcome for each."""
    items = body["orders"]
    if not 1 <= len(items) <= MOST_IN_BULK:
        message = f"has {len(items)} orders; it takes 1 to {MOST_IN_BULK}"
        raise problems.of_fields({"orders": [message]})
    read = [_item(item) for item in items]
    good = [one for one in read if not isinstance(one, Error)]
    with reading() as session:
        prepared = orders.prepare(session, principal(), good)
    with writing() as session:
        answers = iter(orders.place_many(session, prepared))
    outcomes = [one if isinstance(one, Error) else next(answers) for one in read]
    return {"items": [_outcome(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]}


@command(blp, "/<reference:id>/cancellation", Empty, order=OrderSchema)
def cancel(body: dict[str, Any], id: str) -> Answer:
    """Cancel an order of yours; what it reserved is released."""
    request = given(body, Empty, "order:cancel", order=id)
    with writing() as session:
        submission = orders.cancel(session, principal(), request.intent, order=id)
    return _answer(submission, id)


@command(blp, "/<reference:id>/expiry", Empty, order=OrderSchema)
def expire(body: dict[str, Any], id: str) -> Answer:
    """Free what an order reserves that can never execute any more."""
    request = given(body, Empty, "order:expire", order=id)
    with writing() as session:
        submission = orders.expire(session, principal(), request.intent, order=id)
    return _answer(submission, id)


def _order(session: Any, submission: Any) -> Any:
    return blotter.sent(session, principal(), submission)


def _answer(submission: Any, id: str) -> Answer:
    return answer(submission, f"/v1/orders/{id}", order=lambda session, _: blotter.show(session, principal(), id))


_FIELDS = OrderFields()
_ID, _JWS = CommandId(), Jws()


def _item(item: Any) -> tuple[Intent, Mapping[str, str]] | Error:
    """One order of a bulk request, checked like one that comes alone."""
    if not isinstance(item, dict):
        return problems.of_fields({"_schema": [f"{shown(item)} is not an object"]})
    rest = dict(item)
    try:
        id = _ID.deserialize(rest.pop("id", None) or "", "id")
    except ValidationError as error:
        return problems.of_fields({"id": error.messages})
    try:
        if "jws" in rest:
            return _signed_item(id, rest)
        return Intent(id), _FIELDS.load(rest)
    except ValidationError as error:
        return problems.of_fields(problems.messages_of(error))
    except Error as error:
        return error


def _signed_item(id: str, rest: dict[str, Any]) -> tuple[Intent, Mapping[str, str]]:
    jws = _JWS.deserialize(rest.pop("jws"), "jws")
    if rest:
        raise ValidationError({name: ["is not a field here"] for name in rest})
    return Intent(id, jws), load_signed(signed_args(jws, "order:place"), NewOrderSchema)


def _outcome(item: Any, outcome: Any) -> dict[str, Any]:
    if isinstance(outcome, Error):
        id = item.get("id") if isinstance(item, dict) else ""
        problem = {**problems.body_of(outcome), "request_id": g.request_id}
        return {"id": id if isinstance(id, str) else "", "order": "", "status": "refused", "problem": problem}
    return {"id": outcome.id, "order": made_by(outcome), "status": outcome.status, "problem": None}
