"""Letters: an issuer's messages to the holders of its instrument."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import KEYED, command_id
from middleware.api.fields import Code, Moment, Prose, Reference, Remark, Schema
from middleware.services import letters
from middleware.services.letters import Draft

blp = Blueprint("letters", __name__, url_prefix="/v1", description="What issuers write to their holders")


class LetterSchema(Schema):
    """A letter. block: holders as of it were written to. document: a publication that goes with it, or "".

    received: it was written to you. readers: how many have opened it, for its issuer alone.
    """

    id = fields.String(required=True)
    issuer = fields.String(required=True)
    instrument = fields.String(required=True)
    subject = fields.String(required=True)
    text = fields.String(required=True)
    document = fields.String(required=True)
    block = fields.Integer(required=True)
    holders = fields.Integer(required=True)
    readers = fields.Integer(required=True, allow_none=True)
    sent_at = Moment(required=True)
    received = fields.Boolean(required=True)
    read_at = Moment(required=True, allow_none=True)


class NewLetterSchema(Schema):
    """What to write to everybody who holds the instrument now."""

    subject = Remark()
    text = Prose()
    document = Reference(optional=True)


class LetterQuery(lists.PageQuery):
    """Which letters."""

    instrument = Code(optional=True)


@blp.route("/letters", methods=["GET"])
@blp.arguments(LetterQuery, location="query")
@blp.response(200, lists.list_of(LetterSchema))
def index(query: dict[str, Any]) -> Any:
    """What you have written to your holders and what issuers wrote to you, newest first."""
    with reading() as session:
        found = letters.index(session, principal(), page=lists.page(query), instrument=query["instrument"])
        return lists.answered(found)


@blp.route("/letters/<mint:id>", methods=["GET"])
@blp.response(200, LetterSchema)
def show(id: str) -> Any:
    """One letter."""
    with reading() as session:
        return letters.show(session, principal(), id)


@blp.route("/letters/<mint:id>/receipt", methods=["POST"])
@blp.response(200, LetterSchema)
def receive(id: str) -> Any:
    """You have read it. Its issuer learns how many have, not who."""
    with writing() as session:
        return letters.receive(session, principal(), id)


@blp.route("/instruments/<code:instrument>/letters", methods=["POST"])
@blp.doc(parameters=KEYED)
@blp.arguments(NewLetterSchema)
@blp.response(201, LetterSchema)
def send(body: dict[str, Any], instrument: str) -> Any:
    """Write to everybody who holds it at this moment (its issuer)."""
    draft = Draft(command_id(), instrument, **body)
    with writing() as session:
        return letters.send(session, principal(), draft)
