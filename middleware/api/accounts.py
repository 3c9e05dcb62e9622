"""Safekeeping accounts."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.acts import ARGS, ActSchema
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, Empty, answer, command, given, made_by, or_none
from middleware.api.fields import Choice, Code, Instant, Moment, Reference, Schema
from middleware.services import accounts, acts

blp = Blueprint("accounts", __name__, url_prefix="/v1/accounts", description="Safekeeping accounts at custodians")
KINDS = ("own", "omnibus", "individual", "direct")


class AccountSchema(Schema):
    """An owner's account at a custodian."""

    id = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    custodian = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    status = fields.String(required=True, metadata={"enum": ["open", "closed"]})
    opened_at = Moment(required=True)
    closed_at = Moment(required=True, allow_none=True)
    block = fields.Integer(required=True)


class AccountQuery(lists.PageQuery):
    """Which accounts. instrument: those that hold some of it."""

    owner = Code(optional=True)
    custodian = Code(optional=True)
    kind = Choice(*KINDS, optional=True)
    instrument = Code(optional=True)
    status = Choice("open", "closed", optional=True)


class OpeningSchema(CommandSchema):
    """For whom, and how segregated."""

    owner = Code(example="ALICE")
    kind = Choice(*KINDS)


class MoveArgs(Schema):
    """Who keeps the account from then on."""

    custodian = Code(example="CUSTODIA2")


class SignedMoveArgs(MoveArgs):
    """The same, out of a proposal."""

    good_till = Instant(optional=True)


class MoveSchema(CommandSchema, MoveArgs):
    """A move to another custodian."""

    jws_args: ClassVar[type[Schema] | None] = SignedMoveArgs
    good_till = Instant(optional=True)


class ProposedMove(MoveArgs):
    """Args of `account:move` as an act."""

    account = Reference()


@blp.route("", methods=["GET"])
@blp.arguments(AccountQuery, location="query")
@blp.response(200, lists.list_of(AccountSchema))
def index(query: dict[str, Any]) -> Any:
    """Accounts that you own or, as custodian, keep."""
    wanted = {name: query[name] for name in ("owner", "custodian", "kind", "instrument", "status")}
    with reading() as session:
        return lists.answered(accounts.index(session, principal(), page=lists.page(query), **wanted))


@blp.route("/<reference:id>", methods=["GET"])
@blp.response(200, AccountSchema)
def show(id: str) -> Any:
    """One account."""
    with reading() as session:
        return accounts.show(session, principal(), id)


@command(blp, "", OpeningSchema, account=AccountSchema)
def open(body: dict[str, Any]) -> Answer:
    """Open an account for a party (custodian)."""
    request = given(body, OpeningSchema, "account:open")
    with writing() as session:
        submission = accounts.open(session, principal(), request.intent, **request.fields)
    return _answer(submission, made_by(submission))


@command(blp, "/<reference:id>/closure", Empty, account=AccountSchema)
def close(body: dict[str, Any], id: str) -> Answer:
    """Close an account that holds nothing (custodian)."""
    request = given(body, Empty, "account:close", account=id)
    with writing() as session:
        submission = accounts.close(session, principal(), request.intent, account=id)
    return _answer(submission, id)


@command(blp, "/<reference:id>/moves", MoveSchema, act=ActSchema, account=AccountSchema)
def move(body: dict[str, Any], id: str) -> Answer:
    """Propose that another custodian keeps your account; it moves when that custodian approves the act."""
    request = given(body, MoveSchema, "account:move", proposed=True, account=id)
    with writing() as session:
        submission = accounts.move(session, principal(), request.intent, account=id, **request.fields)
    act = made_by(submission)
    return answer(
        submission,
        f"/v1/acts/{act}",
        act=lambda s, _: acts.show(s, principal(), act),
        account=lambda s, _: accounts.show(s, principal(), id),
    )


ARGS |= {"account:move": ProposedMove}


def _answer(submission: Any, id: str) -> Answer:
    return answer(
        submission, f"/v1/accounts/{id}", account=lambda s, _: or_none(lambda: accounts.show(s, principal(), id))
    )
