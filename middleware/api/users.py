"""Users: logins of parties."""

from typing import Any

from marshmallow import fields

from middleware.api import access, lists
from middleware.api.access import principal, reading, writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Code, Moment, Password, Schema, Username
from middleware.services import users
from middleware.wording import LANGUAGES

blp = Blueprint("users", __name__, url_prefix="/v1/users", description="Logins of parties")


class UserSchema(Schema):
    """A login and the party it acts for. status: the party's, unknown while it is not admitted."""

    username = fields.String(required=True)
    party = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    organisation = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "suspended", "unknown"]})
    language = fields.String(required=True)
    created_at = Moment(required=True)


class NewUserSchema(Schema):
    """A new login."""

    username = Username(example="alice")
    party = Code(example="ALICE")
    password = Password()
    language = Choice(*LANGUAGES, required=False, load_default="en")


class LanguageSchema(Schema):
    """In which language pages speak."""

    language = Choice(*LANGUAGES)


class PasswordSchema(Schema):
    """A change of password: at least twelve characters."""

    current_password = Password()
    new_password = Password()


@blp.route("", methods=["GET"])
@blp.arguments(lists.PageQuery, location="query")
@blp.response(200, lists.list_of(UserSchema))
def index(query: dict[str, Any]) -> Any:
    """All users (operator)."""
    with reading() as session:
        return lists.answered(users.index(session, page=lists.page(query)))


@blp.route("", methods=["POST"])
@blp.arguments(NewUserSchema)
@blp.response(201, UserSchema)
def create(body: dict[str, Any]) -> Any:
    """A new login (operator)."""
    with writing() as session:
        return users.create(session, **body)


@blp.route("/me", methods=["GET"])
@blp.response(200, UserSchema)
def me() -> Any:
    """Who the token speaks for."""
    with reading() as session:
        return users.view(session, principal())


@blp.route("/me", methods=["PATCH"])
@blp.arguments(LanguageSchema)
@blp.response(200, UserSchema)
def change_me(body: dict[str, Any]) -> Any:
    """Choose a language."""
    with writing() as session:
        users.change_language(session, principal(), **body)
        access.installation().known.forget()
        return {**users.view(session, principal()), **body}


@blp.route("/me/password", methods=["POST"])
@blp.arguments(PasswordSchema)
@blp.response(204)
def change_password(body: dict[str, Any]) -> None:
    """Change the password; every other sign-in of this user ends."""
    with writing() as session:
        users.change_password(session, principal(), access.token(), **body)
    access.installation().known.forget()
