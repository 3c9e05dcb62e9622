"""Terms of instruments."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.acts import ARGS, ActSchema
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, answer, command, given, made_by
from middleware.api.fields import (
    Choice,
    Code,
    Day,
    Hash,
    Instant,
    Jurisdiction,
    Moment,
    Natural,
    Number,
    Positive,
    Schema,
    Words,
)
from middleware.api.instruments import CLASSES, InstrumentSchema
from middleware.services import acts, instruments, terms
from middleware.services.qualifications import INVESTOR_TYPES

blp = Blueprint("terms", __name__, url_prefix="/v1/instruments", description="What instruments promise")
FREQUENCIES = ("0", "1", "2", "4")
MOST_JURISDICTIONS = 100


class VersionSchema(Schema):
    """One version of the terms. face_minor, in the instrument's currency: of one unit; rate_bps: a year."""

    instrument = fields.String(required=True)
    version = Number(required=True)
    class_ = fields.String(required=True, data_key="class", attribute="class", metadata={"enum": list(CLASSES)})
    votes = Number(required=True)
    face_minor = Number(required=True)
    rate_bps = Number(required=True)
    frequency = Number(required=True)
    day_count = fields.String(required=True)
    matures_on = fields.String(required=True)
    investor_types = fields.List(fields.String(), required=True)
    jurisdictions = fields.List(fields.String(), required=True)
    document = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class DefinitionArgs(Schema):
    """What the next version says. A share has votes, a bond a face value and a maturity; empty lists: open to all."""

    version = Positive(example="1")
    class_ = Choice(*CLASSES, data_key="class", attribute="class")
    votes = Natural()
    face_minor = Natural()
    rate_bps = Natural()
    frequency = Choice(*FREQUENCIES)
    day_count = Choice(*terms.DAY_COUNTS, optional=True)
    matures_on = Day(optional=True)
    investor_types = Words(Choice(*INVESTOR_TYPES), least=0, most=len(INVESTOR_TYPES))
    jurisdictions = Words(Jurisdiction(), least=0, most=MOST_JURISDICTIONS)
    document = Hash(optional=True)


class SignedDefinitionArgs(DefinitionArgs):
    """The same, out of a proposal."""

    good_till = Instant(optional=True)


class DefinitionSchema(CommandSchema, DefinitionArgs):
    """The next version; what is left out is 0, or nothing."""

    jws_args: ClassVar[type[Schema] | None] = SignedDefinitionArgs
    votes = Natural(required=False, load_default="0")
    face_minor = Natural(required=False, load_default="0")
    rate_bps = Natural(required=False, load_default="0")
    frequency = Choice(*FREQUENCIES, required=False, load_default="0")
    investor_types = Words(
        Choice(*INVESTOR_TYPES), least=0, most=len(INVESTOR_TYPES), required=False, load_default=list
    )
    jurisdictions = Words(Jurisdiction(), least=0, most=MOST_JURISDICTIONS, required=False, load_default=list)
    good_till = Instant(optional=True)


class ProposedDefinition(DefinitionArgs):
    """Args of `instrument:define` as an act."""

    instrument = Code()


@blp.route("/<code:instrument>/terms", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(VersionSchema))
def index(query: dict[str, Any], instrument: str) -> Any:
    """The versions of an instrument's terms; the one that holds is the first."""
    with reading() as session:
        return lists.answered(terms.index(session, principal(), instrument, page=lists.page(query)))


@command(blp, "/<code:instrument>/terms", DefinitionSchema, act=ActSchema, instrument=InstrumentSchema)
def define(body: dict[str, Any], instrument: str) -> Answer:
    """Propose the next version of the terms (its issuer, or a custodian); the other one approves the act."""
    request = given(body, DefinitionSchema, terms.DEFINE, proposed=True, instrument=instrument)
    good_till = request.fields.pop("good_till", "")
    with writing() as session:
        submission = terms.define(
            session, principal(), request.intent, instrument=instrument, terms=request.fields, good_till=good_till
        )
    id = made_by(submission)
    return answer(
        submission,
        f"/v1/acts/{id}",
        act=lambda s, _: acts.show(s, principal(), id),
        instrument=lambda s, _: instruments.show(s, principal(), instrument),
    )


ARGS |= {terms.DEFINE: ProposedDefinition}
