"""The ledger itself."""

from typing import Any

from marshmallow import fields

from middleware.api.access import installation, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import Schema
from middleware.services import ledgers

blp = Blueprint("ledger", __name__, url_prefix="/v1/ledger", description="Which ledger this is, and how far")


class OrganisationSchema(Schema):
    """One of those who agree."""

    id = fields.String(required=True)
    msp_id = fields.String(required=True)


class LedgerSchema(Schema):
    """height: blocks of our own peer; position: the last block mirrored here; endorsements: so many must agree."""

    ledger = fields.String(required=True)
    name = fields.String(required=True)
    driver = fields.String(required=True)
    fabric_version = fields.String(required=True)
    sandbox = fields.Boolean(required=True)
    height = fields.Integer(required=True, allow_none=True)
    position = fields.Integer(required=True, allow_none=True)
    heights = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    organisations = fields.List(fields.Nested(OrganisationSchema), required=True)
    endorsements = fields.Integer(required=True)
    reachable = fields.Boolean(required=True)


@blp.route("", methods=["GET"])
@blp.response(200, LedgerSchema)
def show() -> Any:
    """Which ledger this is, how far each organisation is, and how far the mirror."""
    heights = installation().observer.heights()
    with reading() as session:
        return ledgers.status(session, heights)
