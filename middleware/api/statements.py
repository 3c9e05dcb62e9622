"""Statements by month: on the page, as a paper, as rows for a spreadsheet."""

from typing import Any

from flask import Response
from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Moment, Number, Reference, Schema
from middleware.api.files import attached
from middleware.services import statement_papers, statements
from middleware.services.causes import NOUNS
from middleware.wording import LANGUAGES

blp = Blueprint("statements", __name__, url_prefix="/v1/statements", description="An account's month")


class MonthsSchema(Schema):
    """Months in which something moved in your accounts, and the present one; the last first."""

    months = fields.List(fields.String(), required=True)


class BalanceSchema(Schema):
    """One holding in the month: opening + incoming - outgoing = closing. lines: how many changes."""

    account = fields.String(required=True)
    instrument = fields.String(required=True)
    kind = fields.String(required=True)
    digits = Number(required=True)
    opening = Number(required=True)
    opening_reserved = Number(required=True)
    incoming = Number(required=True)
    outgoing = Number(required=True)
    closing = Number(required=True)
    closing_reserved = Number(required=True)
    lines = fields.Integer(required=True)


class StatementSchema(Schema):
    """A month, from begin to before end. complete: it is over. account: "" for all accounts of the owner."""

    month = fields.String(required=True)
    begin = Moment(required=True)
    end = Moment(required=True)
    complete = fields.Boolean(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    account = fields.String(required=True)
    as_of = Moment(required=True, allow_none=True)
    as_of_block = fields.Integer(required=True, allow_none=True)
    balances = fields.List(fields.Nested(BalanceSchema), required=True)


class LineSchema(Schema):
    """One change of one holding. noun and id: what caused it; detail: a bank's reference or a transfer's reason.

    Of a trade, of is what was traded, units how many, price_minor and fee_minor at which terms.
    """

    at = Moment(required=True)
    account = fields.String(required=True)
    instrument = fields.String(required=True)
    change = Number(required=True)
    quantity = Number(required=True)
    reserved = Number(required=True)
    function = fields.String(required=True)
    command = fields.String(required=True)
    noun = fields.String(required=True, metadata={"enum": list(NOUNS)})
    id = fields.String(required=True)
    what = fields.String(required=True)
    detail = fields.String(required=True)
    of = fields.String(required=True)
    units = Number(required=True, allow_none=True)
    price_minor = Number(required=True, allow_none=True)
    fee_minor = Number(required=True, allow_none=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class StatementQuery(Schema):
    """Whose: of one account, or of all of your own."""

    account = Reference(optional=True)


class PaperQuery(StatementQuery):
    """language: of the paper; yours unless said."""

    language = Choice(*LANGUAGES, optional=True)


class LineQuery(lists.PageQuery):
    """Which lines."""

    account = Reference(optional=True)


@blp.route("", methods=["GET"])
@blp.response(200, MonthsSchema)
def index() -> Any:
    """The months there are statements of."""
    with reading() as session:
        return {"months": statements.index(session, principal())}


@blp.route("/<month:month>", methods=["GET"])
@blp.arguments(StatementQuery, location="query")
@blp.response(200, StatementSchema)
def show(query: dict[str, Any], month: str) -> Any:
    """What each holding was when the month began, and what it is at its end."""
    with reading() as session:
        return statements.show(session, principal(), month, account=query["account"])


@blp.route("/<month:month>/lines", methods=["GET"])
@blp.arguments(LineQuery, location="query")
@blp.response(200, lists.list_of(LineSchema))
def list_lines(query: dict[str, Any], month: str) -> Any:
    """Every change of a quantity, oldest first, with its cause."""
    with reading() as session:
        found = statements.lines(session, principal(), month, page=lists.page(query), account=query["account"])
        return lists.answered(found)


@blp.route("/<month:month>/csv", methods=["GET"])
@blp.arguments(StatementQuery, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="text/csv")
def sheet(query: dict[str, Any], month: str) -> Response:
    """The lines for a spreadsheet: UTF-8, plain decimals, nothing in it that could run."""
    with reading() as session:
        made = statement_papers.sheet(session, principal(), month, account=query["account"])
    return attached(made, "text/csv", f"lonja-{month}.csv")


@blp.route("/<month:month>/pdf", methods=["GET"])
@blp.arguments(PaperQuery, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
def pdf(query: dict[str, Any], month: str) -> Response:
    """The statement as a paper (PDF/A, PDF/UA)."""
    with reading() as session:
        made = statement_papers.pdf(session, principal(), month, **query)
    return attached(made, "application/pdf", f"lonja-{month}.pdf")
