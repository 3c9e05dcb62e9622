"""Allotments of offerings: previewed, then signed by issuer and custodian."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.acts import ARGS, ActSchema
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by
from middleware.api.fields import Hash, Instant, Number, Positive, Reference, Schema
from middleware.services import acts, allotments

blp = Blueprint("allotments", __name__, url_prefix="/v1/offerings", description="Who gets how much of an offering")


class AllottedSchema(Schema):
    """One subscriber's part."""

    subscriber = fields.String(required=True)
    subscriber_name = fields.String(required=True)
    investor_type = fields.String(required=True)
    quantity = Number(required=True)
    limit_minor = Number(required=True)
    status = fields.String(required=True)
    allotted = Number(required=True)
    amount_minor = Number(required=True)


class AllotmentSchema(Schema):
    """An allotment by rule. final: the book is closed.

    clearing_minor: the highest price that places all that is offered, or serves everybody where that cannot be placed.
    most: what the book takes at this price, within the maximum; root "" while the minimum is not reached.
    """

    offering = fields.String(required=True)
    price_minor = Number(required=True)
    clearing_minor = Number(required=True)
    demand = Number(required=True)
    most = Number(required=True)
    allotted = Number(required=True)
    amount_minor = Number(required=True)
    served = fields.Integer(required=True)
    subscribers = fields.Integer(required=True)
    parts = fields.Integer(required=True)
    root = fields.String(required=True)
    final = fields.Boolean(required=True)
    items = fields.List(fields.Nested(AllottedSchema), required=True)
    has_more = fields.Boolean(required=True)
    next = fields.String(required=True, allow_none=True)


class AllotmentQuery(lists.PageQuery):
    """At which price, and how much: the clearing price and all the book takes when left out."""

    price_minor = Positive(optional=True)
    allotted = Positive(optional=True)


class AllotmentArgs(Schema):
    """The args of `offering:allot`: price, sum, and the root over all parts."""

    offering = Reference()
    price_minor = Positive()
    allotted = Positive()
    parts = Positive()
    root = Hash()


class NewAllotmentSchema(CommandSchema):
    """The price, and how much at it; as much as the book takes when left out."""

    jws_args: ClassVar[type[Schema] | None] = type(
        "SignedAllotmentSchema",
        (Schema,),
        {
            "price_minor": Positive(),
            "allotted": Positive(),
            "parts": Positive(),
            "root": Hash(),
            "good_till": Instant(),
        },
    )
    price_minor = Positive(example="2200")
    allotted = Positive(optional=True)
    good_till = Instant(optional=True)


@blp.route("/<reference:id>/allotment", methods=["GET"])
@blp.arguments(AllotmentQuery, location="query")
@blp.response(200, AllotmentSchema)
def show(query: dict[str, Any], id: str) -> Any:
    """Who would get how much, before anybody signs (issuer, custodian of its cash account)."""
    wanted = {"price_minor": query["price_minor"], "allotted": query["allotted"]}
    with reading() as session:
        found = allotments.preview(session, principal(), id, page=lists.page(query), **wanted)
    following = found["next"]
    return {**found, "has_more": bool(following), "next": following or None}, 200, lists.link(following)


@command(blp, "/<reference:id>/allotment", NewAllotmentSchema, act=ActSchema)
def propose(body: dict[str, Any], id: str) -> Answer:
    """Propose the allotment by rule at a price; the other side approves the act, and the parts settle by themselves."""
    request = given(body, NewAllotmentSchema, allotments.ALLOT, proposed=True, offering=id)
    with writing() as session:
        submission = allotments.propose(session, principal(), request.intent, offering=id, **request.fields)
    act = made_by(submission)
    return answer(submission, f"/v1/acts/{act}", act=lambda session, _: acts.show(session, principal(), act))


ARGS[allotments.ALLOT] = AllotmentArgs
