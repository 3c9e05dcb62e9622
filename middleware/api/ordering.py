"""What an order says, alone or among many."""

from typing import Any

from flask import g
from marshmallow import ValidationError, fields

from middleware.api import problems
from middleware.api.access import principal
from middleware.api.commands import CommandSchema, load_signed, made_by, signed_args
from middleware.api.fields import Choice, Code, CommandId, GoodTill, Jws, Natural, Positive, Reference, Schema, shown
from middleware.errors import Error
from middleware.services.ordering import Wanted
from middleware.services.submissions import Intent

MOST_IN_BULK = 500


class OrderFields(Schema):
    """What an order says. good_till: "day" or an instant; left out, they are the venue's only choice, day, and the most
    that the instrument's fee can come to."""

    account = Reference()
    cash_account = Reference()
    instrument = Code(example="ACME")
    side = Choice("buy", "sell")
    quantity = Positive(example="40")
    limit_minor = Positive(example="2500")
    venue = Code(optional=True, example="BOLSA")
    broker = Code(optional=True)
    good_till = GoodTill(optional=True)
    max_fee_minor = Natural(optional=True)


class NewOrderSchema(CommandSchema, OrderFields):
    """A limit order."""


class BulkSchema(Schema):
    """Many orders at once, each an order with an id, or an id and a jws."""

    orders = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        metadata={"minItems": 1, "maxItems": MOST_IN_BULK, "items": {"type": "object"}},
        error_messages={"required": "is missing", "invalid": "is not a list", "null": "is not a list"},
    )


class BulkItemSchema(Schema):
    """One outcome: a submission's status, or refused with a problem."""

    id = fields.String(required=True)
    order = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["waiting", "sent", "done", "refused"]})
    problem = fields.Dict(required=True, allow_none=True)


class BulkAnswerSchema(Schema):
    """An outcome for each order, in the order of the request."""

    items = fields.List(fields.Nested(BulkItemSchema), required=True)


_FIELDS = OrderFields()
_ID, _JWS = CommandId(), Jws()


def items(listed: list[Any]) -> list[Wanted | Error]:
    """The orders of a bulk request: each read, or what is wrong with it."""
    if not 1 <= len(listed) <= MOST_IN_BULK:
        message = f"has {len(listed)} orders; it takes 1 to {MOST_IN_BULK}"
        raise problems.of_fields({"orders": [message]})
    return [_item(item) for item in listed]


def _item(item: Any) -> Wanted | Error:
    """One order of a bulk request, checked like one that comes alone."""
    if not isinstance(item, dict):
        return problems.of_fields({"_schema": [f"{shown(item)} is not an object"]})
    rest = dict(item)
    try:
        id = _ID.deserialize(rest.pop("id", None) or "", "id")
    except ValidationError as error:
        return problems.of_fields({"id": error.messages})
    try:
        if "jws" in rest:
            return _signed_item(id, rest)
        return Wanted(principal().party, Intent(id), _FIELDS.load(rest))
    except ValidationError as error:
        return problems.of_fields(problems.messages_of(error))
    except Error as error:
        return error


def _signed_item(id: str, rest: dict[str, Any]) -> Wanted:
    jws = _JWS.deserialize(rest.pop("jws"), "jws")
    if rest:
        raise ValidationError({name: ["is not a field here"] for name in rest})
    fields = load_signed(signed_args(jws, "order:place"), NewOrderSchema)
    return Wanted(principal().party, Intent(id, jws), fields)


def outcome(item: Any, became: Any) -> dict[str, Any]:
    """What is answered for one order of a bulk request."""
    if isinstance(became, Error):
        id = item.get("id") if isinstance(item, dict) else ""
        problem = {**problems.body_of(became), "request_id": g.request_id}
        return {"id": id if isinstance(id, str) else "", "order": "", "status": "refused", "problem": problem}
    return {"id": became.id, "order": made_by(became), "status": became.status, "problem": None}
