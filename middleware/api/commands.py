"""The road of every command through this door: its id, its fields or signature, the answer now or the ledger's."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import g, request
from marshmallow import ValidationError, fields

from middleware import clock, errors, ids
from middleware.api import problems
from middleware.api.access import installation, principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.fields import UUID, Choice, CommandId, Jws, Moment, Remark, Schema, shown
from middleware.errors import Error
from middleware.services import drafts, submissions
from middleware.services.submissions import Intent

WAIT_SECONDS = 30
_WAIT = re.compile(r"(?:^|[,;\s])wait=([0-9]{1,4})(?:$|[,;\s])", re.ASCII)
_DERIVED = re.compile(UUID, re.ASCII)
View = Callable[..., Any]
Answer = tuple[dict[str, Any], int, dict[str, str]]


class SubmissionSchema(Schema):
    """A command on its way: waiting, sent, done. code "" when it was carried out."""

    party = fields.String(required=True)
    id = fields.String(required=True)
    function = fields.String(required=True)
    hash = fields.String(required=True)
    kid = fields.String(required=True)
    held = fields.String(required=True, metadata={"enum": ["own", "platform"]})
    status = fields.String(required=True, metadata={"enum": ["waiting", "sent", "done"]})
    code = fields.String(required=True)
    reason = fields.String(required=True)
    message = fields.String(required=True)
    transaction_id = fields.String(required=True)
    block = fields.Integer(required=True, allow_none=True)
    created_at = Moment(required=True)
    done_at = Moment(required=True, allow_none=True)


class SignedSchema(Schema):
    """A command that its party signed itself, in the place of fields."""

    jws = Jws()


class CommandSchema(Schema):
    """The fields of a command. A body with `jws` is read by `jws_body`, the args in it by `jws_args` or this."""

    jws_body: ClassVar[type[Schema]] = SignedSchema
    jws_args: ClassVar[type[Schema] | None] = None

    def load(self, data: Any, **more: Any) -> Any:
        """Fields, or a signed command."""
        if isinstance(data, Mapping) and "jws" in data:
            return self.jws_body().load(data)
        return super().load(data, **more)


class Empty(CommandSchema):
    """A command whose fields all stand in its address."""


class SuspensionSchema(CommandSchema):
    """suspended yes or no, and why."""

    suspended = Choice("yes", "no")
    reason = Remark()


@dataclass(frozen=True, slots=True)
class Given:
    """What came with a request: the caller's id and signature, and the fields, out of the body or out of the JWS."""

    intent: Intent
    fields: dict[str, Any]


def given(
    body: Mapping[str, Any],
    schema: type[CommandSchema],
    function: str,
    *,
    proposed: bool = False,
    derived: bool = False,
    **bound: str,
) -> Given:
    """Read a command. `bound` are args that the address names; `proposed`: the function takes a second signature.

    `derived`: the id is not minted but follows from what is done; the use case checks it.
    """
    id = command_id(derived=derived)
    if "jws" not in body:
        return Given(Intent(id), dict(body))
    args = signed_args(body["jws"], function, proposed=proposed)
    for name, value in bound.items():
        if args.pop(name, None) != value:
            raise Error("invalid", f"the signed {name} is not the {value} of the address", reason=name, field="jws")
    return Given(Intent(id, body["jws"]), load_signed(args, schema) | {k: v for k, v in body.items() if k != "jws"})


def signed_args(jws: str, function: str, *, proposed: bool = False) -> dict[str, Any]:
    """The args of a command that was signed elsewhere; for an act, those of the function that it proposes."""
    said = submissions.read(jws)
    wanted = "act:propose" if proposed else function
    if said.function != wanted:
        message = f"the signed function is {said.function!r}; this address takes {wanted}"
        raise Error("invalid", message, reason="function", field="jws")
    if not proposed:
        return dict(said.args)
    args = said.args.get("args")
    if said.args.keys() != {"function", "args", "good_till"} or not isinstance(args, dict):
        raise Error("invalid", "a proposal has function, args and good_till", reason="args", field="jws")
    if said.args["function"] != function:
        message = f"the proposed function is {shown(said.args['function'])}; this address takes {function}"
        raise Error("invalid", message, reason="function", field="jws")
    return {**args, "good_till": said.args["good_till"]}


def load_signed(args: Mapping[str, Any], schema: type[CommandSchema]) -> dict[str, Any]:
    """Args out of a JWS, checked like the fields of a body."""
    reader = schema.jws_args or type(f"Signed{schema.__name__}", (schema,), {"load": Schema.load})
    try:
        loaded: dict[str, Any] = reader().load(dict(args))
    except ValidationError as error:
        raise problems.of_fields(problems.messages_of(error), at="/jws") from None
    return loaded


def command(
    blp: Blueprint, rule: str, schema: type[CommandSchema], *, eyes: type[Schema] | None = None, **nouns: type[Schema]
) -> Callable[[View], View]:
    """A route that takes a command and answers its submission and these nouns.

    `eyes`: how what a second user must approve first is shown, as `draft` and without a submission.
    """

    def decorate(view: View) -> View:
        submission = fields.Nested(SubmissionSchema, required=True, allow_none=eyes is not None)
        members: dict[str, fields.Field[Any]] = {"submission": submission}
        shown_too = {**nouns, "draft": eyes} if eyes else nouns
        members |= {noun: fields.Nested(shape, required=True, allow_none=True) for noun, shape in shown_too.items()}
        name = f"{blp.name}_{view.__name__}".title().replace("_", "")
        answer = Schema.from_dict(members, name=f"{name}AnswerSchema")
        done = "The ledger has answered: it is done."
        documented = blp.doc(
            parameters=_HEADERS, **{"x-command": schema.jws_body.__name__, "x-empty": schema is Empty}
        )(view)
        documented = blp.response(202, answer, description="Stored; on its way.", headers=_LOCATION)(documented)
        documented = blp.alt_response(201, schema=answer, description=done, headers=_LOCATION)(documented)
        documented = blp.arguments(schema)(documented)
        routed: View = blp.route(rule, methods=["POST"])(documented)
        return routed

    return decorate


def answer(submission: Any, location: str, **nouns: Callable[[Any, Any], Any]) -> Answer:
    """201 with the outcome where the ledger answers within `Prefer: wait`, else 202; a refusal as a problem."""
    if drafts.waits(submission):
        return _held(submission, nouns)
    submission = _outcome(submission, _patience())
    if submission.code:
        refusal = errors.from_ledger(submission.code, submission.reason, submission.message)
        raise _with_submission(refusal, submission)
    with reading() as session:
        body = {"submission": submission, **{noun: look(session, submission) for noun, look in nouns.items()}}
    headers = {"Location": location}
    if submission.created_at < g.started_at:
        headers["Idempotent-Replayed"] = "true"
    return body, 201 if submission.status == "done" else 202, headers


def _held(draft: Any, nouns: Mapping[str, Any]) -> Answer:
    """202: nothing is signed before another user of the bank approves it; where to look is its place in the queue."""
    id = made_by(draft)
    with reading() as session:
        found = drafts.show(session, principal(), id)
    return {"submission": None, **dict.fromkeys(nouns), "draft": found}, 202, {"Location": f"/v1/drafts/{id}"}


def draft_of(session: Any, submission: Any) -> Any:
    """What a second user approved before this was sent; None where nobody had to."""
    return or_none(lambda: drafts.show(session, principal(), made_by(submission)))


def made_by(submission: Any) -> str:
    """The id of what this command makes: PARTY:uuid."""
    return ids.reference(submission.party, submission.id)


def or_none(look: Callable[[], Any]) -> Any:
    """What is there, or None where the ledger has not made it yet."""
    try:
        return look()
    except Error as error:
        if error.code == "not_found":
            return None
        raise


def command_id(*, derived: bool = False) -> str:
    """The id that the caller made before the first try."""
    id = request.headers.get("Idempotency-Key", "")
    if not id:
        message = "Every command needs the header Idempotency-Key: a UUIDv7 that you make before the first try."
        details = {"malformed": True}
        raise Error("invalid", message, reason="idempotency_key", field="Idempotency-Key", details=details)
    if not (_DERIVED.fullmatch(id) if derived else ids.is_command_id(id)):
        message = f"{shown(id)} is not {CommandId.what}"
        raise Error("invalid", message, reason="idempotency_key", field="Idempotency-Key")
    return id


def _patience() -> int:
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), WAIT_SECONDS) if found else 0


def _outcome(submission: Any, seconds: int) -> Any:
    if _answered(submission) or seconds == 0 or not installation().waiters.acquire(blocking=False):
        return submission
    try:
        return _wait(submission, clock.monotonic() + seconds)
    finally:
        installation().waiters.release()


def _wait(submission: Any, until_seconds: float) -> Any:
    changes = installation().changes
    while True:
        number = changes.number
        with reading() as session:
            submission = submissions.current(session, submission)
        left_seconds = until_seconds - clock.monotonic()
        if _answered(submission) or left_seconds <= 0:
            return submission
        changes.wait(number, left_seconds)


def _answered(submission: Any) -> bool:
    # A refusal for an unknown key stays "sent" until it has expired, since the key may become known.
    return bool(submission.code) or submission.status == "done"


def _with_submission(error: Error, submission: Any) -> Error:
    body = request.get_json(silent=True)
    if error.code == "invalid" and isinstance(body, dict) and error.reason in body:
        error.field = error.reason
    error.details["submission"] = SubmissionSchema().dump(submission)
    return error


_HEADERS: list[dict[str, Any]] = [
    {
        "in": "header",
        "name": "Idempotency-Key",
        "required": True,
        "description": "The command's id: a UUIDv7, made before the first try. The same key again repeats nothing.",
        "schema": {"type": "string", "pattern": f"^{CommandId.pattern}$"},
    },
    {
        "in": "header",
        "name": "Prefer",
        "description": "wait=SECONDS, at most 30: answer when the ledger has.",
        "schema": {"type": "string", "pattern": "^wait=[0-9]{1,2}$"},
    },
]
KEYED = _HEADERS[:1]
_LOCATION = {"Location": {"description": "Where what it makes can be seen.", "schema": {"type": "string"}}}
