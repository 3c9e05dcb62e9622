"""Documents: files of your party. What is published of them stands in publications."""

from typing import Any

from flask import Response
from marshmallow import fields

from middleware.api import files, lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import FileName, Moment, Number, Schema
from middleware.services import documents

blp = Blueprint("documents", __name__, url_prefix="/v1/documents", description="Files of your party")


class DocumentSchema(Schema):
    """A file that was taken: what it is by its content, and its SHA-256."""

    id = fields.String(required=True)
    party = fields.String(required=True)
    purpose = fields.String(required=True, metadata={"enum": ["publication", "evidence"]})
    name = fields.String(required=True)
    media_type = fields.String(required=True, metadata={"enum": list(files.TYPES)})
    size = Number(required=True)
    hash = fields.String(required=True)
    kept_at = Moment(required=True)


class UploadQuery(Schema):
    """What a file that is the body itself is called; a form says it of its file."""

    name = FileName(optional=True, example="bylaws.pdf")


@blp.route("", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(DocumentSchema))
def index(query: dict[str, Any]) -> Any:
    """The files of your party, newest first."""
    with reading() as session:
        return lists.answered(documents.index(session, principal(), page=lists.page(query)))


@blp.route("", methods=["POST"])
@blp.doc(requestBody=files.BODY)
@blp.arguments(UploadQuery, location="query")
@blp.response(201, DocumentSchema)
def upload(query: dict[str, str]) -> Any:
    """Give a file of at most 10 MiB: PDF without active content, PNG or JPEG. The same file again is the first one."""
    given = files.received(query["name"])
    with writing() as session:
        return documents.upload(session, principal(), given, purpose=documents.PUBLICATION)


@blp.route("/<mint:id>", methods=["GET"])
@blp.response(200, DocumentSchema)
def show(id: str) -> Any:
    """One file of your party."""
    with reading() as session:
        return documents.show(session, principal(), id)


@blp.route("/<mint:id>/content", methods=["GET"])
@files.given_out(blp)
def content(id: str) -> Response:
    """The file itself, if it is still what was sent."""
    with reading() as session:
        found = documents.show(session, principal(), id)
        given = documents.read(session, found)
    return files.attachment(given, name=found.name, media_type=found.media_type, hash=found.hash)
