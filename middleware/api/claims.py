"""Claims."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.acts import ARGS
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, Empty, answer, command, given
from middleware.api.fields import Choice, Moment, Number, Reference, Remark, Schema
from middleware.services import claims

blp = Blueprint("claims", __name__, url_prefix="/v1/claims", description="Busts and corrections of settled trades")


class ClaimSchema(Schema):
    """What an exchange says of a settled trade. quantity and price_minor: what should stand instead; 0 of a bust."""

    id = fields.String(required=True)
    venue = fields.String(required=True)
    reference = fields.String(required=True)
    trade = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": ["bust", "correct"]})
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    traded_quantity = Number(required=True)
    traded_price_minor = Number(required=True)
    quantity = Number(required=True)
    price_minor = Number(required=True)
    notice = fields.String(required=True)
    side = fields.String(required=True)
    buyer = fields.String(required=True, allow_none=True)
    seller = fields.String(required=True, allow_none=True)
    accepted_by = fields.Integer(required=True)
    accepted_by_you = fields.Boolean(required=True)
    answerable = fields.Boolean(required=True)
    status = fields.String(required=True, metadata={"enum": ["open", "refused", "settled"]})
    reason = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")
    closed_at = Moment(required=True, allow_none=True)


class ClaimRefusalSchema(CommandSchema):
    """Why not."""

    reason = Remark()


class EnforcementArgs(Schema):
    """The args of `claim:enforce`: which claim settles without its owners' consent, and by what right."""

    claim = Reference()
    reason = Remark()


class ClaimQuery(lists.PageQuery):
    """Which claims."""

    status = Choice("open", "refused", "settled", optional=True)
    trade = Reference(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(ClaimQuery, location="query")
@blp.response(200, lists.list_of(ClaimSchema))
def index(query: dict[str, Any]) -> Any:
    """Claims that concern you, newest first."""
    wanted = {"status": query["status"], "trade": query["trade"]}
    with reading() as session:
        return lists.answered(claims.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, ClaimSchema)
def show(id: str) -> Any:
    """One claim."""
    with reading() as session:
        return claims.show(session, principal(), id)


@command(blp, "/<reference:id>/acceptance", Empty, claim=ClaimSchema)
def accept(body: dict[str, Any], id: str) -> Answer:
    """Consent to a claim about a trade of yours. With the other side's consent it settles."""
    request = given(body, Empty, "claim:accept", claim=id)
    with writing() as session:
        submission = claims.accept(session, principal(), request.intent, claim=id)
    return _answer(submission, id)


@command(blp, "/<reference:id>/refusal", ClaimRefusalSchema, claim=ClaimSchema)
def refuse(body: dict[str, Any], id: str) -> Answer:
    """Say no to a claim about a trade of yours."""
    request = given(body, ClaimRefusalSchema, "claim:refuse", claim=id)
    with writing() as session:
        submission = claims.refuse(session, principal(), request.intent, claim=id, **request.fields)
    return _answer(submission, id)


def _answer(submission: Any, id: str) -> Answer:
    return answer(submission, f"/v1/claims/{id}", claim=lambda session, _: claims.show(session, principal(), id))


ARGS["claim:enforce"] = EnforcementArgs
