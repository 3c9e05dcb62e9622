"""Who asks, and whether he may: before every request, by the policy table. Also the sessions of a request."""

import re
from contextlib import AbstractContextManager
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request

from middleware import auth, clock, ids, log, policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.installation import Installation

records = structlog.get_logger(__name__)
LOOKING = ("GET", "HEAD", "OPTIONS")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_COMMAND_ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_TOKEN = re.compile(r"lonja_(?:live|test)_[A-Za-z0-9_-]{43}", re.ASCII)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "interest-cohort=()",
    "Cache-Control": "no-store",
}


def register(app: Flask) -> None:
    """Check every request of the application, and give every answer its headers."""
    app.before_request(_begin)
    app.before_request(_admit)
    app.after_request(_finish)


def installation() -> Installation:
    """The database and the rest of what this process works with."""
    found: Installation = current_app.extensions["lonja"]
    return found


def reading() -> AbstractContextManager[Any]:
    """A session for queries."""
    return installation().reading()


def writing() -> AbstractContextManager[Any]:
    """A session for one use case, which commits."""
    return installation().writing()


def principal() -> Principal:
    """Who asks."""
    found: Principal = g.principal
    return found


def token() -> str:
    """The bearer token of this request. Cookies are never looked at, so nothing can be asked in another's name."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _TOKEN.fullmatch(value.strip()):
        raise Error("unauthenticated", "Send the token as: Authorization: Bearer lonja_…", reason="token")
    return value.strip()


def _begin() -> None:
    wanted = request.headers.get("X-Request-Id", "")
    g.request_id = wanted if _REQUEST_ID.fullmatch(wanted) else ids.new()
    log.begin(request=g.request_id)
    g.started_at = clock.now()
    g.began = clock.monotonic()
    g.principal = None


def _admit() -> None:
    endpoint = request.endpoint
    if endpoint is None or endpoint in policy.PUBLIC:
        return  # no such route: the answer is 404 or 405
    g.principal = _principal(token())
    policy.allow(g.principal, endpoint)


def _principal(bearer: str) -> Principal:
    known = installation().known
    found = known.get(bearer)
    if found is None:
        with reading() as session:
            found = auth.principal(session, bearer)
        known.remember(bearer, found)
    return found


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers["Server-Timing"] = f"app;dur={(clock.monotonic() - g.began) * 1000:.1f}"
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.method not in LOOKING:
        _note(response)
    return response


def _note(response: Response) -> None:
    """Who asked for a change, under which id, and what was answered: joins a request to its command in the logs."""
    who: Principal | None = g.principal
    command = request.headers.get("Idempotency-Key", "")
    named = {"id": command} if _COMMAND_ID.fullmatch(command) else {}
    named |= {"party": who.party, "user": str(who.number)} if who else {}
    took = round((clock.monotonic() - g.began) * 1000, 1)
    records.info("request answered", route=request.endpoint, status=response.status_code, milliseconds=took, **named)
