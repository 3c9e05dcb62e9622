"""A desk: one signed-in user of the API. The seed, the demo, tests and benches act through desks and nothing else."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import requests
import uuid6

Json = dict[str, Any]
PATIENCE_SECONDS = 120.0
WAIT_SECONDS = 20
SEEDED_AT_MS = 1795305600000  # 2026-11-22, the time in every id that is derived and not drawn


class Refused(Exception):
    """The API said no: its problem document, in words."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.code: str = problem.get("code", "")
        self.reason: str = problem.get("reason", "")
        fields = "; ".join(f"{e.get('pointer')}: {e.get('message')}" for e in problem.get("errors") or [])
        detail = problem.get("detail") or problem.get("title") or "no reason given"
        super().__init__(f"{status} {self.code}/{self.reason}: {detail}{f' ({fields})' if fields else ''}")


class Desk:
    """A user's token and the verbs of the API. Not for two threads at once: each makes its own."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.username = username
        self.server_ms = 0.0  # what the last answer took the server, by its own word
        self._http = requests.Session()
        self._http.trust_env = False
        signed_in = self._sign_in({"username": username, "password": password})
        self.authorisation = f"Bearer {signed_in['token']}"
        self._http.headers["Authorization"] = self.authorisation
        self.user: Json = signed_in["user"]
        self.party: str = self.user["party"]

    def _sign_in(self, login: Mapping[str, str]) -> Json:
        """A token; sign-ins are rationed, so this waits when it is told to."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.post("/tokens", login)
            except Refused as refused:
                if refused.status != 429 or time.monotonic() > deadline:
                    raise
            time.sleep(1.0)

    def get(self, path: str, **query: str) -> Json:
        """One object, or one page of a list."""
        return self._answer(self._http.get(f"{self.url}/v1{path}", params=query, timeout=60))

    def every(self, path: str, **query: str) -> Iterator[Json]:
        """All items of a list, page by page."""
        page = self.get(path, limit="200", **query)
        yield from page["items"]
        while page["has_more"]:
            page = self.get(path, limit="200", starting_after=page["next"], **query)
            yield from page["items"]

    def find(self, path: str) -> Json | None:
        """One object, or None where there is none (for this user)."""
        try:
            return self.get(path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def post(self, path: str, body: Mapping[str, Any], **headers: str) -> Json:
        """What moves no value, or a command sent without waiting: `Idempotency_Key` in the headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._answer(self._http.post(f"{self.url}/v1{path}", json=body, headers=named, timeout=60))

    def upload(self, path: str, name: str, content: bytes, media_type: str) -> Json:
        """Send one file, as a form does."""
        file = {"file": (name, content, media_type)}
        return self._answer(self._http.post(f"{self.url}/v1{path}", files=file, timeout=60))

    def patch(self, path: str, body: Mapping[str, Any]) -> Json:
        return self._answer(self._http.patch(f"{self.url}/v1{path}", json=body, timeout=60))

    def command(self, path: str, body: Mapping[str, Any], id: str = "") -> Json:
        """Send a command and wait for its outcome on the ledger. A refusal, ours or the ledger's, raises Refused.

        While the answer is unknown the same request is repeated under the same id, which can do nothing twice.
        """
        id = id or new_id()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.post(path, body, Idempotency_Key=id, Prefer=f"wait={WAIT_SECONDS}")
                if answer.get("draft") and not answer["submission"]:
                    return answer  # it waits for another user
                if answer["submission"]["status"] == "done":
                    return answer
            except requests.ConnectionError as error:
                answer = {"error": str(error)}
            except Refused as refused:
                if refused.status not in (429, 503):
                    raise
                answer = refused.problem
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} has no outcome after {PATIENCE_SECONDS:.0f} s: {answer}")
            time.sleep(0.2)

    def _answer(self, response: requests.Response) -> Json:
        self.server_ms = float(response.headers.get("Server-Timing", "app;dur=0").partition("dur=")[2])
        if response.status_code == 204:
            return {}
        try:
            body: Json = response.json()
        except requests.JSONDecodeError:
            body = {"detail": response.text[:200]}
        if response.status_code >= 400:
            raise Refused(response.status_code, body)
        return body


def new_id() -> str:
    """A command id that nobody had before."""
    return str(uuid6.uuid7())


def derived_id(label: str) -> str:
    """The command id of a step that must happen once however often it is tried: UUIDv7, from the step's name."""
    raw = bytearray(SEEDED_AT_MS.to_bytes(6, "big") + hashlib.sha256(label.encode()).digest()[:10])
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(raw)))


def money(minor: int) -> str:
    """Minor units of a currency with two digits, as people write them."""
    return f"{minor // 100:,}.{minor % 100:02d}"


def path(noun: str, id: str, *rest: str) -> str:
    """`/orders/ALICE:0192…/cancellation`, whatever the id is made of."""
    return "/" + "/".join([noun, quote(id, safe=":"), *rest])
