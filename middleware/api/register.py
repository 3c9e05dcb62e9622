"""The issuer's live register."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import Moment, Number, Schema
from middleware.services import register

blp = Blueprint("register", __name__, url_prefix="/v1/instruments", description="Who holds an instrument")


class ClientPartSchema(Schema):
    """A client whom the custodian of an omnibus account has disclosed."""

    client = fields.String(required=True)
    quantity = Number(required=True)


class CustodianPartSchema(Schema):
    """What all accounts at one custodian hold together."""

    custodian = fields.String(required=True)
    name = fields.String(required=True)
    quantity = Number(required=True)
    accounts = fields.Integer(required=True)


class HolderSchema(Schema):
    """One holder's account. share_bps: hundredths of a per cent of what is issued, rounded down.

    Of an omnibus account, clients are those of its last disclosure, and undisclosed is what that leaves unexplained.
    """

    owner = fields.String(required=True)
    name = fields.String(required=True)
    account = fields.String(required=True)
    custodian = fields.String(required=True)
    kind = fields.String(required=True)
    quantity = Number(required=True)
    reserved = Number(required=True)
    share_bps = Number(required=True)
    disclosure = fields.String(required=True)
    disclosed_as_of = Moment(required=True, allow_none=True)
    clients = fields.List(fields.Nested(ClientPartSchema), required=True)
    undisclosed = Number(required=True)


class RegisterSchema(Schema):
    """Holders as of the last block, largest first; total: of all of them, on every page."""

    instrument = fields.String(required=True)
    as_of_block = fields.Integer(required=True, allow_none=True)
    as_of = Moment(required=True, allow_none=True)
    issued = Number(required=True)
    total = Number(required=True)
    holders = fields.List(fields.Nested(HolderSchema), required=True)
    custodians = fields.List(fields.Nested(CustodianPartSchema), required=True)
    has_more = fields.Boolean(required=True)
    next = fields.String(required=True, allow_none=True)


@blp.route("/<code:instrument>/register", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, RegisterSchema)
def show(query: dict[str, Any], instrument: str) -> Any:
    """Who holds it (its issuer, custodian, operator, regulator)."""
    with reading() as session:
        found = register.show(session, principal(), instrument, page=lists.page(query))
    return {**found, "next": found["next"] or None}, 200, lists.link(found["next"])
