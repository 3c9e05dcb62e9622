"""Publications: documents that issuers stand by on the ledger."""

from typing import Any, ClassVar

from flask import Response
from marshmallow import fields

from middleware.api import files, lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by, or_none
from middleware.api.fields import Choice, Code, CommandId, Hash, Moment, Number, Reference, Schema
from middleware.services import publications

blp = Blueprint("publications", __name__, url_prefix="/v1", description="Documents that issuers have published")


class PublicationSchema(Schema):
    """A document's hash on the ledger. name, media_type and size are null where its file is not kept here."""

    id = fields.String(required=True)
    issuer = fields.String(required=True)
    instrument = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(publications.KINDS)})
    hash = fields.String(required=True)
    supersedes = fields.String(required=True)
    superseded_by = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    media_type = fields.String(required=True, allow_none=True)
    size = Number(required=True, allow_none=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class VerifiedSchema(PublicationSchema):
    """A publication with whether its file has, at this moment, the hash on the ledger; if not, what is wrong."""

    verified = fields.Boolean(required=True)
    fault = fields.String(required=True)


class PublicationQuery(lists.PageQuery):
    """Which publications."""

    instrument = Code(optional=True)
    kind = Choice(*publications.KINDS, optional=True)


class SignedPublicationArgs(Schema):
    """Args of `document:publish`: the file is named by its hash."""

    kind = Choice(*publications.KINDS)
    hash = Hash()
    supersedes = Reference(optional=True)


class NewPublicationSchema(CommandSchema):
    """document: the id of a file that your party has uploaded."""

    jws_args: ClassVar[type[Schema] | None] = SignedPublicationArgs
    document = CommandId()
    kind = Choice(*publications.KINDS)
    supersedes = Reference(optional=True)


@blp.route("/publications", methods=["GET"])
@blp.arguments(PublicationQuery, location="query")
@blp.response(200, lists.list_of(PublicationSchema))
def index(query: dict[str, Any]) -> Any:
    """What issuers have published, newest first."""
    wanted = {"instrument": query["instrument"], "kind": query["kind"]}
    with reading() as session:
        return lists.answered(publications.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/publications/<reference:id>", methods=["GET"])
@blp.response(200, VerifiedSchema)
def show(id: str) -> Any:
    """One publication, its file verified against the ledger now."""
    with reading() as session:
        return publications.verified(session, principal(), id)


@blp.route("/publications/<reference:id>/content", methods=["GET"])
@files.given_out(blp)
def content(id: str) -> Response:
    """The file, if it has the hash that its issuer has signed on the ledger."""
    with reading() as session:
        found, whole = publications.content(session, principal(), id)
    return files.attachment(whole, name=found.name, media_type=found.media_type, hash=found.hash)


@command(blp, "/instruments/<code:instrument>/publications", NewPublicationSchema, publication=PublicationSchema)
def publish(body: dict[str, Any], instrument: str) -> Answer:
    """Publish a document about an instrument (its issuer)."""
    request = given(body, NewPublicationSchema, publications.PUBLISH, instrument=instrument)
    with writing() as session:
        submission = publications.publish(session, principal(), request.intent, instrument=instrument, **request.fields)
    id = made_by(submission)
    return answer(
        submission,
        f"/v1/publications/{id}",
        publication=lambda session, _: or_none(lambda: publications.show(session, principal(), id)),
    )
