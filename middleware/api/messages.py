"""FIX messages, one by one."""

from typing import Any

from middleware.api.access import principal, reading
from middleware.api.bodies import Blueprint
from middleware.api.sessions import ReadMessageSchema
from middleware.services import messages

blp = Blueprint("messages", __name__, url_prefix="/v1/messages", description="FIX messages, tag by tag")


@blp.route("/<n:number>", methods=["GET"])
@blp.response(200, ReadMessageSchema)
def show(number: str) -> Any:
    """One message, every tag of it named, and what is missing or wrong."""
    with reading() as session:
        return messages.show(session, principal(), int(number))
