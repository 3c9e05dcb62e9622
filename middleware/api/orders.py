"""Orders."""

from typing import Any

from marshmallow import fields

from middleware.api import lists, ordering
from middleware.api.access import installation, principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import (
    Answer,
    CommandSchema,
    Empty,
    answer,
    command,
    given,
    made_by,
)
from middleware.api.fields import (
    Choice,
    ClientId,
    Code,
    Form,
    Instant,
    Moment,
    Natural,
    Number,
    Positive,
    Reference,
    Schema,
)
from middleware.api.ordering import BulkAnswerSchema, BulkSchema, NewOrderSchema, OrderFields
from middleware.errors import Error
from middleware.services import blotter, orders, replacements, reports, traces
from middleware.services.ordering import Wanted

blp = Blueprint("orders", __name__, url_prefix="/v1/orders", description="Orders, from the desk to the trace")
STATUSES = ("pending_new", "new", "partially_filled", "filled", "cancelled", "rejected", "expired")
SETS = {"open": STATUSES[:3], "closed": STATUSES[3:]}


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
    book = fields.String(required=True, metadata={"enum": ["", "ledger", "exchange"]})
    pending_quantity = Number(required=True, allow_none=True)
    pending_limit_minor = Number(required=True, allow_none=True)
    client_id = fields.String(required=True)
    session = fields.String(required=True)
    group = fields.String(required=True)
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
    replaceable = fields.Boolean(required=True)


class ReportSchema(Schema):
    """One step of an order, and the order as it stood after it. id: the ExecID of FIX."""

    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(reports.KINDS)})
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")
    order = fields.String(required=True)
    status = fields.String(required=True)
    quantity = Number(required=True, allow_none=True)
    limit_minor = Number(required=True, allow_none=True)
    filled = Number(required=True)
    remaining = Number(required=True, allow_none=True)
    average_price_minor = Number(required=True, allow_none=True)
    last_quantity = Number(required=True, allow_none=True)
    last_price_minor = Number(required=True, allow_none=True)
    fee_minor = Number(required=True, allow_none=True)
    trade = fields.String(required=True)
    reference = fields.String(required=True)
    command = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    code = fields.String(required=True)
    reason = fields.String(required=True)
    text = fields.String(required=True)


class ReplacementSchema(CommandSchema):
    """An order's new terms. Without max_fee_minor, the most that the instrument's fee can come to."""

    quantity = Positive(example="60")
    limit_minor = Positive(example="2500")
    max_fee_minor = Natural(optional=True)


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
    """One step of an order's way. hash and jws: what was signed, where a signature made the step."""

    step = fields.String(required=True, metadata={"enum": list(traces.STEPS)})
    at = Moment(required=True, allow_none=True)
    block = fields.Integer(required=True, allow_none=True)
    transaction_id = fields.String(required=True)
    signer = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    trade = fields.String(required=True)
    quantity = Number(required=True, allow_none=True)
    price_minor = Number(required=True, allow_none=True)
    hash = fields.String(required=True)
    jws = fields.String(required=True)
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
    broker = Code(optional=True)
    owner = Code(optional=True)
    venue = Code(optional=True)
    client_id = ClientId(optional=True)
    placed_from = Instant(optional=True)
    placed_till = Instant(optional=True)


FILTERS = ("instrument", "side", "account", "broker", "owner", "venue", "client_id", "placed_from", "placed_till")


@blp.route("", methods=["GET"])
@blp.arguments(OrderQuery, location="query")
@blp.response(200, lists.list_of(OrderSchema))
def index(query: dict[str, Any]) -> Any:
    """Orders: those on their way first, then newest first."""
    words = query["status"].split(",") if query["status"] else []
    statuses = [status for word in words for status in SETS.get(word, (word,))]
    wanted = {name: query[name] for name in FILTERS}
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


@blp.route("/<reference:id>/reports", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(ReportSchema))
def reports_of(query: dict[str, Any], id: str) -> Any:
    """The steps of an order as its broker is told them, oldest first."""
    with reading() as session:
        blotter.show(session, principal(), id)
        return lists.answered(reports.of_order(session, id, page=lists.page(query)))


@command(blp, "", NewOrderSchema, order=OrderSchema)
def place(body: dict[str, Any]) -> Answer:
    """Place a limit order. The ledger reserves what it may cost."""
    request = given(body, NewOrderSchema, "order:place")
    submission = installation().orders.do(Wanted(principal().party, request.intent, request.fields))
    if isinstance(submission, Error):
        raise submission
    return answer(submission, f"/v1/orders/{made_by(submission)}", order=_order)


@blp.route("/preview", methods=["POST"])
@blp.arguments(OrderFields)
@blp.response(200, PreviewSchema)
def preview(body: dict[str, Any]) -> Any:
    """What an order would reserve. Nothing is sent."""
    with reading() as session:
        return orders.preview(session, principal().party, body)


@blp.route("/bulk", methods=["POST"])
@blp.arguments(BulkSchema)
@blp.response(202, BulkAnswerSchema)
def place_bulk(body: dict[str, Any]) -> Any:
    """Place up to 500 orders in one step: an outcome for each."""
    read = ordering.items(body["orders"])
    good = [one for one in read if not isinstance(one, Error)]
    with reading() as session:
        prepared = orders.prepare(session, good)
    with writing() as session:
        answers = iter(orders.place_prepared(session, good, prepared))
    outcomes = [one if isinstance(one, Error) else next(answers) for one in read]
    return {"items": [ordering.outcome(*one) for one in zip(body["orders"], outcomes, strict=True)]}


@command(blp, "/<reference:id>/replacement", ReplacementSchema, order=OrderSchema)
def replace(body: dict[str, Any], id: str) -> Answer:
    """Give an order other terms. An exchange has to agree first; the increase is reserved before it is asked."""
    request = given(body, ReplacementSchema, "order:replace", order=id)
    with writing() as session:
        submission = replacements.replace(session, principal(), request.intent, order=id, **request.fields)
    return _answer(submission, id)


@command(blp, "/<reference:id>/cancellation", Empty, order=OrderSchema)
def cancel(body: dict[str, Any], id: str) -> Answer:
    """Cancel an order; what it reserved is released, by an exchange once it has confirmed."""
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
