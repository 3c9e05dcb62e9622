"""Keys of parties."""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validates_schema

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.acts import ARGS, ActSchema
from middleware.api.bodies import Blueprint
from middleware.api.commands import Answer, CommandSchema, Given, answer, command, given, made_by
from middleware.api.fields import Choice, Code, Instant, Jws, KeyNumber, Moment, Number, PublicKey, Schema, Words
from middleware.services import acts, keys

blp = Blueprint("keys", __name__, url_prefix="/v1/parties/<code:party>/keys", description="Keys that sign for a party")
HELD = ("own", "platform")


def scope(**more: Any) -> Words:
    """What a key may sign: a list of functions, or ["*"]."""
    return Words(Choice(*keys.SCOPES), most=len(keys.SCOPES), **more)


class KeySchema(Schema):
    """A public key that is registered for a party."""

    party = fields.String(required=True)
    n = Number(required=True)
    public = fields.String(required=True)
    scope = fields.List(fields.String(), required=True)
    held = fields.String(required=True, metadata={"enum": list(HELD)})
    status = fields.String(required=True, metadata={"enum": ["active", "retired", "compromised"]})
    added_at = Moment(required=True)
    block = fields.Integer(required=True)


class KeyFields(Schema):
    """A whole key, as the ledger takes it. proof: a JWS by the new key over {ledger, n, party, public}."""

    n = KeyNumber(example="1")
    public = PublicKey()
    scope = scope()
    held = Choice(*HELD)
    proof = Jws()


class SignedKeyArgs(Schema):
    """The args of `key:add` and `key:rotate` beside what the address names."""

    key = fields.Nested(KeyFields, required=True)
    good_till = Instant(optional=True)


class NewKeySchema(CommandSchema):
    """held platform: the key is made here and kept encrypted. held own: its public half and proof come with it."""

    jws_args: ClassVar[type[Schema] | None] = SignedKeyArgs
    held = Choice(*HELD)
    scope = scope()
    n = KeyNumber(optional=True)
    public = PublicKey(optional=True)
    proof = Jws(optional=True)
    good_till = Instant(optional=True)

    @validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """An own key comes whole; of a hosted one nothing is known yet."""
        for name in ("n", "public", "proof"):
            if data["held"] == "own" and not data[name]:
                raise ValidationError("is missing: a key of your own comes with n, public and proof", name)
            if data["held"] == "platform" and data[name]:
                raise ValidationError("is not yours to say: the platform makes the key that it keeps", name)


class RotationSchema(NewKeySchema):
    """As a new key; its scope is the old one's unless another is named."""

    scope = scope(required=False)


class RevocationSchema(CommandSchema):
    """Why a key ends. compromised: orders that it signed cannot execute any more."""

    reason = Choice("retired", "compromised")
    good_till = Instant(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(KeySchema))
def index(query: dict[str, Any], party: str) -> Any:
    """The public keys of a party: your own; operator, custodian and regulator see any."""
    with reading() as session:
        return lists.answered(keys.index(session, principal(), party, page=lists.page(query)))


@command(blp, "", NewKeySchema, key=KeySchema, act=ActSchema)
def add(body: dict[str, Any], party: str) -> Answer:
    """Register another key: done for your own party, proposed as an act for another."""
    request = given(body, NewKeySchema, "key:add", proposed=party != principal().party, party=party)
    key = _key(request)
    with writing() as session:
        submission = keys.add(session, principal(), request.intent, party=party, key=key, good_till=_until(request))
    return _answer(submission, party, submission.args)


@command(blp, "/<n:n>/rotation", RotationSchema, key=KeySchema, act=ActSchema)
def rotate(body: dict[str, Any], party: str, n: str) -> Answer:
    """Replace a key. Resting orders stay."""
    request = given(body, RotationSchema, "key:rotate", proposed=party != principal().party, party=party, n=n)
    with writing() as session:
        submission = keys.rotate(
            session, principal(), request.intent, party=party, n=n, key=_key(request), good_till=_until(request)
        )
    return _answer(submission, party, submission.args)


@command(blp, "/<n:n>/revocation", RevocationSchema, key=KeySchema, act=ActSchema)
def revoke(body: dict[str, Any], party: str, n: str) -> Answer:
    """End a key."""
    request = given(body, RevocationSchema, "key:revoke", proposed=party != principal().party, party=party, n=n)
    reason = request.fields["reason"]
    with writing() as session:
        submission = keys.revoke(
            session, principal(), request.intent, party=party, n=n, reason=reason, good_till=_until(request)
        )
    return _answer(submission, party, {"key": {"n": n}})


def _key(request: Given) -> dict[str, Any]:
    """The key of the ledger's args, whether it came in a JWS or as fields."""
    if "key" in request.fields:
        key: dict[str, Any] = request.fields["key"]
        return key
    named = {name: request.fields.get(name) for name in ("n", "public", "scope", "held", "proof")}
    return {name: value for name, value in named.items() if value}


def _until(request: Given) -> str:
    return str(request.fields.get("good_till", ""))


def _answer(submission: Any, party: str, args: dict[str, Any]) -> Answer:
    if submission.function == "act:propose":
        id = made_by(submission)
        return answer(submission, f"/v1/acts/{id}", act=lambda s, _: acts.show(s, principal(), id), key=lambda *_: None)
    n = int(args["key"]["n"])
    return answer(
        submission,
        f"/v1/parties/{party}/keys",
        key=lambda s, _: keys.show(s, principal(), party, n),
        act=lambda *_: None,
    )


class ProposedKey(Schema):
    """Args of `key:add` as an act."""

    party = Code()
    key = fields.Nested(KeyFields, required=True)


class ProposedRotation(ProposedKey):
    """Args of `key:rotate` as an act."""

    n = KeyNumber()


class ProposedRevocation(Schema):
    """Args of `key:revoke` as an act."""

    party = Code()
    n = KeyNumber()
    reason = Choice("retired", "compromised")


ARGS |= {"key:add": ProposedKey, "key:rotate": ProposedRotation, "key:revoke": ProposedRevocation}
