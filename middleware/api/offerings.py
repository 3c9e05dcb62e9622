"""Offerings."""

from typing import Any

from marshmallow import ValidationError, fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by, or_none
from middleware.api.fields import (
    Choice,
    Code,
    Hash,
    Instant,
    Moment,
    Natural,
    Number,
    Positive,
    Reference,
    Remark,
    Schema,
    shown,
)
from middleware.services import offerings, subscriptions

blp = Blueprint("offerings", __name__, url_prefix="/v1/offerings", description="New units that issuers offer")
MOST_TIERS = 8


class TierSchema(Schema):
    """So much of an offering is for one type of investor first."""

    investor_type = Choice("retail", "qualified", "institutional")
    quantity = Positive(example="1000")


class TierOutSchema(Schema):
    """So much of an offering is for one type of investor first; what they leave is for everybody."""

    investor_type = fields.String(required=True)
    quantity = Number(required=True)


class Tiers(fields.List[Any]):
    """Up to eight tiers, none when left out."""

    def __init__(self) -> None:
        messages: dict[str, Any] = {"invalid": "is not a list", "null": "is null; it must be a list"}
        metadata = {"maxItems": MOST_TIERS}
        super().__init__(fields.Nested(TierSchema), load_default=list, metadata=metadata, error_messages=messages)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > MOST_TIERS:
            raise ValidationError(f"has {len(value)} entries; it takes 0 to {MOST_TIERS}")
        tiers: list[Any] = super()._deserialize(value, attr, data, **more)
        types = [tier["investor_type"] for tier in tiers]
        if len(set(types)) != len(types):
            raise ValidationError(f"{shown(types)} names a type of investor twice")
        return tiers


class OfferingSchema(Schema):
    """An offer of new units, and what has become of it.

    `demand` and `subscribers`: all that was subscribed and not withdrawn. `done` of them are settled or released,
    `part` of the allotment's `parts` are settled; `placed` units for `raised_minor` so far. `own_status`: of your own
    subscription, null while there is none.
    """

    id = fields.String(required=True)
    issuer = fields.String(required=True)
    issuer_name = fields.String(required=True)
    instrument = fields.String(required=True)
    instrument_kind = fields.String(required=True)
    currency = fields.String(required=True)
    currency_digits = Number(required=True)
    cash_account = fields.String(required=True)
    custodian = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": ["public", "private"]})
    price_min_minor = Number(required=True)
    price_max_minor = Number(required=True)
    minimum = Number(required=True)
    maximum = Number(required=True)
    ticket_minimum = Number(required=True)
    ticket_maximum = Number(required=True)
    lot = Number(required=True)
    tick_minor = Number(required=True)
    opens_at = Moment(required=True)
    closes_at = Moment(required=True)
    allot_by = Moment(required=True)
    tiers = fields.List(fields.Nested(TierOutSchema), required=True)
    document = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(offerings.STATUSES)})
    reason = fields.String(required=True)
    invitations = fields.Integer(required=True)
    subscribers = fields.Integer(required=True)
    demand = Number(required=True)
    reserved_minor = Number(required=True)
    minimum_reached = fields.Boolean(required=True)
    price_minor = Number(required=True, allow_none=True)
    allotted = Number(required=True)
    parts = fields.Integer(required=True)
    part = fields.Integer(required=True)
    root = fields.String(required=True)
    done = fields.Integer(required=True)
    placed = Number(required=True)
    raised_minor = Number(required=True)
    allotted_at = Moment(required=True, allow_none=True)
    closed_at = Moment(required=True, allow_none=True)
    own_status = fields.String(required=True, allow_none=True)
    invited = fields.Boolean(required=True)
    mine = fields.Boolean(required=True)
    sees_book = fields.Boolean(required=True)
    subscribable = fields.Boolean(required=True)
    withdrawable = fields.Boolean(required=True)
    cancellable = fields.Boolean(required=True)
    invitable = fields.Boolean(required=True)
    allottable = fields.Boolean(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    opened_at = Moment(required=True, attribute="at")
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class OfferingLevelSchema(Schema):
    """What is wanted at one limit, and at it or above."""

    limit_minor = Number(required=True)
    quantity = Number(required=True)
    subscribers = fields.Integer(required=True)
    total = Number(required=True)


class OfferingBookSchema(Schema):
    """An offering's live book, the best limit first, without names. covered_bps: demand in hundredths of a per cent."""

    offering = fields.String(required=True)
    levels = fields.List(fields.Nested(OfferingLevelSchema), required=True)
    demand = Number(required=True)
    minimum = Number(required=True)
    maximum = Number(required=True)
    covered_bps = Number(required=True)


class NewOfferingSchema(CommandSchema):
    """An offering's terms. Prices in ticks, quantities in lots; ticket_maximum 0: none; document: a hash or nothing."""

    instrument = Code(example="ACME")
    cash_account = Reference()
    kind = Choice("public", "private")
    price_min_minor = Positive(example="2000")
    price_max_minor = Positive(example="2500")
    minimum = Positive(example="10000")
    maximum = Positive(example="40000")
    ticket_minimum = Positive(example="10")
    ticket_maximum = Natural(example="5000", load_default="0", required=False)
    opens_at = Instant(example="2026-12-01T15:00:00Z")
    closes_at = Instant(example="2026-12-15T21:00:00Z")
    allot_by = Instant(example="2026-12-18T21:00:00Z")
    tiers = Tiers()
    document = Hash(optional=True)


class CancellationSchema(CommandSchema):
    """Why."""

    reason = Remark()


class OfferingQuery(lists.PageQuery):
    """Which offerings."""

    status = Choice(*offerings.STATUSES, optional=True)
    kind = Choice("public", "private", optional=True)
    instrument = Code(optional=True)
    issuer = Code(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(OfferingQuery, location="query")
@blp.response(200, lists.list_of(OfferingSchema))
def index(query: dict[str, Any]) -> Any:
    """Offerings that you may see, newest first: public ones, your own, and those you are invited to."""
    wanted = {name: query[name] for name in ("status", "kind", "instrument", "issuer")}
    with reading() as session:
        return lists.answered(offerings.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, OfferingSchema)
def show(id: str) -> Any:
    """One offering."""
    with reading() as session:
        return offerings.show(session, principal(), id)


@blp.route("/<reference:id>/book", methods=["GET"])
@blp.response(200, OfferingBookSchema)
def book(id: str) -> Any:
    """How much is wanted at which limit."""
    with reading() as session:
        return subscriptions.book(session, principal(), id)


@command(blp, "", NewOfferingSchema, offering=OfferingSchema)
def open(body: dict[str, Any]) -> Answer:
    """Offer new units of what you issue. They count as offered until the offering is over."""
    request = given(body, NewOfferingSchema, offerings.OPEN)
    with writing() as session:
        submission = offerings.open(session, principal(), request.intent, **request.fields)
    return _answer(submission, made_by(submission))


@command(blp, "/<reference:id>/cancellation", CancellationSchema, offering=OfferingSchema)
def cancel(body: dict[str, Any], id: str) -> Answer:
    """Take an offering back that is not allotted (its issuer). Every reservation is released."""
    request = given(body, CancellationSchema, offerings.CANCEL, offering=id)
    with writing() as session:
        submission = offerings.cancel(session, principal(), request.intent, offering=id, **request.fields)
    return _answer(submission, id)


def _answer(submission: Any, id: str) -> Answer:
    def look(session: Any, _: Any) -> Any:
        return or_none(lambda: offerings.show(session, principal(), id))

    return answer(submission, f"/v1/offerings/{id}", offering=look)
