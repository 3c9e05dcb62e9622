"""Attestations: the balance behind a bank's currency."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, draft_of, given, made_by, or_none
from middleware.api.drafts import DraftSchema
from middleware.api.fields import BankReference, Code, Instant, Moment, Natural, Number, Schema
from middleware.services import attestations

blp = Blueprint("attestations", __name__, url_prefix="/v1/attestations", description="What stands behind a currency")


class AttestationSchema(Schema):
    """A bank's signed statement. issued: how much of the currency it owed at that moment.

    entered_by, approved_by: two users, shown to the bank itself where it wants four eyes.
    """

    id = fields.String(required=True)
    bank = fields.String(required=True)
    instrument = fields.String(required=True)
    balance_minor = Number(required=True)
    as_of = Moment(required=True)
    reference = fields.String(required=True)
    issued = Number(required=True)
    entered_by = fields.String(required=True)
    approved_by = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class NewAttestationSchema(CommandSchema):
    """The balance as of an instant that has come. reference: the bank statement that shows it."""

    instrument = Code(example="MXN.BANCO1")
    balance_minor = Natural(example="900000000")
    as_of = Instant(example="2026-11-25T18:00:00Z")
    reference = BankReference(example="STATEMENT-331")


class AttestationQuery(lists.PageQuery):
    """Which attestations."""

    instrument = Code(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(AttestationQuery, location="query")
@blp.response(200, lists.list_of(AttestationSchema))
def index(query: dict[str, Any]) -> Any:
    """What banks have attested, newest first."""
    with reading() as session:
        page = lists.page(query)
        return lists.answered(attestations.index(session, principal(), page=page, instrument=query["instrument"]))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, AttestationSchema)
def show(id: str) -> Any:
    """One attestation."""
    with reading() as session:
        return attestations.show(session, principal(), id)


@command(blp, "", NewAttestationSchema, eyes=DraftSchema, attestation=AttestationSchema)
def attest(body: dict[str, Any]) -> Answer:
    """Attest the balance behind your currency (bank). No more of it can be deposited than that."""
    request = given(body, NewAttestationSchema, attestations.ATTEST)
    with writing() as session:
        submission = attestations.attest(session, principal(), request.intent, **request.fields)
    id = made_by(submission)
    return answer(
        submission,
        f"/v1/attestations/{id}",
        draft=draft_of,
        attestation=lambda s, _: or_none(lambda: attestations.show(s, principal(), id)),
    )
