"""Onboarding: what the operator does with applications."""

from typing import Any

from marshmallow import fields

from middleware.api.access import principal, writing
from middleware.api.applications import ApplicationSchema
from middleware.api.bodies import Blueprint
from middleware.api.commands import KEYED, Answer, SubmissionSchema, answer, command_id
from middleware.api.fields import Choice, Instant, Jurisdiction, Natural, Remark, Schema
from middleware.services import applications, onboarding, questions
from middleware.services.submissions import Intent

blp = Blueprint("onboarding", __name__, url_prefix="/v1/applications", description="The operator's queue")


class ReasonSchema(Schema):
    """Why. The applicant reads it."""

    reason = Remark(example="The proof of address is older than three months.")


class QualifiedAsSchema(Schema):
    """What the party will be qualified as. limit_minor: most that one acquisition may cost, "0" for no limit."""

    jurisdiction = Jurisdiction(example="MX")
    investor_type = Choice(*questions.INVESTOR_TYPES)
    limit_minor = Natural()
    good_till = Instant()


class DecidedSchema(Schema):
    """The command that an approval sends first, and the application."""

    submission = fields.Nested(SubmissionSchema, required=True)
    application = fields.Nested(ApplicationSchema, required=True, allow_none=True)


@blp.route("/<mint:id>/review", methods=["POST"])
@blp.response(200, ApplicationSchema)
def review(id: str) -> Any:
    """Take an application out of the queue (operator)."""
    with writing() as session:
        return onboarding.review(session, principal(), id)


@blp.route("/<mint:id>/return", methods=["POST"])
@blp.arguments(ReasonSchema)
@blp.response(200, ApplicationSchema)
def send_back(body: dict[str, Any], id: str) -> Any:
    """Give an application back to be completed (operator)."""
    with writing() as session:
        return onboarding.send_back(session, principal(), id, **body)


@blp.route("/<mint:id>/refusal", methods=["POST"])
@blp.arguments(ReasonSchema)
@blp.response(200, ApplicationSchema)
def refuse(body: dict[str, Any], id: str) -> Any:
    """Refuse an application (operator)."""
    with writing() as session:
        return onboarding.refuse(session, principal(), id, **body)


@blp.route("/<mint:id>/approval", methods=["POST"])
@blp.arguments(QualifiedAsSchema)
@blp.alt_response(202, schema=DecidedSchema, description="Stored; on its way.")
@blp.response(201, DecidedSchema)
@blp.doc(parameters=KEYED)
def approve(body: dict[str, Any], id: str) -> Answer:
    """Approve an application (operator): proposes the admission, for the other organisation to approve.

    Of a party that is admitted it writes the qualification. Signed by the key that the platform keeps for the operator.
    """
    intent = Intent(command_id())
    with writing() as session:
        submission = onboarding.approve(session, principal(), intent, id, **body)
    return _answer(submission, id)


@blp.route("/<mint:id>/qualification", methods=["POST"])
@blp.alt_response(202, schema=DecidedSchema, description="Stored; on its way.")
@blp.response(201, DecidedSchema)
@blp.doc(parameters=KEYED)
def qualify(id: str) -> Answer:
    """Send the qualification of an approved applicant again, when the ledger has not taken it (operator)."""
    intent = Intent(command_id())
    with writing() as session:
        submission = onboarding.qualify(session, principal(), intent, id)
    return _answer(submission, id)


def _answer(submission: Any, id: str) -> Answer:
    where = f"/v1/applications/{id}"
    return answer(submission, where, application=lambda s, _: applications.show(s, principal(), id))
