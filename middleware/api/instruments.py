"""Instruments: equity, bonds, currencies of banks."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.acts import ARGS, ActSchema
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, SuspensionSchema, answer, command, given, made_by
from middleware.api.fields import (
    Cfi,
    Choice,
    Code,
    Digits,
    Hash,
    Instant,
    Isin,
    Moment,
    Natural,
    Number,
    Positive,
    Reference,
    Schema,
)
from middleware.services import acts, instruments, terms

blp = Blueprint("instruments", __name__, url_prefix="/v1/instruments", description="What can be held and traded")
KINDS = ("equity", "bond", "currency")
CLASSES = tuple(word for words in terms.CLASSES.values() for word in words)


class InstrumentSchema(Schema):
    """An instrument. terms: the version that holds, or 0. currency_digits: decimals of its prices.

    attested_minor: the balance behind a currency.
    """

    instrument = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    issuer = fields.String(required=True)
    issuer_name = fields.String(required=True)
    currency = fields.String(required=True)
    isin = fields.String(required=True)
    cfi = fields.String(required=True)
    class_ = fields.String(required=True, data_key="class", attribute="class", metadata={"enum": ["", *CLASSES]})
    terms = Number(required=True)
    investor_types = fields.List(fields.String(), required=True)
    jurisdictions = fields.List(fields.String(), required=True)
    authorised = Number(required=True, allow_none=True)
    issued = Number(required=True)
    attested_minor = Number(required=True)
    attested_as_of = Moment(required=True, allow_none=True)
    lot = Number(required=True)
    tick_minor = Number(required=True)
    fee_bps = Number(required=True)
    fee_account = fields.String(required=True)
    minor_digits = Number(required=True)
    currency_digits = Number(required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "suspended"]})
    reason = fields.String(required=True)
    last_price_minor = Number(required=True, allow_none=True)
    registered_at = Moment(required=True)
    block = fields.Integer(required=True)


class InstrumentQuery(lists.PageQuery):
    """Which instruments."""

    kind = Choice(*KINDS, optional=True)
    issuer = Code(optional=True)


class TermsArgs(Schema):
    """Args of `instrument:register`. A currency has no currency and no authorised amount of its own."""

    instrument = Code(example="ACME")
    kind = Choice(*KINDS)
    issuer = Code(example="ACME")
    currency = Code(optional=True, example="MXN.BANCO1")
    isin = Isin(optional=True)
    authorised = Positive(optional=True)
    lot = Positive()
    tick_minor = Positive()
    fee_bps = Natural()
    fee_account = Reference(optional=True)
    minor_digits = Digits()


class SignedTermsArgs(TermsArgs):
    """The same, out of a proposal."""

    good_till = Instant(optional=True)


class TermsSchema(CommandSchema, TermsArgs):
    """The terms of an instrument."""

    jws_args: ClassVar[type[Schema] | None] = SignedTermsArgs
    good_till = Instant(optional=True)


class IssueArgs(Schema):
    """How much appears in which account of the issuer; resolution: the SHA-256 of the document that says so."""

    account = Reference()
    quantity = Positive()
    resolution = Hash()


class SignedIssueArgs(IssueArgs):
    """The same, out of a proposal."""

    good_till = Instant(optional=True)


class IssueSchema(CommandSchema, IssueArgs):
    """An issue."""

    jws_args: ClassVar[type[Schema] | None] = SignedIssueArgs
    good_till = Instant(optional=True)


class ProposedIssue(IssueArgs):
    """Args of `instrument:issue` as an act."""

    instrument = Code()


class AuthorisationArgs(Schema):
    """How much may ever be issued; resolution: the SHA-256 of the document that says so."""

    authorised = Positive()
    resolution = Hash()


class SignedAuthorisationArgs(AuthorisationArgs):
    """The same, out of a proposal."""

    good_till = Instant(optional=True)


class AuthorisationSchema(CommandSchema, AuthorisationArgs):
    """An authorised capital."""

    jws_args: ClassVar[type[Schema] | None] = SignedAuthorisationArgs
    good_till = Instant(optional=True)


class ProposedAuthorisation(AuthorisationArgs):
    """Args of `instrument:authorise` as an act."""

    instrument = Code()


class IdentificationSchema(CommandSchema):
    """The ISIN that an agency has assigned, and the CFI that goes with it."""

    isin = Isin()
    cfi = Cfi(example="ESVUFR")


@blp.route("", methods=["GET"])
@blp.arguments(InstrumentQuery, location="query")
@blp.response(200, lists.list_of(InstrumentSchema))
def index(query: dict[str, Any]) -> Any:
    """What can be held and traded."""
    wanted = {"kind": query["kind"], "issuer": query["issuer"]}
    with reading() as session:
        return lists.answered(instruments.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<code:instrument>", methods=["GET"])
@blp.response(200, InstrumentSchema)
def show(instrument: str) -> Any:
    """One instrument."""
    with reading() as session:
        return instruments.show(session, principal(), instrument)


@command(blp, "", TermsSchema, act=ActSchema, instrument=InstrumentSchema)
def register(body: dict[str, Any]) -> Answer:
    """Propose an instrument (operator or custodian); the other one approves the act."""
    request = given(body, TermsSchema, "instrument:register", proposed=True)
    good_till = request.fields.pop("good_till", "")
    with writing() as session:
        submission = instruments.register(
            session, principal(), request.intent, terms=request.fields, good_till=good_till
        )
    id = made_by(submission)
    return answer(
        submission, f"/v1/acts/{id}", act=lambda s, _: acts.show(s, principal(), id), instrument=lambda *_: None
    )


@command(blp, "/<code:instrument>/issuances", IssueSchema, act=ActSchema, instrument=InstrumentSchema)
def issue(body: dict[str, Any], instrument: str) -> Answer:
    """Propose an issue (its issuer, or the custodian of the account); the other one approves the act."""
    request = given(body, IssueSchema, "instrument:issue", proposed=True, instrument=instrument)
    with writing() as session:
        submission = instruments.issue(session, principal(), request.intent, instrument=instrument, **request.fields)
    id = made_by(submission)
    return answer(
        submission,
        f"/v1/acts/{id}",
        act=lambda s, _: acts.show(s, principal(), id),
        instrument=lambda s, _: instruments.show(s, principal(), instrument),
    )


@command(blp, "/<code:instrument>/authorisations", AuthorisationSchema, act=ActSchema, instrument=InstrumentSchema)
def authorise(body: dict[str, Any], instrument: str) -> Answer:
    """Propose how much may ever be issued (its issuer, or a custodian); the other one approves the act."""
    request = given(body, AuthorisationSchema, "instrument:authorise", proposed=True, instrument=instrument)
    with writing() as session:
        submission = instruments.authorise(
            session, principal(), request.intent, instrument=instrument, **request.fields
        )
    id = made_by(submission)
    return answer(
        submission,
        f"/v1/acts/{id}",
        act=lambda s, _: acts.show(s, principal(), id),
        instrument=lambda s, _: instruments.show(s, principal(), instrument),
    )


@command(blp, "/<code:instrument>/identification", IdentificationSchema, instrument=InstrumentSchema)
def identify(body: dict[str, Any], instrument: str) -> Answer:
    """Write down the ISIN that was assigned (operator)."""
    request = given(body, IdentificationSchema, "instrument:identify", instrument=instrument)
    with writing() as session:
        submission = instruments.identify(session, principal(), request.intent, instrument=instrument, **request.fields)
    return answer(
        submission,
        f"/v1/instruments/{instrument}",
        instrument=lambda s, _: instruments.show(s, principal(), instrument),
    )


@command(blp, "/<code:instrument>/suspension", SuspensionSchema, instrument=InstrumentSchema)
def suspend(body: dict[str, Any], instrument: str) -> Answer:
    """Suspend an instrument, or lift its suspension (operator)."""
    request = given(body, SuspensionSchema, "instrument:suspend", instrument=instrument)
    with writing() as session:
        submission = instruments.suspend(session, principal(), request.intent, instrument=instrument, **request.fields)
    return answer(
        submission,
        f"/v1/instruments/{instrument}",
        instrument=lambda s, _: instruments.show(s, principal(), instrument),
    )


ARGS |= {
    "instrument:register": TermsArgs,
    "instrument:issue": ProposedIssue,
    "instrument:authorise": ProposedAuthorisation,
}
