"""GET /events: the stream that tells a page that something changed. It names a noun and an id, never contents."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, request, session
from flask.typing import ResponseReturnValue

from .. import live
from ..session import api, required

pages = Blueprint("events", __name__)


@pages.get("/events")
@required
def stream() -> ResponseReturnValue:
    """Relay the API's stream; 204 when too many are open, and the page asks now and then instead."""
    hub: live.Hub = current_app.extensions["lonja-live"]
    token: str = session["token"]
    tab = hub.join(token, api())
    if tab is None:
        return Response(status=204)
    headers = {"X-Accel-Buffering": "no"}
    return Response(live.relay(hub, token, tab, request.environ), mimetype="text/event-stream", headers=headers)


def attach(app: Flask) -> None:
    """Open the hub."""
    app.extensions["lonja-live"] = live.Hub(app.config["LONJA"].streams)
