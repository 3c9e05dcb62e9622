"""Disclosures of omnibus accounts."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by, or_none
from middleware.api.fields import Code, Instant, Moment, Number, Positive, Reference, Remark, Schema
from middleware.errors import Error
from middleware.services import disclosures
from middleware.services.disclosures import Client

blp = Blueprint("disclosures", __name__, url_prefix="/v1", description="Whom omnibus accounts hold for")


class DisclosureSchema(Schema):
    """A custodian's signed statement; root commits to the split by client."""

    id = fields.String(required=True)
    custodian = fields.String(required=True)
    account = fields.String(required=True)
    instrument = fields.String(required=True)
    as_of = Moment(required=True)
    root = fields.String(required=True)
    total = Number(required=True)
    clients = fields.Integer(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class PartSchema(Schema):
    """One client's part."""

    n = fields.Integer(required=True)
    client = fields.String(required=True)
    quantity = Number(required=True)


class DisclosedSchema(DisclosureSchema):
    """A disclosure with its clients."""

    parts = fields.List(fields.Nested(PartSchema), required=True)


class StepOfProofSchema(Schema):
    """A neighbour on the way up, and its side."""

    hash = fields.String(required=True)
    side = fields.String(required=True, metadata={"enum": ["left", "right"]})


class ProofSchema(Schema):
    """What leads one client to the root on the ledger."""

    disclosure = fields.String(required=True)
    n = fields.Integer(required=True)
    client = fields.String(required=True)
    quantity = Number(required=True)
    salt = fields.String(required=True)
    steps = fields.List(fields.Nested(StepOfProofSchema), required=True)
    root = fields.String(required=True)
    block = fields.Integer(required=True)


class ClientSchema(Schema):
    """One client, by the custodian's own name for him."""

    client = Remark(longest=64)
    quantity = Positive(example="1200")


class NewDisclosureSchema(CommandSchema):
    """The split of an account as of an instant that has come."""

    jws_args: ClassVar[type[Schema] | None] = None
    instrument = Code(example="ACME")
    as_of = Instant(example="2026-11-25T18:00:00Z")
    clients = fields.List(
        fields.Nested(ClientSchema),
        required=True,
        metadata={"minItems": 1, "maxItems": disclosures.MOST_CLIENTS},
        error_messages={"required": "is missing", "invalid": "is not a list", "null": "is null; it must be a list"},
    )


class DisclosureQuery(lists.PageQuery):
    """Which disclosures."""

    account = Reference(optional=True)
    instrument = Code(optional=True)


@blp.route("/disclosures", methods=["GET"])
@blp.arguments(DisclosureQuery, location="query")
@blp.response(200, lists.list_of(DisclosureSchema))
def index(query: dict[str, Any]) -> Any:
    """Disclosures of your accounts, or of what you have issued; newest first."""
    wanted = {"account": query["account"], "instrument": query["instrument"]}
    with reading() as session:
        return lists.answered(disclosures.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/disclosures/<reference:id>", methods=["GET"])
@blp.response(200, DisclosedSchema)
def show(id: str) -> Any:
    """One disclosure with its clients."""
    with reading() as session:
        return disclosures.show(session, principal(), id)


@blp.route("/disclosures/<reference:id>/clients/<int:n>/proof", methods=["GET"])
@blp.response(200, ProofSchema)
def proof(id: str, n: int) -> Any:
    """What a client needs to check that he is in it (custodian)."""
    with reading() as session:
        return disclosures.proof(session, principal(), id, n)


@command(blp, "/accounts/<reference:account>/disclosures", NewDisclosureSchema, disclosure=DisclosureSchema)
def publish(body: dict[str, Any], account: str) -> Answer:
    """Publish for whom an omnibus account holds (its custodian)."""
    if "jws" in body:
        message = "the salts of a disclosure are made here, so it is signed here: send its fields"
        raise Error("invalid", message, reason="jws", field="jws")
    request = given(body, NewDisclosureSchema, disclosures.PUBLISH)
    clients = [Client(one["client"], int(one["quantity"])) for one in request.fields.pop("clients")]
    if not 1 <= len(clients) <= disclosures.MOST_CLIENTS:
        message = f"has {len(clients)} clients; it takes 1 to {disclosures.MOST_CLIENTS}"
        raise Error("invalid", message, reason="clients", field="clients")
    with writing() as session:
        submission = disclosures.publish(
            session, principal(), request.intent, account=account, clients=clients, **request.fields
        )
    id = made_by(submission)
    return answer(
        submission,
        f"/v1/disclosures/{id}",
        disclosure=lambda session, _: or_none(lambda: disclosures.show(session, principal(), id)),
    )
