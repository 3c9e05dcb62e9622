"""Acts that take two signatures."""

from typing import Any

from marshmallow import ValidationError, fields

from middleware.api import lists, problems
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by
from middleware.api.fields import Choice, Hash, Instant, Moment, Schema
from middleware.services import acts

blp = Blueprint("acts", __name__, url_prefix="/v1/acts", description="Acts that two organisations sign")
STATUSES = ("pending", "proposed", "approved", "refused", "lapsed")
# The args of each function that takes two signatures; filled by the nouns they belong to.
ARGS: dict[str, type[Schema]] = {}


class ActSchema(Schema):
    """A proposal. hash is what the approver signs; approvable: by you, now."""

    id = fields.String(required=True)
    function = fields.String(required=True)
    args = fields.Dict(required=True)
    hash = fields.String(required=True)
    proposer = fields.String(required=True)
    organisation = fields.String(required=True)
    good_till = Moment(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    approver = fields.String(required=True)
    approvable = fields.Boolean(required=True)
    proposed_at = Moment(required=True, allow_none=True, attribute="at")
    approved_at = Moment(required=True, allow_none=True)
    block = fields.Integer(required=True, allow_none=True)
    code = fields.String(required=True)
    reason = fields.String(required=True)
    message = fields.String(required=True)


class ActQuery(lists.PageQuery):
    """Which acts."""

    status = Choice("proposed", "approved", "lapsed", optional=True)
    function = Choice(*acts.FUNCTIONS, optional=True)


class ProposalSchema(CommandSchema):
    """Any act, with the args exactly as they will be signed."""

    function = Choice(*acts.FUNCTIONS)
    args = fields.Dict(required=True, error_messages={"required": "is missing", "invalid": "is not an object"})
    good_till = Instant(optional=True)


class ApprovalSchema(CommandSchema):
    """hash: the act's, as you have read it."""

    hash = Hash()


@blp.route("", methods=["GET"])
@blp.arguments(ActQuery, location="query")
@blp.response(200, lists.list_of(ActSchema))
def index(query: dict[str, Any]) -> Any:
    """Acts that concern you, newest first."""
    wanted = {"status": query["status"], "function": query["function"]}
    with reading() as session:
        return lists.answered(acts.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, ActSchema)
def show(id: str) -> Any:
    """One act."""
    with reading() as session:
        return acts.show(session, principal(), id)


@command(blp, "", ProposalSchema, act=ActSchema)
def propose(body: dict[str, Any]) -> Answer:
    """Propose an act in the ledger's own terms."""
    request = given(body, ProposalSchema, "act:propose")
    function, args = request.fields["function"], _checked(request.fields)
    with writing() as session:
        submission = acts.propose(
            session,
            principal(),
            request.intent,
            function=function,
            args=args,
            good_till=request.fields["good_till"],
        )
    id = made_by(submission)
    return answer(submission, f"/v1/acts/{id}", act=lambda session, _: acts.show(session, principal(), id))


@command(blp, "/<reference:id>/approval", ApprovalSchema, act=ActSchema)
def approve(body: dict[str, Any], id: str) -> Answer:
    """Sign what another organisation has proposed. It is done in the same step."""
    request = given(body, ApprovalSchema, "act:approve", act=id)
    with writing() as session:
        submission = acts.approve(session, principal(), request.intent, act=id, hash=request.fields["hash"])
    return answer(submission, f"/v1/acts/{id}", act=lambda session, _: acts.show(session, principal(), id))


def _checked(proposal: dict[str, Any]) -> dict[str, Any]:
    """The args of a proposal, each checked like the field of its own address."""
    try:
        args: dict[str, Any] = ARGS[proposal["function"]]().load(proposal["args"])
    except ValidationError as error:
        raise problems.of_fields(problems.messages_of(error), at="/args") from None
    return args
