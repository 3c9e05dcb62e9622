"""Signing in and out."""

from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from marshmallow import fields

from middleware.api import access
from middleware.api.access import reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Moment, Password, Schema, Username
from middleware.api.users import UserSchema
from middleware.services import tokens

_SLOWER = "Too many failed attempts to sign in; wait a minute."
blp = Blueprint("tokens", __name__, url_prefix="/v1/tokens", description="Bearer tokens: signing in and out")


TRIES = ("10 per minute", "100 per minute")  # failed ones: of an address with one user name, of an address


def register(app: Flask) -> Limiter:
    """Bound how often a password can be guessed. Each process counts for itself. Answers who counts."""
    limiter = Limiter(key_func=_who, app=app, storage_uri="memory://", default_limits=[])
    view: Any = app.view_functions["tokens.create"]
    view = limiter.limit(TRIES[0], deduct_when=_failed, error_message=_SLOWER)(view)
    view = limiter.limit(TRIES[1], key_func=_where, deduct_when=_failed, error_message=_SLOWER)(view)
    app.view_functions["tokens.create"] = view
    return limiter


def _who() -> str:
    body = request.get_json(silent=True)
    username = body.get("username") if isinstance(body, dict) else None
    return f"{_where()} {username if isinstance(username, str) else ''}"[:120]


def _where() -> str:
    return request.remote_addr or ""


def _failed(response: Response) -> bool:
    return response.status_code == 401


class SignInSchema(Schema):
    """A user name and its password."""

    username = Username(example="alice")
    password = Password()


class TokenSchema(Schema):
    """A bearer token: shown this once."""

    token = fields.String(required=True)
    expires_at = Moment(required=True)
    user = fields.Nested(UserSchema, required=True)


@blp.route("", methods=["POST"])
@blp.arguments(SignInSchema)
@blp.response(201, TokenSchema)
def create(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in: a token for twelve hours."""
    with reading() as session:
        user = tokens.check(session, **body)
    with writing() as session:
        token, shown = tokens.issue(session, user)
    return {"token": token, **shown}


@blp.route("/current", methods=["DELETE"])
@blp.response(204)
def end() -> None:
    """Sign out: this token ends."""
    with writing() as session:
        tokens.end(session, access.token())
    access.installation().known.forget()
