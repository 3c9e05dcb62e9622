"""Four eyes: what users of a bank entered and another must approve, and whether the bank wants it so."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import KEYED, SubmissionSchema, answer, command_id
from middleware.api.fields import Choice, Moment, Remark, Schema
from middleware.services import drafts

blp = Blueprint("drafts", __name__, url_prefix="/v1", description="Four eyes inside a bank")
STATUSES = ("waiting", "approved", "refused", "withdrawn")
OUTCOMES = ("", "sent", "done", "refused")


class DraftSchema(Schema):
    """What a user entered: function and args as they will be signed. outcome: the ledger's, once approved."""

    id = fields.String(required=True)
    party = fields.String(required=True)
    function = fields.String(required=True)
    args = fields.Dict(keys=fields.String(), required=True)
    subject = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    reason = fields.String(required=True)
    entered_by = fields.String(required=True)
    entered_at = Moment(required=True)
    decided_by = fields.String(required=True)
    decided_at = Moment(required=True, allow_none=True)
    outcome = fields.String(required=True, metadata={"enum": list(OUTCOMES)})
    code = fields.String(required=True)
    message = fields.String(required=True)


class ApprovedSchema(Schema):
    """The command on its way, and the draft. No submission where the ledger is not concerned."""

    submission = fields.Nested(SubmissionSchema, required=True, allow_none=True)
    draft = fields.Nested(DraftSchema, required=True)


class DraftQuery(lists.PageQuery):
    """Which drafts."""

    status = Choice(*STATUSES, optional=True)


class RefusedSchema(Schema):
    """Why not."""

    reason = Remark()


class FourEyesSchema(Schema):
    """Whether what one user enters waits for another. users: how many the bank has. draft: the wish to end it."""

    party = fields.String(required=True)
    required = fields.Boolean(required=True)
    users = fields.Integer(required=True)
    changed_by = fields.String(required=True)
    changed_at = Moment(required=True, allow_none=True)


class WantedSchema(FourEyesSchema):
    """The setting, and what waits for a second user where that is needed to change it."""

    draft = fields.Nested(DraftSchema, required=True, allow_none=True)


class WantSchema(Schema):
    """required yes or no."""

    required = Choice("yes", "no")


@blp.route("/drafts", methods=["GET"])
@blp.arguments(DraftQuery, location="query")
@blp.response(200, lists.list_of(DraftSchema))
def index(query: dict[str, Any]) -> Any:
    """What users of your bank have entered, newest first (bank)."""
    with reading() as session:
        return lists.answered(drafts.index(session, principal(), page=lists.page(query), status=query["status"]))


@blp.route("/drafts/<reference:id>", methods=["GET"])
@blp.response(200, DraftSchema)
def show(id: str) -> Any:
    """One of them (bank)."""
    with reading() as session:
        return drafts.show(session, principal(), id)


@blp.route("/drafts/<reference:id>/approval", methods=["POST"])
@blp.response(202, ApprovedSchema, description="Signed; on its way.")
@blp.alt_response(201, schema=ApprovedSchema, description="The ledger has answered: it is done.")
def approve(id: str) -> Any:
    """Approve what another user of your bank has entered: it is signed and sent (bank)."""
    with writing() as session:
        submission = drafts.approve(session, principal(), id)
    if submission is None:
        with reading() as session:
            return {"submission": None, "draft": drafts.show(session, principal(), id)}, 201
    return answer(submission, f"/v1/drafts/{id}", draft=lambda session, _: drafts.show(session, principal(), id))


@blp.route("/drafts/<reference:id>/refusal", methods=["POST"])
@blp.arguments(RefusedSchema)
@blp.response(200, DraftSchema)
def refuse(body: dict[str, Any], id: str) -> Any:
    """Refuse what another user has entered, or take back what you did: it is never signed (bank)."""
    with writing() as session:
        return drafts.refuse(session, principal(), id, reason=body["reason"])


@blp.route("/four-eyes", methods=["GET"])
@blp.response(200, FourEyesSchema)
def four_eyes(**_: Any) -> Any:
    """Whether your bank wants four eyes (bank)."""
    with reading() as session:
        return drafts.setting(session, principal())


@blp.route("/four-eyes", methods=["POST"])
@blp.doc(parameters=KEYED)
@blp.arguments(WantSchema)
@blp.response(200, WantedSchema)
def want(body: dict[str, Any]) -> Any:
    """Want four eyes; no longer, once another user has approved that (bank)."""
    id = command_id()
    with writing() as session:
        return drafts.want(session, principal(), id, wanted=body["required"] == "yes")
