"""Commands on their way."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.commands import SubmissionSchema
from middleware.api.fields import Choice
from middleware.services import keys, submissions

blp = Blueprint("submissions", __name__, url_prefix="/v1/submissions", description="What became of your commands")


class SubmissionDetailSchema(SubmissionSchema):
    """A command with what was signed."""

    args = fields.Dict(required=True)


class SubmissionQuery(lists.PageQuery):
    """Which submissions."""

    status = Choice("waiting", "sent", "done", optional=True)
    function = Choice(*(scope for scope in keys.SCOPES if scope != "*"), optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(SubmissionQuery, location="query")
@blp.response(200, lists.list_of(SubmissionSchema))
def index(query: dict[str, Any]) -> Any:
    """Your party's commands, newest first."""
    wanted = {"status": query["status"], "function": query["function"]}
    with reading() as session:
        return lists.answered(submissions.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, SubmissionDetailSchema)
def show(id: str) -> Any:
    """One command with what was signed."""
    with reading() as session:
        return submissions.show(session, principal(), id)
