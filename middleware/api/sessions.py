"""FIX sessions: how each stands, what its profile allows, and the messages that went through it."""

from typing import Any

from marshmallow import ValidationError, fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Code, Form, Hash, Moment, Number, Positive, Schema, shown
from middleware.services import messages, sessions

blp = Blueprint("sessions", __name__, url_prefix="/v1/sessions", description="FIX sessions and their messages")


class Network(Form):
    what, pattern = "an address or a network such as 10.1.0.0/16", r"[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?"


class Host(Form):
    what, pattern = "the name or the address of a machine", r"[A-Za-z0-9.:-]{1,253}"


class MessageType(Form):
    what, pattern = "a MsgType (35) such as D", "[A-Za-z0-9]{1,2}"


class Part(Form):
    what, pattern = "1 to 100 printable characters", r"[ -~]{1,100}"


class Bounded(Positive):
    """A positive number up to a limit."""

    def __init__(self, most: int, **more: Any) -> None:
        super().__init__(**more)
        self.most = most
        self.what = f"a whole number from 1 to {most}, as a string"

    def fits(self, value: str) -> bool:
        return super().fits(value) and int(value) <= self.most


class Yes(fields.Boolean):
    """true or false, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"{shown(value)} is not true or false")
        return value


class SessionSchema(Schema):
    """A session. state: up or down, now; next_in and next_out: the numbers of the next messages.

    reset_asked_by: who of its party wants both sides to count from 1 again; the operator confirms it.
    """

    comp_id = fields.String(required=True)
    party = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(sessions.KINDS)})
    certificate = fields.String(required=True)
    addresses = fields.List(fields.String(), required=True)
    host = fields.String(required=True)
    port = Number(required=True)
    may_reset = fields.Boolean(required=True)
    cancel_on_disconnect = fields.Boolean(required=True)
    throttle = Number(required=True)
    status = fields.String(required=True, metadata={"enum": ["enabled", "disabled"]})
    state = fields.String(required=True, metadata={"enum": ["up", "down"]})
    text = fields.String(required=True)
    day = fields.String(required=True)
    resets = Number(required=True)
    next_in = Number(required=True)
    next_out = Number(required=True)
    last_in_at = Moment(required=True, allow_none=True)
    last_out_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    changed_at = Moment(required=True, allow_none=True)
    reset_asked_by = fields.String(required=True)


class NewSessionSchema(Schema):
    """Whose session, and what it may. certificate: the SHA-256 of the client certificate that it will show."""

    comp_id = Code(example="CASA1")
    party = Code(example="CASA1")
    kind = Choice(*sessions.KINDS)
    certificate = Hash(optional=True)
    addresses = fields.List(
        Network(),
        load_default=list,
        metadata={"maxItems": sessions.MOST_ADDRESSES},
        error_messages={"invalid": "is not a list", "null": "is null; it must be a list"},
    )
    host = Host(optional=True)
    port = Bounded(65_535, optional=True)
    may_reset = Yes(load_default=False, error_messages={"null": "is null; it is true or false"})
    cancel_on_disconnect = Yes(load_default=False, error_messages={"null": "is null; it is true or false"})
    throttle = Bounded(10_000, optional=True)


class MessageSchema(Schema):
    """One message; raw has a bar for each separator."""

    number = fields.Integer(required=True)
    session = fields.String(required=True)
    day = fields.String(required=True)
    direction = fields.String(required=True, metadata={"enum": ["in", "out"]})
    seq = Number(required=True)
    type = fields.String(required=True)
    raw = fields.String(required=True)
    at = Moment(required=True)


class FieldSchema(Schema):
    """One field: meaning says what the value stands for, problem what is wrong with it."""

    tag = fields.String(required=True)
    name = fields.String(required=True)
    value = fields.String(required=True)
    meaning = fields.String(required=True)
    required = fields.Boolean(required=True)
    problem = fields.String(required=True)


class ReadMessageSchema(MessageSchema):
    """One message, every tag of it named."""

    fields_ = fields.List(fields.Nested(FieldSchema), required=True, data_key="fields", attribute="fields")


class MessageQuery(lists.PageQuery):
    """Which messages. text: what stands in them."""

    direction = Choice("in", "out", optional=True)
    type = MessageType(optional=True)
    text = Part(optional=True)


@blp.route("", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(SessionSchema))
def index(query: dict[str, Any]) -> Any:
    """Your sessions; operator and regulator see all."""
    with reading() as session:
        return lists.answered(sessions.index(session, principal(), page=lists.page(query)))


@blp.route("", methods=["POST"])
@blp.arguments(NewSessionSchema)
@blp.response(201, SessionSchema)
def create(body: dict[str, Any]) -> Any:
    """Let a party have a session (operator)."""
    numbers = {"port": int(body.pop("port") or 0), "throttle": int(body.pop("throttle") or sessions.THROTTLE)}
    with writing() as session:
        sessions.create(session, **body, **numbers)
        return sessions.show(session, principal(), body["comp_id"])


@blp.route("/<code:comp_id>", methods=["GET"])
@blp.response(200, SessionSchema)
def show(comp_id: str) -> Any:
    """One session."""
    with reading() as session:
        return sessions.show(session, principal(), comp_id)


@blp.route("/<code:comp_id>/enabling", methods=["POST"])
@blp.response(200, SessionSchema)
def enable(comp_id: str) -> Any:
    """Let it log on again (operator)."""
    with writing() as session:
        return sessions.enable(session, principal(), comp_id)


@blp.route("/<code:comp_id>/disabling", methods=["POST"])
@blp.response(200, SessionSchema)
def disable(comp_id: str) -> Any:
    """Cut it, and refuse its logons."""
    with writing() as session:
        return sessions.disable(session, principal(), comp_id)


@blp.route("/<code:comp_id>/reset", methods=["POST"])
@blp.response(200, SessionSchema)
def reset(comp_id: str) -> Any:
    """Count from 1 again: its party asks, the operator confirms."""
    with writing() as session:
        return sessions.reset(session, principal(), comp_id)


@blp.route("/<code:comp_id>/messages", methods=["GET"])
@blp.arguments(MessageQuery, location="query")
@blp.response(200, lists.list_of(MessageSchema))
def list_messages(query: dict[str, Any], comp_id: str) -> Any:
    """What went through a session, newest first; heartbeats are left out."""
    wanted = {name: query[name] for name in ("direction", "type", "text")}
    with reading() as session:
        return lists.answered(messages.index(session, principal(), comp_id, page=lists.page(query), **wanted))
