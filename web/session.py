"""Who is signed in: an encrypted cookie that holds the API's token, and the roads in and out of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Request, Response, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from werkzeug.wrappers import Response as BaseResponse

from . import client

LONGEST_SECONDS = 12 * 3600
IDLE_SECONDS = {"operator": 15 * 60}  # others:
IDLE_OTHERWISE = 60 * 60

P = ParamSpec("P")
R = TypeVar("R")


class EncryptedSessions(SessionInterface):
    """Flask's session in one cookie that only this console can read: the browser keeps it, and sees nothing."""

    def __init__(self, key: bytes) -> None:
        self._box = Fernet(key)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Read the cookie; one that is absent, old, altered or of another key is an empty session."""
        sealed = request.cookies.get(self.get_cookie_name(app), "")
        try:
            return SecureCookieSession(json.loads(self._box.decrypt(sealed.encode(), ttl=LONGEST_SECONDS)))
        except (InvalidToken, ValueError):
            return SecureCookieSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie when something changed; take it back when nothing is left."""
        name = self.get_cookie_name(app)
        if not session:
            if session.modified:
                response.delete_cookie(name, path="/", secure=self.get_cookie_secure(app), samesite="Strict")
            return
        if session.modified:
            sealed = self._box.encrypt(json.dumps(dict(session)).encode()).decode()
            response.set_cookie(
                name, sealed, path="/", httponly=True, secure=self.get_cookie_secure(app), samesite="Strict"
            )
        response.vary.add("Cookie")


def seconds() -> int:
    """What time it is, in seconds: the console's one look at a clock."""
    return int(time.time())


def sign_in(token: str, user: dict[str, Any]) -> None:
    """Begin a new session for `user`: nothing of the one before it survives but the chosen look."""
    kept = {name: session[name] for name in ("theme",) if name in session}
    session.clear()
    session.update(kept, token=token, user=user, language=user.get("language") or "en", seen=seconds())


def sign_out() -> None:
    """Forget the token and everything else, keeping the language."""
    kept = {name: session[name] for name in ("theme", "language") if name in session}
    session.clear()
    session.update(kept)


def refresh() -> None:
    """Look again who is signed in: a party that was admitted meanwhile has its roles without signing in anew."""
    if not roles() and session.get("token"):
        session["user"] = api().get("/users/me")


def user() -> dict[str, Any]:
    """The signed-in user (username, party, roles), or an empty mapping."""
    found: dict[str, Any] = session.get("user", {})
    return found


def roles() -> frozenset[str]:
    """Roles of the signed-in user's party."""
    return frozenset(user().get("roles", ()))


def api() -> client.Client:
    """The API as the signed-in user; one per request."""
    if "api" not in g:
        g.api = client.connect(
            token=session.get("token", ""), language=session.get("language", "en"), request_id=g.get("request_id", "")
        )
    found: client.Client = g.api
    return found


def required(view: Callable[P, R]) -> Callable[P, R | BaseResponse]:
    """Mark a page as one for signed-in users; others are asked to sign in and brought back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | BaseResponse:
        if not session.get("token"):
            return to_sign_in()
        return view(*args, **kwargs)

    return guarded


def to_sign_in() -> BaseResponse:
    """Send the browser to the sign-in page, remembering where it was; a fragment's request makes the whole page go."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    target = url_for("sessions.sign_in", next=None if here == "/" else here)
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": target})
    return redirect(target, 303)


def attach(app: Flask) -> None:
    """End sessions nobody uses: a page that refreshes itself does not count as use."""

    @app.before_request
    def idle() -> None:
        if not session.get("token"):
            return
        now = seconds()
        limit = min((IDLE_SECONDS.get(role, IDLE_OTHERWISE) for role in roles()), default=IDLE_OTHERWISE)
        if now - session.get("seen", 0) > limit:
            sign_out()
        elif now - session.get("seen", 0) > 30 and _by_hand():
            session["seen"] = now


def _by_hand() -> bool:
    """Whether a person asked for this, not a page that keeps itself fresh."""
    return not request.headers.get("HX-Request") and request.endpoint not in ("static", "events.stream")
