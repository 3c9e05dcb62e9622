"""Negotiations: requests for a quote, offers and counter-offers. Nobody but the parties concerned sees any of it."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import (
    KEYED,
    Answer,
    CommandSchema,
    SignedSchema,
    answer,
    command,
    command_id,
    given,
)
from middleware.api.fields import (
    Choice,
    Code,
    Hash,
    Instant,
    Moment,
    Natural,
    Number,
    Positive,
    Reference,
    Remark,
    Schema,
    Words,
)
from middleware.services import negotiations, offers
from middleware.services.instructing import ENTER, SIDES
from middleware.services.negotiations import Request
from middleware.services.offers import Acceptance

blp = Blueprint(
    "negotiations", __name__, url_prefix="/v1/negotiations", description="What parties offer each other, off the ledger"
)
TRADED = ("buy", "sell")


class SettledSchema(Schema):
    """What the ledger says of an accepted offer."""

    terms = fields.String(required=True)
    status = fields.String(required=True)
    settlement = fields.String(required=True)
    good_till = Moment(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    closed_at = Moment(required=True, allow_none=True)
    closed_block = fields.Integer(required=True, allow_none=True)


class OfferSchema(Schema):
    """One signed proposal. side is its maker's. takes, reserves: what accepting would sign and reserve.

    signed is what the maker signed, the salt in it; terms is its hash, which is all that the ledger ever sees. to_sign:
    the args of `instruction:enter` that a maker who keeps his own key has to sign now that his offer is accepted.
    """

    id = fields.String(required=True)
    party = fields.String(required=True)
    maker = fields.String(required=True)
    taker = fields.String(required=True)
    side = fields.String(required=True, metadata={"enum": list(TRADED)})
    quantity = Number(required=True)
    price_minor = Number(required=True)
    amount_minor = Number(required=True)
    note = fields.String(required=True)
    good_till = Moment(required=True)
    status = fields.String(required=True, metadata={"enum": list(negotiations.OFFER_STATUSES)})
    reason = fields.String(required=True)
    terms = fields.String(required=True)
    signed = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    jws = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    made_at = Moment(required=True)
    decided_at = Moment(required=True, allow_none=True)
    settle_by = Moment(required=True, allow_none=True)
    takes = fields.String(required=True, metadata={"enum": list(SIDES)})
    reserves = Number(required=True)
    reserved_instrument = fields.String(required=True)
    mine = fields.Boolean(required=True)
    acceptable = fields.Boolean(required=True)
    withdrawable = fields.Boolean(required=True)
    to_sign = fields.Dict(keys=fields.String(), values=fields.String(), required=True, allow_none=True)
    instruction = fields.Nested(SettledSchema, required=True, allow_none=True)


class TalkSchema(Schema):
    """What the opener and one party that he asked say to each other."""

    party = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["asked", "refused"]})
    reason = fields.String(required=True)
    answered_at = Moment(required=True, allow_none=True)
    may_offer = fields.Boolean(required=True)
    offers = fields.List(fields.Nested(OfferSchema), required=True)


class NegotiationSchema(Schema):
    """A request and what came of it: every talk for its opener, one's own for whoever was asked."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    opener = fields.String(required=True)
    is_opener = fields.Boolean(required=True)
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    currency_digits = fields.Integer(required=True)
    side = fields.String(required=True, metadata={"enum": list(TRADED)})
    your_side = fields.String(required=True, metadata={"enum": list(TRADED)})
    quantity = Number(required=True)
    note = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(negotiations.STATUSES)})
    opened_at = Moment(required=True)
    expires_at = Moment(required=True)
    closed_at = Moment(required=True, allow_none=True)
    withdrawable = fields.Boolean(required=True)
    refusable = fields.Boolean(required=True)
    talks = fields.List(fields.Nested(TalkSchema), required=True)


class NewNegotiationSchema(Schema):
    """What you want to do, and whom you ask."""

    instrument = Code()
    side = Choice(*TRADED)
    quantity = Positive()
    parties = Words(Code(), most=negotiations.MOST_ASKED)
    expires_at = Instant()
    note = Remark(optional=True)


class SignedOfferSchema(Schema):
    """The args of `offer:make`, as whoever keeps his own key signs them. salt: 32 random bytes of yours."""

    negotiation = fields.String()
    counterparty = Code()
    instrument = Code()
    currency = Code()
    side = Choice(*TRADED)
    quantity = Positive()
    price_minor = Positive()
    account = Reference()
    cash_account = Reference()
    good_till = Instant()
    note = Remark(optional=True)
    salt = Hash()


class NewOfferSchema(CommandSchema):
    """An offer. party: which of those you asked, where there are several. price_minor is for each unit."""

    jws_args = SignedOfferSchema

    party = Code(optional=True)
    quantity = Positive()
    price_minor = Positive()
    account = Reference()
    cash_account = Reference(optional=True)
    good_till = Instant()
    note = Remark(optional=True)


class SignedAcceptanceSchema(Schema):
    """The args of the `instruction:enter` by which you accept, as whoever keeps his own key signs them."""

    side = Choice(*SIDES)
    account = Reference()
    cash_account = Reference()
    counterparty = Code()
    instrument = Code()
    quantity = Positive()
    amount_minor = Natural()
    terms = Hash()
    good_till = Instant()


class OfferAcceptanceSchema(CommandSchema):
    """The accounts that receive and pay, or deliver and are paid."""

    jws_args = SignedAcceptanceSchema

    account = Reference()
    cash_account = Reference(optional=True)


class TalkRefusalSchema(Schema):
    """Why not. Only the other side reads it."""

    reason = Remark()


class NegotiationQuery(lists.PageQuery):
    """Which negotiations."""

    status = Choice(*negotiations.STATUSES, optional=True)
    instrument = Code(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(NegotiationQuery, location="query")
@blp.response(200, lists.list_of(NegotiationSchema))
def index(query: dict[str, Any]) -> Any:
    """Negotiations that you opened or were asked in, newest first."""
    wanted = {name: query[name] for name in ("status", "instrument")}
    with reading() as session:
        return lists.answered(negotiations.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<mint:id>", methods=["GET"])
@blp.response(200, NegotiationSchema)
def show(id: str) -> Any:
    """One negotiation."""
    with reading() as session:
        return negotiations.show(session, principal(), id)


@blp.route("", methods=["POST"])
@blp.doc(parameters=KEYED)
@blp.arguments(NewNegotiationSchema)
@blp.response(201, NegotiationSchema)
def open(body: dict[str, Any]) -> Any:
    """Ask one or several parties for a quote. Each of them talks with you alone."""
    request = Request(command_id(), **{**body, "quantity": int(body["quantity"])})
    with writing() as session:
        return negotiations.open(session, principal(), request)


@blp.route("/<mint:id>/withdrawal", methods=["POST"])
@blp.response(200, NegotiationSchema)
def withdraw(id: str) -> Any:
    """Take your request back."""
    with writing() as session:
        return negotiations.withdraw(session, principal(), id)


@blp.route("/<mint:id>/refusal", methods=["POST"])
@blp.arguments(TalkRefusalSchema)
@blp.response(200, NegotiationSchema)
def refuse(body: dict[str, Any], id: str) -> Any:
    """Say no to a request, for good."""
    with writing() as session:
        return negotiations.refuse(session, principal(), id, reason=body["reason"])


@blp.route("/<mint:id>/offers", methods=["POST"])
@blp.doc(parameters=KEYED, **{"x-command": SignedSchema.__name__, "x-empty": False})
@blp.arguments(NewOfferSchema)
@blp.response(201, NegotiationSchema)
def offer(body: dict[str, Any], id: str) -> Any:
    """Make an offer, or counter the one that is open. It is signed, kept by both of you, and reserves nothing."""
    request = given(body, NewOfferSchema, offers.MAKE, negotiation=id)
    party = request.fields.pop("counterparty", "") or request.fields.pop("party", "")
    with writing() as session:
        return offers.make(session, principal(), request.intent, id, party=party, fields=request.fields)


@blp.route("/<mint:id>/offers/<mint:offer_id>/refusal", methods=["POST"])
@blp.arguments(TalkRefusalSchema)
@blp.response(200, NegotiationSchema)
def refuse_offer(body: dict[str, Any], id: str, offer_id: str) -> Any:
    """Say no to one offer; the talk goes on."""
    with writing() as session:
        return offers.refuse(session, principal(), id, offer_id, reason=body["reason"])


@blp.route("/<mint:id>/offers/<mint:offer_id>/withdrawal", methods=["POST"])
@blp.response(200, NegotiationSchema)
def withdraw_offer(id: str, offer_id: str) -> Any:
    """Take an offer of yours back."""
    with writing() as session:
        return offers.withdraw(session, principal(), id, offer_id)


@command(blp, "/<mint:id>/offers/<mint:offer_id>/acceptance", OfferAcceptanceSchema, negotiation=NegotiationSchema)
def accept_offer(body: dict[str, Any], id: str, offer_id: str) -> Answer:
    """Accept: your instruction goes to the ledger, the maker's follows, and both legs settle in one step."""
    request = given(body, OfferAcceptanceSchema, ENTER)
    signed = request.fields if request.intent.jws else None
    accounts = {name: request.fields[name] for name in ("account", "cash_account")}
    with writing() as session:
        wanted = Acceptance(**accounts, signed=signed)
        submission = offers.accept(session, principal(), request.intent, id, offer_id, wanted)

    def look(session: Any, _: Any) -> Any:
        return negotiations.show(session, principal(), id)

    return answer(submission, f"/v1/negotiations/{id}", negotiation=look)
