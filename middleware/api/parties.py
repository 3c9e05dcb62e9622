"""Parties: who takes part."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware import policy
from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.acts import ARGS, ActSchema
from middleware.api.bodies import Blueprint
from middleware.api.commands import (
    Answer,
    CommandSchema,
    SignedSchema,
    SuspensionSchema,
    answer,
    command,
    given,
    made_by,
)
from middleware.api.fields import (
    Choice,
    Code,
    Hash,
    Instant,
    Jurisdiction,
    Moment,
    Natural,
    Organisation,
    Remark,
    Schema,
    Words,
)
from middleware.api.keys import KeyFields
from middleware.services import acts, parties, qualifications
from middleware.services.qualifications import INVESTOR_TYPES

blp = Blueprint("parties", __name__, url_prefix="/v1/parties", description="Who takes part: admission, suspension")


class QualificationSchema(Schema):
    """What the operator has verified of a party. limit_minor: most that one acquisition may cost, "0" for no limit.

    status: due when it is to be verified again, sixty days before good_till.
    """

    jurisdiction = fields.String(required=True)
    investor_type = fields.String(required=True, metadata={"enum": list(INVESTOR_TYPES)})
    limit_minor = fields.String(required=True)
    commitment = fields.String(required=True)
    good_till = Moment(required=True)
    qualified_at = Moment(required=True)
    status = fields.String(required=True, metadata={"enum": ["good", "due", "expired"]})


class PartySchema(Schema):
    """A party. name: what it is called, known to SQL only. qualification: its own and the custodians' to see."""

    party = fields.String(required=True)
    name = fields.String(required=True)
    organisation = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "suspended"]})
    reason = fields.String(required=True)
    admitted_at = Moment(required=True)
    block = fields.Integer(required=True)
    qualification = fields.Nested(QualificationSchema, required=True, allow_none=True)


class PartyQuery(lists.PageQuery):
    """Which parties."""

    role = Choice(*policy.ROLES, optional=True)
    qualification = Choice(*qualifications.STANDINGS, optional=True)


class AdmissionArgs(Schema):
    """Args of `party:admit`."""

    party = Code(example="ALICE")
    organisation = Organisation(optional=True)
    roles = Words(Choice(*policy.ROLES), most=8)
    key = fields.Nested(KeyFields, required=True)


class SignedAdmissionArgs(AdmissionArgs):
    """The same, out of a proposal."""

    good_till = Instant(optional=True)


class SignedAdmission(SignedSchema):
    """A proposal that its party signed itself; the name stands beside it, for it is not for the ledger."""

    name = Remark(example="Alice Torres")


class AdmissionSchema(CommandSchema):
    """A party to be admitted. Without a key the platform makes one and keeps it."""

    jws_body: ClassVar[type[Schema]] = SignedAdmission
    jws_args: ClassVar[type[Schema] | None] = SignedAdmissionArgs
    party = Code(example="ALICE")
    name = Remark(example="Alice Torres")
    organisation = Organisation(optional=True)
    roles = Words(Choice(*policy.ROLES), most=8)
    key = fields.Nested(KeyFields, load_default=None, allow_none=True)
    good_till = Instant(optional=True)


class QualifyingSchema(CommandSchema):
    """What was verified of a party. Without a commitment the present one stands."""

    jurisdiction = Jurisdiction(example="MX")
    investor_type = Choice(*INVESTOR_TYPES)
    limit_minor = Natural()
    commitment = Hash(optional=True)
    good_till = Instant()


class NameSchema(Schema):
    """What a party is called."""

    name = Remark(example="Alice Torres")


@blp.route("", methods=["GET"])
@blp.arguments(PartyQuery, location="query")
@blp.response(200, lists.list_of(PartySchema))
def index(query: dict[str, Any]) -> Any:
    """Parties that you may know: institutions and your own; operator, custodian and regulator know all."""
    wanted = {name: query[name] for name in ("role", "qualification")}
    with reading() as session:
        return lists.answered(parties.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<code:party>", methods=["GET"])
@blp.response(200, PartySchema)
def show(party: str) -> Any:
    """One party."""
    with reading() as session:
        return parties.show(session, principal(), party)


@command(blp, "", AdmissionSchema, act=ActSchema, party=PartySchema)
def admit(body: dict[str, Any]) -> Answer:
    """Propose the admission of a party (operator or custodian); the other one approves the act."""
    request = given(body, AdmissionSchema, "party:admit", proposed=True)
    with writing() as session:
        submission = parties.admit(session, principal(), request.intent, **request.fields)
    id = made_by(submission)
    return answer(submission, f"/v1/acts/{id}", act=lambda s, _: acts.show(s, principal(), id), party=lambda *_: None)


@blp.route("/<code:party>", methods=["PATCH"])
@blp.arguments(NameSchema)
@blp.response(200, PartySchema)
def rename(body: dict[str, Any], party: str) -> Any:
    """Correct what a party is called (operator or custodian)."""
    with writing() as session:
        return parties.rename(session, principal(), party, **body)


@command(blp, "/<code:party>/suspension", SuspensionSchema, party=PartySchema)
def suspend(body: dict[str, Any], party: str) -> Answer:
    """Suspend a party, or lift its suspension (operator)."""
    request = given(body, SuspensionSchema, "party:suspend", party=party)
    with writing() as session:
        submission = parties.suspend(session, principal(), request.intent, party=party, **request.fields)
    return answer(submission, f"/v1/parties/{party}", party=lambda s, _: parties.show(s, principal(), party))


@command(blp, "/<code:party>/qualification", QualifyingSchema, party=PartySchema)
def qualify(body: dict[str, Any], party: str) -> Answer:
    """Put on the ledger what was verified of a party (operator)."""
    request = given(body, QualifyingSchema, "party:qualify", party=party)
    with writing() as session:
        submission = parties.qualify(session, principal(), request.intent, party=party, **request.fields)
    return answer(submission, f"/v1/parties/{party}", party=lambda s, _: parties.show(s, principal(), party))


ARGS["party:admit"] = AdmissionArgs
