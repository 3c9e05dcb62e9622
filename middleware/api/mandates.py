"""Mandates."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, Empty, answer, command, given, or_none
from middleware.api.fields import Choice, Code, Instant, Moment, Number, Positive, Schema
from middleware.services import mandates

blp = Blueprint("mandates", __name__, url_prefix="/v1/mandates", description="What owners let agents do for them")


class MandateSchema(Schema):
    """A mandate. affirmation each: its owner signs every order; none: the agent's signature is enough."""

    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    agent = fields.String(required=True)
    agent_name = fields.String(required=True)
    affirmation = fields.String(required=True, metadata={"enum": ["each", "none"]})
    order_minor = Number(required=True)
    total_minor = Number(required=True)
    used_minor = Number(required=True)
    left_minor = Number(required=True)
    good_till = Moment(required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "lapsed", "revoked"]})
    kid = fields.String(required=True)
    held = fields.String(required=True)
    block = fields.Integer(required=True)
    granted_at = Moment(required=True)
    revoked_at = Moment(required=True, allow_none=True)


class GrantSchema(CommandSchema):
    """What an agent may do.

    order_minor: what one order may cost, quantity times limit and its fee; total_minor: all that the agent signs.
    """

    agent = Code(example="CASA1")
    affirmation = Choice("each", "none")
    order_minor = Positive(example="20000000")
    total_minor = Positive(example="200000000")
    good_till = Instant(example="2027-06-30T23:59:59Z")


class MandateQuery(lists.PageQuery):
    """Which mandates."""

    owner = Code(optional=True)
    agent = Code(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(MandateQuery, location="query")
@blp.response(200, lists.list_of(MandateSchema))
def index(query: dict[str, Any]) -> Any:
    """Mandates that you have given or were given, newest first."""
    with reading() as session:
        found = mandates.index(session, principal(), page=lists.page(query), owner=query["owner"], agent=query["agent"])
        return lists.answered(found)


@command(blp, "", GrantSchema, mandate=MandateSchema)
def grant(body: dict[str, Any]) -> Answer:
    """Let an agent enter orders for you, or sign them too. An earlier mandate to it ends."""
    request = given(body, GrantSchema, "mandate:grant")
    with writing() as session:
        submission = mandates.grant(session, principal(), request.intent, **request.fields)
    return _answer(submission, submission.args["agent"])


@command(blp, "/<code:agent>/revocation", Empty, mandate=MandateSchema)
def revoke(body: dict[str, Any], agent: str) -> Answer:
    """End a mandate."""
    request = given(body, Empty, "mandate:revoke", agent=agent)
    with writing() as session:
        submission = mandates.revoke(session, principal(), request.intent, agent=agent)
    return _answer(submission, agent)


def _answer(submission: Any, agent: str) -> Answer:
    def look(session: Any, _: Any) -> Any:
        return or_none(lambda: mandates.show(session, principal(), principal().party, agent))

    return answer(submission, f"/v1/mandates?agent={agent}", mandate=look)
