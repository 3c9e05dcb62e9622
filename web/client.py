"""The API as Python calls: the one module that speaks HTTP to the middleware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests
from flask import Flask, current_app
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

CONNECT_SECONDS = 3.05
READ_SECONDS = 15.0
FILE_SECONDS = 60.0  # a long paper takes its time


@dataclass(slots=True)
class Problem(Exception):
    """What the API answered instead of doing it. `unknown` says that it may have been done all the same."""

    status: int
    code: str
    message: str
    reason: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)
    request_id: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first; `next` is the cursor of what follows, or empty."""

    items: list[dict[str, Any]]
    next: str


class Client:
    """The API on behalf of one signed-in user, for one request."""

    def __init__(
        self, http: requests.Session, url: str, *, token: str = "", language: str = "en", request_id: str = ""
    ):
        self._http, self._url = http, url
        self._headers = {"Accept": "application/json", "Accept-Language": language}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        if request_id:
            self._headers["X-Request-Id"] = request_id

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """One resource."""
        given = {name: value for name, value in params.items() if value not in ("", None)}
        return self._call("GET", path, params=given)

    def page(self, path: str, **params: Any) -> Page:
        """One page of a list."""
        body = self.get(path, **params)
        return Page(body["items"], body.get("next") or "" if body.get("has_more") else "")

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """A list in full, for the short ones (instruments, parties): at most 1,000 items."""
        items: list[dict[str, Any]] = []
        after = ""
        while len(items) < 1000:
            page = self.page(path, limit=200, starting_after=after, **params)
            items += page.items
            after = page.next
            if not after:
                break
        return items

    def file(self, path: str, **params: Any) -> tuple[bytes, dict[str, str]]:
        """A file that the API keeps or makes, and what to tell the browser of it."""
        given = {name: value for name, value in params.items() if value not in ("", None)}
        options: dict[str, Any] = {"headers": {"Accept": "*/*"}, "timeout": (CONNECT_SECONDS, FILE_SECONDS)}
        answer = self._ask("GET", path, params=given, **options)
        names = ("Content-Type", "Content-Disposition")
        return answer.content, {name: answer.headers[name] for name in names if name in answer.headers}

    def send(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str = "", wait: int = 0
    ) -> dict[str, Any]:
        """Change something. `key` is the command's id, the same at every try; `wait` is in seconds, for the outcome."""
        headers = {}
        if key:
            headers["Idempotency-Key"] = key
        if wait:
            headers["Prefer"] = f"wait={wait}"
        return self._call(
            method, path, json=body or {}, headers=headers, timeout=(CONNECT_SECONDS, READ_SECONDS + wait)
        )

    def upload(self, path: str, name: str, content: bytes, media_type: str, **params: str) -> dict[str, Any]:
        """Send one file. A large one takes as long as it takes."""
        file = {"file": (name, content, media_type)}
        return self._call("POST", path, files=file, params=params, timeout=(CONNECT_SECONDS, FILE_SECONDS))

    def events(self) -> Iterator[str]:
        """Lines of the event stream, for as long as it lasts."""
        headers = {**self._headers, "Accept": "text/event-stream"}
        try:
            with self._http.get(
                f"{self._url}/v1/events", headers=headers, stream=True, timeout=(CONNECT_SECONDS, 45)
            ) as answer:
                if answer.status_code != 200:
                    raise _problem(answer)
                yield from answer.iter_lines(chunk_size=1, decode_unicode=True)
        except requests.RequestException as fault:
            raise Problem(503, "unavailable", "The event stream ended.") from fault

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self._ask(method, path, **options)
        return cast(dict[str, Any], answer.json()) if answer.content else {}

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**self._headers, **options.pop("headers", {})}
        options.setdefault("timeout", (CONNECT_SECONDS, READ_SECONDS))
        root = "" if path.startswith(("/version", "/readyz")) else "/v1"
        try:
            answer = self._http.request(
                method, f"{self._url}{root}{path}", headers=headers, allow_redirects=False, **options
            )
        except requests.RequestException as fault:
            raise Problem(503, "unavailable", "The service does not answer.", unknown=True) from fault
        if answer.status_code >= 300:
            raise _problem(answer)
        return answer


def _problem(answer: requests.Response) -> Problem:
    """Read problem+json; an answer that is none (a proxy's page, a crash) becomes `internal`."""
    try:
        body = answer.json()
        body = body if isinstance(body, dict) else {}
    except requests.JSONDecodeError:
        body = {}
    message = body.get("message") or body.get("detail") or body.get("title") or f"Answer {answer.status_code}."
    return Problem(
        status=answer.status_code,
        code=str(body.get("code", "internal")),
        message=str(message),
        reason=str(body.get("reason") or ""),
        errors=[error for error in body.get("errors") or [] if isinstance(error, dict)],
        request_id=str(body.get("request_id") or answer.headers.get("X-Request-Id", "")),
        unknown=answer.status_code >= 500,
    )


def attach(app: Flask) -> None:
    """Give the console one pool of connections: no cookies, no proxies of the environment, reads tried again."""
    http = requests.Session()
    http.trust_env = False
    http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    retry = Retry(connect=2, read=1, status=0, other=0, allowed_methods={"GET"}, backoff_factor=0.2)
    for scheme in ("http://", "https://"):
        http.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=64, max_retries=retry))
    app.extensions["lonja-api"] = http


def connect(*, token: str = "", language: str = "en", request_id: str = "") -> Client:
    """The API for `token` (none: only what is open to all)."""
    http: requests.Session = current_app.extensions["lonja-api"]
    return Client(http, current_app.config["LONJA"].api_url, token=token, language=language, request_id=request_id)
