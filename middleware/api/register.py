"""The issuer's register, live and as it was."""

from typing import Any

from flask import Response
from marshmallow import fields

from middleware.api import lists
from middleware.api.access import installation, principal, reading
from middleware.api.accounts import KINDS
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Code, Instant, Moment, Natural, Number, Remark, Schema
from middleware.api.files import attached, streamed
from middleware.auth import Principal
from middleware.errors import Error
from middleware.services import cuts, exports, register, register_papers
from middleware.services.lines import Narrowed
from middleware.wording import LANGUAGES

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
    """Holders as of a block, largest first. past: other blocks have come since.

    total and accounts: of all of them, on every page; matching: of those that the query asks for.
    """

    instrument = fields.String(required=True)
    as_of_block = fields.Integer(required=True, allow_none=True)
    as_of_hash = fields.String(required=True)
    as_of = Moment(required=True, allow_none=True)
    past = fields.Boolean(required=True)
    issued = Number(required=True)
    total = Number(required=True)
    accounts = fields.Integer(required=True)
    matching = Number(required=True)
    matching_accounts = fields.Integer(required=True)
    holders = fields.List(fields.Nested(HolderSchema), required=True)
    custodians = fields.List(fields.Nested(CustodianPartSchema), required=True)
    has_more = fields.Boolean(required=True)
    next = fields.String(required=True, allow_none=True)


class NarrowedQuery(Schema):
    """Which holders, and as of when: now, or a block, or the last block that was made by an instant."""

    block = Natural(optional=True, required=False)
    as_of = Instant(optional=True, required=False)
    custodian = Code(optional=True, required=False)
    investor = Remark(optional=True, required=False, longest=80)
    kind = Choice(*KINDS, optional=True, required=False)


class RegisterQuery(lists.PageQuery, NarrowedQuery):
    """Which page of them."""


def narrowed(query: dict[str, Any]) -> Narrowed:
    """Which holders a query asks for."""
    return Narrowed(custodian=query["custodian"], kind=query["kind"], investor=query["investor"])


@blp.route("/<code:instrument>/register", methods=["GET"])
@blp.arguments(RegisterQuery, location="query")
@blp.response(200, RegisterSchema)
def show(query: dict[str, Any], instrument: str) -> Any:
    """Who holds it (its issuer, custodian, operator, regulator), now or as of a block or an instant."""
    when = {"block": query["block"], "as_of": query["as_of"]}
    page, wanted = lists.page(query), narrowed(query)
    with reading() as session:
        found = register.show(session, principal(), instrument, page=page, wanted=wanted, **when)
    return {**found, "next": found["next"] or None}, 200, lists.link(found["next"])


class PaperQuery(NarrowedQuery):
    """language: of the file; yours unless said."""

    language = Choice(*LANGUAGES, optional=True, required=False)


_FILE = {"type": "string", "format": "binary"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blp.route("/<code:instrument>/register.csv", methods=["GET"])
@blp.arguments(NarrowedQuery, location="query")
@blp.response(200, _FILE, content_type="text/csv")
def csv(query: dict[str, Any], instrument: str) -> Response:
    """Every holder for a spreadsheet: UTF-8, plain decimals, nothing in it that could run."""
    who = principal()

    def begin(session: Any) -> tuple[Any, str]:
        cut = _cut(session, who, instrument, query)
        return exports.csv(session, cut, narrowed(query)), exports.name(cut, "csv")

    return streamed(begin, "text/csv")


@blp.route("/<code:instrument>/register.xlsx", methods=["GET"])
@blp.arguments(PaperQuery, location="query")
@blp.response(200, _FILE, content_type=_XLSX)
def xlsx(query: dict[str, Any], instrument: str) -> Response:
    """Every holder as a workbook, with what they add up to."""
    return _made(query, instrument, "xlsx", _XLSX, exports.xlsx)


@blp.route("/<code:instrument>/register.pdf", methods=["GET"])
@blp.arguments(PaperQuery, location="query")
@blp.response(200, _FILE, content_type="application/pdf")
def pdf(query: dict[str, Any], instrument: str) -> Response:
    """Every holder on paper, with the block it is as of and its hash."""
    return _made(query, instrument, "pdf", "application/pdf", register_papers.pdf)


def _made(query: dict[str, Any], instrument: str, ending: str, kind: str, make: Any) -> Response:
    """A file that is made as a whole, and takes memory meanwhile: a few at once."""
    makers = installation().makers
    if not makers.acquire(blocking=False):
        message = "Other files are being made; ask for this one in a few seconds."
        raise Error("unavailable", message, reason="busy", details={"retry_after": 5})
    try:
        with reading() as session:
            cut = _cut(session, principal(), instrument, query)
            content = make(session, cut, narrowed(query), query["language"] or principal().language)
    finally:
        makers.release()
    return attached(content, kind, exports.name(cut, ending))


def _cut(session: Any, who: Principal, instrument: str, query: dict[str, Any]) -> Any:
    return cuts.of(session, who, instrument, block=query["block"], as_of=query["as_of"])
