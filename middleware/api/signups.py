"""Sign-ups: a login for whoever wants to apply. Open to all, and bounded."""

from typing import Any

from middleware.api.access import writing
from middleware.api.bodies import Blueprint
from middleware.api.fields import Choice, Password, Schema, Username
from middleware.api.users import UserSchema
from middleware.services import signups
from middleware.wording import LANGUAGES

blp = Blueprint("signups", __name__, url_prefix="/v1/signups", description="Logins that applicants make themselves")


class SignUpSchema(Schema):
    """A login of one's own. Its party is not admitted: it can apply, and nothing else."""

    username = Username(example="dora")
    password = Password()
    language = Choice(*LANGUAGES, required=False, load_default="es")


@blp.route("", methods=["POST"])
@blp.arguments(SignUpSchema)
@blp.response(201, UserSchema)
def create(body: dict[str, Any]) -> Any:
    """Make a login to apply with. So many in an hour: 429 when there were too many."""
    with writing() as session:
        return signups.create(session, **body)
