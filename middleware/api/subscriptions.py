"""Subscriptions to offerings."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, Empty, answer, command, given, or_none
from middleware.api.fields import Choice, Code, Hash, Moment, Number, Positive, Reference, Schema
from middleware.services import subscriptions

blp = Blueprint("subscriptions", __name__, url_prefix="/v1", description="What investors want of offerings")
STATUSES = ("open", "withdrawn", "settled", "released")


class SubscriptionSchema(Schema):
    """A signed wish. reserved: the cash set aside now; released_minor: what of it came back.

    reason: why it was released (not_allotted, offering_cancelled, offering_failed, suspended...).
    """

    offering = fields.String(required=True)
    subscriber = fields.String(required=True)
    subscriber_name = fields.String(required=True)
    issuer = fields.String(required=True)
    issuer_name = fields.String(required=True)
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    currency_digits = Number(required=True)
    account = fields.String(required=True)
    cash_account = fields.String(required=True)
    quantity = Number(required=True)
    limit_minor = Number(required=True)
    investor_type = fields.String(required=True)
    reserved = Number(required=True)
    sequence = Number(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    reason = fields.String(required=True)
    allotted = Number(required=True)
    price_minor = Number(required=True, allow_none=True)
    amount_minor = Number(required=True)
    released_minor = Number(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    subscribed_at = Moment(required=True, attribute="at")
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")
    closed_at = Moment(required=True, allow_none=True)
    closed_block = fields.Integer(required=True, allow_none=True)


class WishSchema(Schema):
    """What a subscription would be."""

    account = Reference()
    cash_account = Reference()
    quantity = Positive(example="200")
    limit_minor = Positive(example="2400")


class NewSubscriptionSchema(CommandSchema):
    """How much, and at most at which price. invitation: the salt of yours; left out where it is kept here."""

    account = Reference()
    cash_account = Reference()
    quantity = Positive(example="200")
    limit_minor = Positive(example="2400")
    invitation = Hash(optional=True)


class SubscriptionPreviewSchema(Schema):
    """What it would reserve. affordable: the most units, in lots, that what is available pays at this limit."""

    offering = fields.String(required=True)
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    currency_digits = Number(required=True)
    lot = Number(required=True)
    tick_minor = Number(required=True)
    quantity = Number(required=True)
    limit_minor = Number(required=True)
    reserved = Number(required=True)
    available = Number(required=True)
    available_after = Number(required=True)
    sufficient = fields.Boolean(required=True)
    affordable = Number(required=True)


class SubscriptionQuery(lists.PageQuery):
    """Which subscriptions."""

    offering = Reference(optional=True)
    subscriber = Code(optional=True)
    instrument = Code(optional=True)
    status = Choice(*STATUSES, optional=True)


@blp.route("/subscriptions", methods=["GET"])
@blp.arguments(SubscriptionQuery, location="query")
@blp.response(200, lists.list_of(SubscriptionSchema))
def index(query: dict[str, Any]) -> Any:
    """Your subscriptions, and those to what you offer; newest first."""
    wanted = {name: query[name] for name in ("offering", "subscriber", "instrument", "status")}
    with reading() as session:
        return lists.answered(subscriptions.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/offerings/<reference:offering>/subscriptions/<code:subscriber>", methods=["GET"])
@blp.response(200, SubscriptionSchema)
def show(offering: str, subscriber: str) -> Any:
    """One party's subscription to an offering."""
    with reading() as session:
        return subscriptions.show(session, principal(), offering, subscriber)


@blp.route("/offerings/<reference:offering>/subscriptions/preview", methods=["POST"])
@blp.arguments(WishSchema)
@blp.response(200, SubscriptionPreviewSchema)
def preview(body: dict[str, Any], offering: str) -> Any:
    """What a subscription would reserve; nothing is sent to the ledger."""
    with reading() as session:
        return subscriptions.preview(session, principal(), offering=offering, **body)


@command(blp, "/offerings/<reference:offering>/subscriptions", NewSubscriptionSchema, subscription=SubscriptionSchema)
def subscribe(body: dict[str, Any], offering: str) -> Answer:
    """Subscribe: quantity times limit is reserved until it settles, is released or is withdrawn."""
    request = given(body, NewSubscriptionSchema, subscriptions.SUBSCRIBE, offering=offering)
    with writing() as session:
        submission = subscriptions.subscribe(session, principal(), request.intent, offering=offering, **request.fields)
    return _answer(submission, offering)


@command(blp, "/offerings/<reference:offering>/withdrawal", Empty, subscription=SubscriptionSchema)
def withdraw(body: dict[str, Any], offering: str) -> Answer:
    """Take your subscription back, until the offering closes."""
    request = given(body, Empty, subscriptions.WITHDRAW, offering=offering)
    with writing() as session:
        submission = subscriptions.withdraw(session, principal(), request.intent, offering=offering)
    return _answer(submission, offering)


def _answer(submission: Any, offering: str) -> Answer:
    mine = principal().party

    def look(session: Any, _: Any) -> Any:
        return or_none(lambda: subscriptions.show(session, principal(), offering, mine))

    return answer(submission, f"/v1/offerings/{offering}/subscriptions/{mine}", subscription=look)
