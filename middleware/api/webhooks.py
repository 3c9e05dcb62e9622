"""Webhooks: addresses that are told what happens to orders, by Standard Webhooks."""

from typing import Any

from marshmallow import fields

from middleware.api import lists
from middleware.api.access import installation, principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Moment, Number, Schema, Url, Words
from middleware.services import webhooks

blp = Blueprint("webhooks", __name__, url_prefix="/v1/webhooks", description="Signed messages about orders")


class WebhookSchema(Schema):
    """A webhook. status: active, or disabled by its receiver (410), with the reason.

    old_secret_ends_at: until when the secret before this one signs too.
    """

    number = fields.Integer(required=True)
    party = fields.String(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "disabled"]})
    reason = fields.String(required=True)
    created_at = Moment(required=True)
    old_secret_ends_at = Moment(required=True, allow_none=True)


class SecretSchema(Schema):
    """A webhook with the secret that signs what is sent: shown this once."""

    webhook = fields.Nested(WebhookSchema, required=True)
    secret = fields.String(required=True)


class NewWebhookSchema(Schema):
    """Where to, and which events: ["*"] for all."""

    url = Url(example="https://broker.example/lonja")
    events = Words(Choice(*webhooks.EVENTS), most=len(webhooks.EVENTS))


class DeliverySchema(Schema):
    """One message. message: its id, the same however often it is sent. http_status: of the last attempt, if any."""

    sequence = Number(required=True)
    message = fields.String(required=True)
    event = fields.String(required=True)
    body = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["waiting", "delivered", "failed"]})
    attempts = fields.Integer(required=True)
    http_status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True)
    created_at = Moment(required=True)
    attempted_at = Moment(required=True, allow_none=True)
    next_at = Moment(required=True)
    delivered_at = Moment(required=True, allow_none=True)


class DeliveryQuery(lists.PageQuery):
    """Which deliveries."""

    status = Choice("waiting", "delivered", "failed", optional=True, required=False)


@blp.route("", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(WebhookSchema))
def index(query: dict[str, Any]) -> Any:
    """Your webhooks; operator and regulator see all."""
    with reading() as session:
        return lists.answered(webhooks.index(session, principal(), page=lists.page(query)))


@blp.route("", methods=["POST"])
@blp.arguments(NewWebhookSchema)
@blp.response(201, SecretSchema)
def create(body: dict[str, Any]) -> Any:
    """A new webhook: told of everything from now on."""
    webhooks.check(installation().config, body["url"])
    with writing() as session:
        made, secret = webhooks.create(session, principal(), **body)
    return {"webhook": made, "secret": secret}


@blp.route("/<n:number>", methods=["GET"])
@blp.response(200, WebhookSchema)
def show(number: str) -> Any:
    """One webhook."""
    with reading() as session:
        return webhooks.show(session, principal(), int(number))


@blp.route("/<n:number>", methods=["DELETE"])
@blp.response(204)
def remove(number: str) -> None:
    """Forget a webhook, and what waits to be sent to it."""
    with writing() as session:
        webhooks.remove(session, principal(), int(number))


@blp.route("/<n:number>/enabling", methods=["POST"])
@blp.response(200, WebhookSchema)
def enable(number: str) -> Any:
    """Send again to a webhook that was disabled; what happened meanwhile comes first."""
    with writing() as session:
        return webhooks.enable(session, principal(), int(number))


@blp.route("/<n:number>/secret", methods=["POST"])
@blp.response(201, SecretSchema)
def rotate(number: str) -> Any:
    """A new secret. For 24 hours the old one signs beside it."""
    with writing() as session:
        webhook, secret = webhooks.rotate(session, principal(), int(number))
    return {"webhook": webhook, "secret": secret}


@blp.route("/<n:number>/deliveries", methods=["GET"])
@blp.arguments(DeliveryQuery, location="query")
@blp.response(200, lists.list_of(DeliverySchema))
def deliveries(query: dict[str, Any], number: str) -> Any:
    """What was sent to a webhook or waits to be, newest first."""
    with reading() as session:
        page, status = lists.page(query), query["status"]
        return lists.answered(webhooks.log(session, principal(), int(number), status=status, page=page))


@blp.route("/<n:number>/deliveries/<n:sequence>/resend", methods=["POST"])
@blp.response(200, DeliverySchema)
def resend(number: str, sequence: str) -> Any:
    """Send a message again, under the same id."""
    with writing() as session:
        return webhooks.resend(session, principal(), int(number), int(sequence))
