"""Cash: deposits and withdrawals."""

from typing import Any, ClassVar

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.commands import (
    Answer,
    CommandSchema,
    SignedSchema,
    answer,
    command,
    draft_of,
    given,
    made_by,
    or_none,
)
from middleware.api.drafts import DraftSchema
from middleware.api.fields import (
    BankReference,
    Choice,
    Code,
    Destination,
    Hash,
    Moment,
    Number,
    Positive,
    Reference,
    Remark,
    Salt,
    Schema,
)
from middleware.services import cash

blp = Blueprint("cash", __name__, url_prefix="/v1", description="Money in and out")
STATUSES = ("pending", "paid", "refused")


class DepositSchema(Schema):
    """Money that a bank received for an account.

    entered_by, approved_by: two users, shown to the bank itself where it wants four eyes.
    """

    id = fields.String(required=True)
    bank = fields.String(required=True)
    reference = fields.String(required=True)
    instrument = fields.String(required=True)
    account = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    amount_minor = Number(required=True)
    entered_by = fields.String(required=True)
    approved_by = fields.String(required=True)
    at = Moment(required=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class WithdrawalSchema(Schema):
    """Money to be paid out: reserved while pending. destination: shown to its owner, its bank and the operator."""

    id = fields.String(required=True)
    owner = fields.String(required=True)
    owner_name = fields.String(required=True)
    bank = fields.String(required=True)
    instrument = fields.String(required=True)
    account = fields.String(required=True)
    amount_minor = Number(required=True)
    destination = fields.String(required=True)
    destination_hash = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    reference = fields.String(required=True)
    reason = fields.String(required=True)
    entered_by = fields.String(required=True)
    approved_by = fields.String(required=True)
    requested_at = Moment(required=True, attribute="at")
    closed_at = Moment(required=True, allow_none=True)
    block = fields.Integer(required=True)
    transaction_id = fields.String(required=True, attribute="transaction")


class DepositQuery(lists.PageQuery):
    """Which deposits."""

    instrument = Code(optional=True)
    account = Reference(optional=True)


class WithdrawalQuery(lists.PageQuery):
    """Which withdrawals."""

    status = Choice(*STATUSES, optional=True)
    instrument = Code(optional=True)


class NewDepositSchema(CommandSchema):
    """What came in for which account. reference: the bank's own, good for one deposit."""

    instrument = Code(example="MXN.BANCO1")
    account = Reference()
    amount_minor = Positive(example="500000")
    reference = BankReference(example="SPEI-123")


class SignedWithdrawal(SignedSchema):
    """A request that its owner signed; what its hash was made of stands beside it, for the bank to pay."""

    destination = Destination(optional=True)
    salt = Salt(optional=True)


class WithdrawalArgs(Schema):
    """Args of `cash:withdraw`."""

    instrument = Code()
    account = Reference()
    amount_minor = Positive()
    destination_hash = Hash()


class NewWithdrawalSchema(CommandSchema):
    """How much, from where, and where to pay it. The ledger gets a salted hash of the destination."""

    jws_body: ClassVar[type[Schema]] = SignedWithdrawal
    jws_args: ClassVar[type[Schema] | None] = WithdrawalArgs
    instrument = Code(example="MXN.BANCO1")
    account = Reference()
    amount_minor = Positive(example="500000")
    destination = Destination(example="002010077777777771")


class PaymentSchema(CommandSchema):
    """The bank's reference of what it paid."""

    reference = BankReference(example="SPEI-124")


class RefusalSchema(CommandSchema):
    """Why the bank does not pay."""

    reason = Remark()


@blp.route("/deposits", methods=["GET"])
@blp.arguments(DepositQuery, location="query")
@blp.response(200, lists.list_of(DepositSchema))
def deposits(query: dict[str, Any]) -> Any:
    """Deposits that your bank confirmed, or into your accounts; newest first."""
    wanted = {"instrument": query["instrument"], "account": query["account"]}
    with reading() as session:
        return lists.answered(cash.deposits(session, principal(), page=lists.page(query), **wanted))


@blp.route("/deposits/<reference:id>", methods=["GET"])
@blp.response(200, DepositSchema)
def deposit(id: str) -> Any:
    """One deposit."""
    with reading() as session:
        return cash.deposit(session, principal(), id)


@command(blp, "/deposits", NewDepositSchema, eyes=DraftSchema, deposit=DepositSchema)
def confirm_deposit(body: dict[str, Any]) -> Answer:
    """Say that money has come in for an account (bank)."""
    request = given(body, NewDepositSchema, "cash:deposit")
    with writing() as session:
        submission = cash.confirm_deposit(session, principal(), request.intent, **request.fields)
    id = made_by(submission)
    return answer(
        submission,
        f"/v1/deposits/{id}",
        draft=draft_of,
        deposit=lambda s, _: or_none(lambda: cash.deposit(s, principal(), id)),
    )


@blp.route("/withdrawals", methods=["GET"])
@blp.arguments(WithdrawalQuery, location="query")
@blp.response(200, lists.list_of(WithdrawalSchema))
def withdrawals(query: dict[str, Any]) -> Any:
    """Withdrawals from your accounts, or for your bank to pay; newest first."""
    wanted = {"status": query["status"], "instrument": query["instrument"]}
    with reading() as session:
        return lists.answered(cash.withdrawals(session, principal(), page=lists.page(query), **wanted))


@blp.route("/withdrawals/<reference:id>", methods=["GET"])
@blp.response(200, WithdrawalSchema)
def withdrawal(id: str) -> Any:
    """One withdrawal."""
    with reading() as session:
        return cash.withdrawal(session, principal(), id)


@command(blp, "/withdrawals", NewWithdrawalSchema, withdrawal=WithdrawalSchema)
def request_withdrawal(body: dict[str, Any]) -> Answer:
    """Ask for money: it is reserved until the bank says paid or refused."""
    request = given(body, NewWithdrawalSchema, "cash:withdraw")
    with writing() as session:
        submission = cash.request_withdrawal(session, principal(), request.intent, **request.fields)
    return _answer(submission, made_by(submission))


@command(blp, "/withdrawals/<reference:id>/payment", PaymentSchema, eyes=DraftSchema, withdrawal=WithdrawalSchema)
def pay(body: dict[str, Any], id: str) -> Answer:
    """Say that you have paid (its bank)."""
    request = given(body, PaymentSchema, "cash:pay", withdrawal=id)
    with writing() as session:
        submission = cash.pay(session, principal(), request.intent, withdrawal=id, **request.fields)
    return _answer(submission, id, draft=draft_of)


@command(blp, "/withdrawals/<reference:id>/refusal", RefusalSchema, eyes=DraftSchema, withdrawal=WithdrawalSchema)
def refuse(body: dict[str, Any], id: str) -> Answer:
    """Say that you do not pay (its bank)."""
    request = given(body, RefusalSchema, "cash:refuse", withdrawal=id)
    with writing() as session:
        submission = cash.refuse(session, principal(), request.intent, withdrawal=id, **request.fields)
    return _answer(submission, id, draft=draft_of)


def _answer(submission: Any, id: str, **more: Any) -> Answer:
    return answer(
        submission,
        f"/v1/withdrawals/{id}",
        **more,
        withdrawal=lambda s, _: or_none(lambda: cash.withdrawal(s, principal(), id)),
    )
