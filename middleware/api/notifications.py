"""One inbox of what concerns you."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Form, Moment, Number, Schema, Words
from middleware.services import notifications

blp = Blueprint(
    "notifications", __name__, url_prefix="/v1/notifications", description="What concerns you, newest first"
)


class NotificationSchema(Schema):
    """One thing that happened, or that waits for you. noun and thing: where to read more.

    text: a bank's reference, the ledger's sentence, a transfer's reason or an act's function, by kind. waits: until you
    do something.
    """

    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(notifications.KINDS)})
    noun = fields.String(required=True)
    thing = fields.String(required=True)
    at = Moment(required=True)
    instrument = fields.String(required=True)
    currency = fields.String(required=True)
    quantity = Number(required=True, allow_none=True)
    price_minor = Number(required=True, allow_none=True)
    amount_minor = Number(required=True, allow_none=True)
    text = fields.String(required=True)
    waits = fields.Boolean(required=True)
    read = fields.Boolean(required=True)


class NotificationQuery(Schema):
    """shown: all, or only what you have not read."""

    shown = Choice("all", "unread", required=False, load_default="all")


class UnreadSchema(Schema):
    """How many you have not read."""

    unread = fields.Integer(required=True)


class NotificationId(Form):
    what, pattern = "the id of a notification", "[a-z_]{1,40}/[A-Za-z0-9.:/-]{1,120}"


class ReadSchema(Schema):
    """Which ones: all when none is named."""

    ids = Words(NotificationId(), most=200, required=False, load_default=list)


@blp.route("", methods=["GET"])
@blp.arguments(NotificationQuery, location="query")
@blp.response(200, lists.list_of(NotificationSchema))
def index(query: dict[str, Any]) -> Any:
    """The newest two hundred."""
    with reading() as session:
        return lists.answered(notifications.index(session, principal(), unread=query["shown"] == "unread"))


@blp.route("/unread", methods=["GET"])
@blp.response(200, UnreadSchema)
def count() -> Any:
    """How many of them you have not read."""
    with reading() as session:
        return {"unread": notifications.count(session, principal())}


@blp.route("/read", methods=["POST"])
@blp.arguments(ReadSchema)
@blp.response(200, UnreadSchema)
def read(body: dict[str, Any]) -> Any:
    """You have read these, or all of them; answers how many are left."""
    with writing() as session:
        return {"unread": notifications.read(session, principal(), **body)}
