"""Entries: orders that brokers enter, and their affirmation."""

from typing import Any

from flask import g
from marshmallow import ValidationError, fields

from middleware.api import lists, problems
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import KEYED, SubmissionSchema, answer, command_id, made_by
from middleware.api.fields import (
    Choice,
    ClientId,
    Code,
    CommandId,
    GoodTill,
    Jws,
    Moment,
    Natural,
    Number,
    Positive,
    Reference,
    Remark,
    Schema,
    shown,
)
from middleware.errors import Error
from middleware.services import affirmations, entries, inbox
from middleware.services.affirmations import Affirmation
from middleware.services.entries import Allocation, Ticket

blp = Blueprint("entries", __name__, url_prefix="/v1/entries", description="What brokers enter, and its affirmation")
STATUSES = inbox.STATUSES


class EntrySchema(Schema):
    """An order as a broker entered it. available and sufficient are for those who may affirm it.

    group names the broker's order: its allocations share it. order is what it became.
    """

    id = fields.String(required=True)
    group = fields.String(required=True)
    client_id = fields.String(required=True)
    session = fields.String(required=True)
    broker = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    account = fields.String(required=True)
    cash_account = fields.String(required=True)
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    side = fields.String(required=True, metadata={"enum": ["buy", "sell"]})
    quantity = Number(required=True)
    limit_minor = Number(required=True)
    max_fee_minor = Number(required=True)
    good_till = fields.String(required=True)
    venue = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    reason = fields.String(required=True)
    order = fields.String(required=True)
    order_status = fields.String(required=True)
    reserves = Number(required=True)
    reserved_instrument = fields.String(required=True)
    available = Number(required=True, allow_none=True)
    sufficient = fields.Boolean(required=True, allow_none=True)
    affirm_by = Moment(required=True)
    entered_at = Moment(required=True)
    decided_at = Moment(required=True, allow_none=True)
    decided_by = fields.String(required=True)
    hash = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True)
    affirmable = fields.Boolean(required=True)
    withdrawable = fields.Boolean(required=True)


class AllocationSchema(Schema):
    """One account's part of a block order."""

    account = Reference()
    cash_account = Reference(optional=True)
    quantity = Positive(example="40")


class NewEntrySchema(Schema):
    """An order for one account or, with allocations, for several. Left out: the only venue, day, the most fee."""

    client_id = ClientId(optional=True, example="A-2041")
    account = Reference(optional=True)
    cash_account = Reference(optional=True)
    quantity = Positive(optional=True)
    allocations = fields.List(
        fields.Nested(AllocationSchema),
        metadata={"minItems": 1, "maxItems": entries.MOST_ALLOCATIONS},
        error_messages={"invalid": "is not a list", "null": "is null; it must be a list"},
    )
    instrument = Code(example="NORTE")
    side = Choice("buy", "sell")
    limit_minor = Positive(example="1800")
    venue = Code(optional=True, example="MERCADO")
    good_till = GoodTill(optional=True)
    max_fee_minor = Natural(optional=True)


class EntriesSchema(Schema):
    """The entries of one order: one, or an allocation each."""

    items = fields.List(fields.Nested(EntrySchema), required=True)


class DeclineSchema(Schema):
    """Why not."""

    reason = Remark()


class AffirmationSchema(Schema):
    """Nothing, or `order:place` under the entry's id, signed by whoever keeps his own key."""

    jws = Jws(optional=True)


class ManySchema(Schema):
    """Many entries at once, each an id or {id, jws}."""

    entries = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        metadata={"minItems": 1, "maxItems": affirmations.MOST_AT_ONCE, "items": {"type": "string"}},
        error_messages={"required": "is missing", "invalid": "is not a list", "null": "is not a list"},
    )


class OutcomeSchema(Schema):
    """What became of one affirmation: the order it made, or why not."""

    id = fields.String(required=True)
    order = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["waiting", "sent", "done", "refused"]})
    problem = fields.Dict(required=True, allow_none=True)


class OutcomesSchema(Schema):
    """An outcome for each, in the order of the request."""

    items = fields.List(fields.Nested(OutcomeSchema), required=True)


class AffirmedSchema(Schema):
    """The order's command on its way, and the entry."""

    submission = fields.Nested(SubmissionSchema, required=True)
    entry = fields.Nested(EntrySchema, required=True)


class EntryQuery(lists.PageQuery):
    """Which entries."""

    status = Choice(*STATUSES, optional=True)
    broker = Code(optional=True)
    owner = Code(optional=True)
    instrument = Code(optional=True)
    client_id = ClientId(optional=True)
    group = CommandId(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(EntryQuery, location="query")
@blp.response(200, lists.list_of(EntrySchema))
def index(query: dict[str, Any]) -> Any:
    """Entries: those you entered, or may affirm, or whose accounts you keep; newest first."""
    wanted = {name: query[name] for name in ("broker", "owner", "instrument", "client_id", "group")}
    statuses = [query["status"]] if query["status"] else []
    with reading() as session:
        found = inbox.index(session, principal(), page=lists.page(query), statuses=statuses, **wanted)
        return lists.answered(found)


@blp.route("/<mint:id>", methods=["GET"])
@blp.response(200, EntrySchema)
def show(id: str) -> Any:
    """One entry."""
    with reading() as session:
        return inbox.show(session, principal(), id)


@blp.route("", methods=["POST"])
@blp.doc(parameters=KEYED)
@blp.arguments(NewEntrySchema)
@blp.response(201, EntriesSchema)
def enter(body: dict[str, Any]) -> Any:
    """Enter an order for investors (broker). They are asked to affirm it, unless their mandate lets you sign."""
    ticket = _ticket(body)
    with writing() as session:
        entered = entries.enter(session, principal(), ticket)
        return {"items": inbox.views(session, principal(), entered)}


@blp.route("/<mint:id>/affirmation", methods=["POST"])
@blp.arguments(AffirmationSchema)
@blp.response(202, AffirmedSchema, description="Stored; on its way.")
@blp.alt_response(201, schema=AffirmedSchema, description="The ledger has answered: it is an order.")
def affirm(body: dict[str, Any], id: str) -> Any:
    """Sign an order that a broker entered for you, or for whom you may sign."""
    with writing() as session:
        (submission,) = affirmations.affirm(session, principal(), [Affirmation(id, body["jws"])])
    if isinstance(submission, Error):
        raise submission
    where = f"/v1/orders/{made_by(submission)}"
    return answer(submission, where, entry=lambda session, _: inbox.show(session, principal(), id))


@blp.route("/affirmations", methods=["POST"])
@blp.arguments(ManySchema)
@blp.response(202, OutcomesSchema)
def affirm_many(body: dict[str, Any]) -> Any:
    """Sign up to 200 entries in one step: an outcome for each."""
    listed = body["entries"]
    if not 1 <= len(listed) <= affirmations.MOST_AT_ONCE:
        message = f"has {len(listed)} entries; it takes 1 to {affirmations.MOST_AT_ONCE}"
        raise problems.of_fields({"entries": [message]})
    read = [_affirmation(one) for one in listed]
    good = [one for one in read if not isinstance(one, Error)]
    with writing() as session:
        answers = iter(affirmations.affirm(session, principal(), good))
    outcomes = [one if isinstance(one, Error) else next(answers) for one in read]
    return {"items": [_outcome(*one) for one in zip(listed, outcomes, strict=True)]}


@blp.route("/<mint:id>/refusal", methods=["POST"])
@blp.arguments(DeclineSchema)
@blp.response(200, EntrySchema)
def decline(body: dict[str, Any], id: str) -> Any:
    """Decline an order that a broker entered for you; he is told why."""
    with writing() as session:
        entry = affirmations.decline(session, principal(), id, reason=body["reason"])
        return inbox.views(session, principal(), [entry])[0]


@blp.route("/<mint:id>/withdrawal", methods=["POST"])
@blp.response(200, EntriesSchema)
def withdraw(id: str) -> Any:
    """Take back what you entered, all allocations of it, as long as nobody has affirmed (broker)."""
    with writing() as session:
        ended = affirmations.withdraw(session, principal(), id)
        return {"items": inbox.views(session, principal(), ended)}


def _ticket(body: dict[str, Any]) -> Ticket:
    """One account and quantity, or allocations: never both."""
    single = {name: body[name] for name in ("account", "cash_account", "quantity")}
    if "allocations" in body:
        both = [name for name, value in single.items() if value]
        if both:
            raise problems.of_fields({both[0]: ["stands in the allocations"]})
        if not body["allocations"]:
            raise problems.of_fields({"allocations": ["is empty"]})
        allocations = [Allocation(**one) for one in body["allocations"]]
    else:
        try:
            loaded = AllocationSchema().load({name: value for name, value in single.items() if value})
        except ValidationError as error:
            raise problems.of_fields(problems.messages_of(error)) from None
        allocations = [Allocation(**loaded)]
    names = ("instrument", "side", "limit_minor", "venue", "good_till", "max_fee_minor")
    return Ticket(command_id(), body["client_id"], {name: body[name] for name in names}, allocations)


def _affirmation(item: Any) -> Affirmation | Error:
    fields_ = {"id": item} if isinstance(item, str) else item
    if not isinstance(fields_, dict) or not fields_.keys() <= {"id", "jws"}:
        return problems.of_fields({"entries": [f"{shown(item)} is neither an id nor an object with id and jws"]})
    try:
        id = CommandId().deserialize(fields_.get("id") or "", "id")
        jws = Jws().deserialize(fields_["jws"], "jws") if "jws" in fields_ else ""
    except ValidationError as error:
        return problems.of_fields({"entries": [str(message) for message in error.messages]})
    return Affirmation(id, jws or "")


def _outcome(item: Any, became: Any) -> dict[str, Any]:
    named = item if isinstance(item, str) else item.get("id", "") if isinstance(item, dict) else ""
    id = named if isinstance(named, str) else ""
    if isinstance(became, Error):
        problem = {**problems.body_of(became), "request_id": g.request_id}
        return {"id": id, "order": "", "status": "refused", "problem": problem}
    return {"id": id, "order": made_by(became), "status": became.status, "problem": None}
