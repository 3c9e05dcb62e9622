"""Invitations to private offerings."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given
from middleware.api.fields import Code, Moment, Schema, Words
from middleware.errors import Error
from middleware.services import invitations

blp = Blueprint("invitations", __name__, url_prefix="/v1/offerings", description="Who is invited to what")


class InvitationSchema(Schema):
    """An invitation. salt opens it for its party: it stays between issuer and invited; the ledger has the hash alone.

    subscribed: the status of the invited party's subscription, null while there is none. code: "" or why the ledger
    refused the invitation.
    """

    offering = fields.String(required=True)
    party = fields.String(required=True)
    party_name = fields.String(required=True)
    salt = fields.String(required=True)
    hash = fields.String(required=True)
    subscribed = fields.String(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)
    invited_at = Moment(required=True)


class NewInvitationsSchema(CommandSchema):
    """Who may subscribe."""

    jws_args: ClassVar[type[Schema] | None] = None
    parties = Words(Code(example="ALICE"), most=invitations.MOST)


@blp.route("/<reference:id>/invitations", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(InvitationSchema))
def index(query: dict[str, Any], id: str) -> Any:
    """Who is invited (issuer); your own invitation (invited)."""
    with reading() as session:
        return lists.answered(invitations.index(session, principal(), id, page=lists.page(query)))


@command(blp, "/<reference:id>/invitations", NewInvitationsSchema)
def invite(body: dict[str, Any], id: str) -> Answer:
    """Invite parties to a private offering of yours."""
    if "jws" in body:
        message = "the salts of invitations are made here, so they are signed here: send the parties"
        raise Error("invalid", message, reason="jws", field="jws")
    request = given(body, NewInvitationsSchema, invitations.INVITE)
    with writing() as session:
        submission = invitations.invite(session, principal(), request.intent, offering=id, **request.fields)
    return answer(submission, f"/v1/offerings/{id}/invitations")
