"""Holdings and their movements."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Code, Moment, Number, Reference, Schema
from middleware.services import holdings

blp = Blueprint("holdings", __name__, url_prefix="/v1", description="Who holds how much, and every change of it")


class HoldingSchema(Schema):
    """available + reserved = quantity. value_minor: at the last price, null while there is none."""

    instrument = fields.String(required=True)
    account = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    custodian = fields.String(required=True)
    kind = fields.String(required=True)
    quantity = Number(required=True)
    reserved = Number(required=True)
    available = Number(required=True)
    currency = fields.String(required=True)
    digits = Number(required=True)
    last_price_minor = Number(required=True, allow_none=True)
    value_minor = Number(required=True, allow_none=True)


class HoldingQuery(lists.PageQuery):
    """Which holdings. empty: also those of nothing."""

    instrument = Code(optional=True)
    account = Reference(optional=True)
    owner = Code(optional=True)
    kind = Choice("equity", "bond", "currency", optional=True)
    empty = Choice("yes", "no", required=False, load_default="no")


class MovementSchema(Schema):
    """One change of a holding by one command; quantity and reserved are what came out."""

    instrument = fields.String(required=True)
    account = fields.String(required=True)
    change = Number(required=True)
    reserved_change = Number(required=True)
    quantity = Number(required=True)
    reserved = Number(required=True)
    function = fields.String(required=True)
    party = fields.String(required=True)
    command = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class MovementQuery(lists.PageQuery):
    """Which movements."""

    instrument = Code(optional=True)
    account = Reference(optional=True)


@blp.route("/holdings", methods=["GET"])
@blp.arguments(HoldingQuery, location="query")
@blp.response(200, lists.list_of(HoldingSchema))
def index(query: dict[str, Any]) -> Any:
    """What you hold or, as custodian, keep."""
    wanted = {name: query[name] for name in ("instrument", "account", "owner", "kind")}
    with reading() as session:
        found = holdings.index(session, principal(), page=lists.page(query), empty=query["empty"] == "yes", **wanted)
        return lists.answered(found)


@blp.route("/movements", methods=["GET"])
@blp.arguments(MovementQuery, location="query")
@blp.response(200, lists.list_of(MovementSchema))
def movements(query: dict[str, Any]) -> Any:
    """The lines of a statement, newest first."""
    wanted = {"instrument": query["instrument"], "account": query["account"]}
    with reading() as session:
        return lists.answered(holdings.movements(session, principal(), page=lists.page(query), **wanted))
