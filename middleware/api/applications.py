"""Applications: who asks to be admitted, or verified again. The applicant's half; the operator's is onboarding."""

from typing import Any

from flask import Response
from marshmallow import fields

from middleware.api import files, lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import (
    Choice,
    Clabe,
    Curp,
    Day,
    Email,
    FileName,
    Iban,
    Jurisdiction,
    Lei,
    Moment,
    Number,
    Phone,
    Remark,
    Schema,
    Words,
)
from middleware.services import applications, evidence, onboarding, questions, steps

blp = Blueprint("applications", __name__, url_prefix="/v1/applications", description="Who asks to be admitted")
MAY = ("change", "submit", "discard", "review", "approve", "send_back", "refuse", "qualify", "erase")


class AnswersSchema(Schema):
    """What an applicant says. Fields that are not named keep what they are; "" takes an answer back.

    rfc is never refused: about one in seventy that is in use fails its own check digit, so it is doubted.
    """

    given_names = Remark(optional=True, longest=80, example="Dora")
    family_names = Remark(optional=True, longest=80, example="Paz Robles")
    legal_name = Remark(optional=True, example="Hilados del Norte, S.A. de C.V.")
    trade_name = Remark(optional=True)
    born_on = Day(optional=True, example="1984-05-17")
    incorporated_on = Day(optional=True, example="2011-03-02")
    nationality = Jurisdiction(optional=True, example="MX")
    residence = Jurisdiction(optional=True, example="MX")
    address = Remark(optional=True, longest=240)
    email = Email(optional=True, example="dora@example.com")
    phone = Phone(optional=True, example="+52 81 5555 0199")
    curp = Curp(optional=True, example="BOXW310820HNERXN09")
    rfc = Remark(optional=True, longest=20, example="GODE561231GR8")
    lei = Lei(optional=True, example="213800KUD8LAJWSQ9D15")
    clabe = Clabe(optional=True, example="032180000118359719")
    iban = Iban(optional=True, example="GB82WEST12345698765432")
    representative = Remark(optional=True)
    representative_curp = Curp(optional=True)
    owners = Remark(optional=True, longest=500, example="Dora Paz 60 %, Hugo Paz 40 %")
    activity = Remark(optional=True, example="Textiles")
    source_of_funds = Choice(*questions.FUNDS, optional=True)
    investor_type = Choice(*questions.INVESTOR_TYPES, optional=True)


class ChangeSchema(AnswersSchema):
    """Some of the answers."""

    def load(self, data: Any, **more: Any) -> Any:
        """Only what was named: a default would take back an answer."""
        loaded = super().load(data, **more)
        return {name: text for name, text in loaded.items() if name in data}


class NewApplicationSchema(Schema):
    """What kind of applicant, and as what: investor, issuer or both."""

    kind = Choice(*questions.KINDS)
    roles = Words(Choice(*questions.ROLES), most=len(questions.ROLES))


class EvidenceSchema(Schema):
    """A document that was shown. hash: SHA-256 of the file as it was sent."""

    n = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": list(questions.EVIDENCE)})
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    hash = fields.String(required=True)
    added_at = Moment(required=True)


class DoubtSchema(Schema):
    """What deserves a second look, and refuses nothing."""

    field = fields.String(required=True)
    doubt = fields.String(required=True, metadata={"enum": list(questions.DOUBTS)})


class SummarySchema(Schema):
    """An application in a list. step: where it stands in full; an approval has several until the ledger has it."""

    id = fields.String(required=True)
    party = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(questions.KINDS)})
    purpose = fields.String(required=True, metadata={"enum": ["admission", "renewal"]})
    roles = fields.List(fields.String(), required=True)
    status = fields.String(required=True, metadata={"enum": list(applications.STATUSES)})
    step = fields.String(required=True, metadata={"enum": list(steps.STEPS)})
    reason = fields.String(required=True)
    reviewer = fields.String(required=True)
    good_till = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    changed_at = Moment(required=True)
    submitted_at = Moment(required=True, allow_none=True)
    decided_at = Moment(required=True, allow_none=True)
    erased_at = Moment(required=True, allow_none=True)


class ApplicationSchema(SummarySchema):
    """An application. missing: what a draft still lacks, evidence as evidence_KIND. may: what you can do with it now.

    details: the answers, nothing once they were erased. commitment: what the ledger knows of it.
    """

    details = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    doubts = fields.List(fields.Nested(DoubtSchema), required=True)
    missing = fields.List(fields.String(), required=True)
    evidence = fields.List(fields.Nested(EvidenceSchema), required=True)
    jurisdiction = fields.String(required=True)
    investor_type = fields.String(required=True)
    limit_minor = Number(required=True)
    commitment = fields.String(required=True)
    act = fields.String(required=True)
    qualification = fields.String(required=True)
    may = fields.List(fields.String(metadata={"enum": list(MAY)}), required=True)


class ApplicationQuery(lists.PageQuery):
    """Which applications."""

    status = Choice(*applications.STATUSES, optional=True, required=False)
    kind = Choice(*questions.KINDS, optional=True, required=False)


class ShowingQuery(Schema):
    """What a document shows, and what it is called where it is the body itself."""

    kind = Choice(*questions.EVIDENCE)
    name = FileName(optional=True, example="ine.pdf")


@blp.route("", methods=["GET"])
@blp.arguments(ApplicationQuery, location="query")
@blp.response(200, lists.list_of(SummarySchema))
def index(query: dict[str, Any]) -> Any:
    """Your applications, newest first; operator and regulator see all."""
    with reading() as session:
        page, wanted = lists.page(query), {name: query[name] for name in ("status", "kind")}
        return lists.answered(applications.index(session, principal(), page=page, **wanted))


@blp.route("", methods=["POST"])
@blp.arguments(NewApplicationSchema)
@blp.response(201, ApplicationSchema)
def create(body: dict[str, Any]) -> Any:
    """Begin an application: to be admitted, or to be verified again. Filled in as your last one was."""
    with writing() as session:
        return applications.create(session, principal(), **body)


@blp.route("/<mint:id>", methods=["GET"])
@blp.response(200, ApplicationSchema)
def show(id: str) -> Any:
    """One application."""
    with reading() as session:
        return applications.show(session, principal(), id)


@blp.route("/<mint:id>", methods=["PATCH"])
@blp.arguments(ChangeSchema)
@blp.response(200, ApplicationSchema)
def change(body: dict[str, Any], id: str) -> Any:
    """Answer questions of your draft."""
    with writing() as session:
        return applications.change(session, principal(), id, body)


@blp.route("/<mint:id>", methods=["DELETE"])
@blp.response(204)
def discard(id: str) -> None:
    """Forget your draft, with what you have shown for it."""
    with writing() as session:
        applications.discard(session, principal(), id)


@blp.route("/<mint:id>/submission", methods=["POST"])
@blp.response(200, ApplicationSchema)
def submit(id: str) -> Any:
    """Hand your draft in. What is missing is named, all of it."""
    with writing() as session:
        return applications.submit(session, principal(), id)


@blp.route("/<mint:id>/evidence", methods=["POST"])
@blp.doc(requestBody=files.BODY)
@blp.arguments(ShowingQuery, location="query")
@blp.response(201, ApplicationSchema)
def attach(query: dict[str, str], id: str) -> Any:
    """Show a document for your draft: PDF, PNG or JPEG, at most 10 MiB. It is kept encrypted."""
    given = files.received(query["name"])
    with writing() as session:
        application = applications.draft(session, principal(), id)
        evidence.attach(session, principal(), application, given, kind=query["kind"])
        return applications.show(session, principal(), id)


@blp.route("/<mint:id>/evidence/<n:number>", methods=["GET"])
@files.given_out(blp)
def document(id: str, number: str) -> Response:
    """A document that was shown, as it was sent."""
    with reading() as session:
        application = applications.find(session, principal(), id)
        found, content = evidence.read(session, application, int(number))
    return files.attachment(content, name=found.name, media_type=found.media_type, hash=found.hash)


@blp.route("/<mint:id>/evidence/<n:number>", methods=["DELETE"])
@blp.response(200, ApplicationSchema)
def detach(id: str, number: str) -> Any:
    """Take a document away from your draft; it is erased."""
    with writing() as session:
        evidence.detach(session, applications.draft(session, principal(), id), int(number))
        return applications.show(session, principal(), id)


@blp.route("/<mint:id>/erasure", methods=["POST"])
@blp.response(200, ApplicationSchema)
def erase(id: str) -> Any:
    """Erase the person: all that was handed in, every document, the name. What the ledger has tells nobody anything."""
    with writing() as session:
        return onboarding.erase(session, principal(), id)
