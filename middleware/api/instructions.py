"""Instructions of safekeeping accounts."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, Empty, answer, command, given, or_none
from middleware.api.fields import Choice, Code, Hash, Instant, Moment, Natural, Number, Positive, Reference, Schema
from middleware.services import instructing, instructions

blp = Blueprint(
    "instructions", __name__, url_prefix="/v1/instructions", description="What accounts deliver and receive"
)


class InstructionSchema(Schema):
    """One account's delivery or receipt.

    message: what ISO 20022 would tell it by. movement: DELI or RECE; payment: APMT or FREE. status alleged: another has
    signed, this side has not; no account is named yet. reason of a pending one: BLOT, what it needs is reserved for an
    order, and quantity and amount_minor are the most that it may still come to; CMIS, the other side has not signed.
    """

    message = fields.String(required=True, metadata={"enum": list(instructions.MESSAGES)})
    movement = fields.String(required=True, metadata={"enum": [instructions.DELIVER, instructions.RECEIVE]})
    payment = fields.String(required=True, metadata={"enum": [instructions.AGAINST_PAYMENT, instructions.FREE]})
    status = fields.String(required=True, metadata={"enum": list(instructions.STATUSES)})
    reason = fields.String(required=True, metadata={"enum": ["", instructions.BLOCKED, instructions.UNMATCHED]})
    account = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    instrument = fields.String(required=True)
    quantity = Number(required=True)
    currency = fields.String(required=True)
    amount_minor = Number(required=True)
    fee_minor = Number(required=True, allow_none=True)
    venue = fields.String(required=True)
    order = fields.String(required=True)
    trade = fields.String(required=True)
    trade_status = fields.String(required=True, metadata={"enum": ["", "settled", "reversed", "corrected"]})
    terms = fields.String(required=True)
    counterparty = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)


class AgreementSchema(Schema):
    """What one side has signed under a hash of terms, and what the other's signature made of it."""

    terms = fields.String(required=True)
    owner = fields.String(required=True)
    counterparty = fields.String(required=True)
    side = fields.String(required=True, metadata={"enum": list(instructing.SIDES)})
    account = fields.String(required=True)
    cash_account = fields.String(required=True)
    counter_account = fields.String(required=True)
    counter_cash_account = fields.String(required=True)
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    quantity = Number(required=True)
    amount_minor = Number(required=True)
    reserved = Number(required=True)
    good_till = Moment(required=True)
    status = fields.String(required=True, metadata={"enum": list(instructing.STATUSES)})
    settlement = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    counter_kid = fields.String(required=True)
    counter_held = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    closed_at = Moment(required=True, allow_none=True)
    closed_block = fields.Integer(required=True, allow_none=True)


class NewInstructionSchema(CommandSchema):
    """One side of what two parties have agreed: terms is the salted hash of it that both know."""

    side = Choice(*instructing.SIDES)
    account = Reference()
    cash_account = Reference()
    counterparty = Code()
    instrument = Code()
    quantity = Positive()
    amount_minor = Natural()
    terms = Hash()
    good_till = Instant()


class InstructionQuery(lists.PageQuery):
    """Which instructions."""

    status = Choice(*instructions.STATUSES, optional=True)
    account = Reference(optional=True)
    instrument = Code(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(InstructionQuery, location="query")
@blp.response(200, lists.list_of(InstructionSchema))
def index(query: dict[str, Any]) -> Any:
    """Instructions of accounts that you own or, as custodian, keep; newest first."""
    wanted = {name: query[name] for name in ("status", "account", "instrument")}
    with reading() as session:
        return lists.answered(instructions.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<hash:terms>", methods=["GET"])
@blp.response(200, AgreementSchema)
def show(terms: str) -> Any:
    """One instruction that two parties sign, by the hash of its terms."""
    with reading() as session:
        return instructing.show(session, principal(), terms)


@command(blp, "", NewInstructionSchema, instruction=AgreementSchema)
def enter(body: dict[str, Any]) -> Answer:
    """Sign your side of an agreement. The first side reserves and waits; with the second both settle in one step."""
    request = given(body, NewInstructionSchema, instructing.ENTER)
    with writing() as session:
        submission = instructing.enter(session, principal(), request.intent, **request.fields)
    return _answer(submission, request.fields["terms"])


@command(blp, "/<hash:terms>/cancellation", Empty, instruction=AgreementSchema)
def cancel(body: dict[str, Any], terms: str) -> Answer:
    """Take back your side, as long as the other has not signed."""
    request = given(body, Empty, instructing.CANCEL, terms=terms)
    with writing() as session:
        submission = instructing.cancel(session, principal(), request.intent, terms=terms)
    return _answer(submission, terms)


@command(blp, "/<hash:terms>/expiry", Empty, instruction=AgreementSchema)
def expire(body: dict[str, Any], terms: str) -> Answer:
    """Release what an instruction reserves that can never settle any more."""
    request = given(body, Empty, instructing.EXPIRE, terms=terms)
    with writing() as session:
        submission = instructing.expire(session, principal(), request.intent, terms=terms)
    return _answer(submission, terms)


def _answer(submission: Any, terms: str) -> Answer:
    def look(session: Any, _: Any) -> Any:
        return or_none(lambda: instructing.show(session, principal(), terms))

    return answer(submission, f"/v1/instructions/{terms}", instruction=look)
