"""Server-sent events: what changed, by noun and id."""

import json
from collections.abc import Iterator

from flask import Response, request

from middleware import auth, clock, measures, policy
from middleware.api.access import installation, principal, reading, token
from middleware.api.bodies import Blueprint
from middleware.auth import Principal
from middleware.errors import Error
from middleware.installation import Installation
from middleware.services import events, notices, talks
from middleware.services.events import Place

blp = Blueprint("events", __name__, url_prefix="/v1/events", description="What changed, as it happens")
HEARTBEAT_SECONDS = 15
LONGEST_SECONDS = 3600
_PARAMETERS = [
    {
        "in": "header",
        "name": "Last-Event-ID",
        "description": "The id of the last event received; those after it are told first.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,15}[.][0-9]{1,15}$"},
    }
]


@blp.route("", methods=["GET"])
@blp.doc(parameters=_PARAMETERS)
@blp.response(200, {"type": "string"}, content_type="text/event-stream", description="A stream of events.")
@blp.alt_response(204, description="Too many streams are open: ask again now and then instead.")
def stream() -> Response:
    """Watch: `event` is a noun, `data` names it by id. A comment every fifteen seconds shows that the line is alive."""
    place = request.headers.get("Last-Event-ID", "")
    with reading() as session:
        begin = events.parse(place) if place else events.latest(session)
    here = installation()
    if not here.streams.acquire(blocking=False):
        return Response(status=204, headers={"Retry-After": "5"})
    measures.STREAMS.inc()
    told = _told(here, principal(), token(), begin)
    response = Response(_Closing(told, here), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _event(noun: str, id: str) -> str:
    """One event. What the ledger did not tell, as of entries, has no place to come back to: the page asks anyway."""
    return f"event: {noun}\ndata: {json.dumps({'noun': noun, 'id': id})}\n\n"


class _Closing:
    """Gives the stream's place back however it ends, also when it never began."""

    def __init__(self, told: Iterator[str], here: Installation) -> None:
        self._told = told
        self._here: Installation | None = here

    def __iter__(self) -> Iterator[str]:
        return self._told

    def close(self) -> None:
        here, self._here = self._here, None
        if here is not None:
            here.streams.release()
            measures.STREAMS.dec()


def _told(here: Installation, who: Principal, bearer: str, place: Place) -> Iterator[str]:
    with here.reading() as session:
        noticed, heard = notices.last(session), talks.last(session, who.party)
    yield "retry: 2000\n\n"
    until_seconds = clock.monotonic() + LONGEST_SECONDS
    while clock.monotonic() < until_seconds:
        number = here.changes.number
        told = here.tail.after(place, number)
        for one in events.known_to(who, told):
            yield f"id: {one.place}\n{_event(one.noun, one.id)}"
        with here.reading() as session:
            fresh, talked = notices.after(session, noticed), talks.after(session, who.party, heard)
        for notice in fresh:
            noticed = notice.number
            if policy.may_know(who, notice.parties):
                yield _event("entry", notice.entry)
        for talk in talked:
            heard = talk.number
            yield _event("negotiation", talk.negotiation)
        if told:
            place = told[-1].place
        elif fresh or talked:
            continue
        elif here.changes.wait(number, HEARTBEAT_SECONDS) == number:
            try:
                with here.reading() as session:
                    who = auth.principal(session, bearer)
            except Error:
                return  # signed out, or expired
            yield ": alive\n\n"
