"""The ledger's rules without Fabric: one local process, in memory, for tests and for work on pages.

Every call is its own block, endorsed by nobody; so it says "sandbox" wherever it can be seen.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import requests
import structlog

from middleware.ledger import Block, Envelope, Refused, Tip, Transaction, Unavailable

log = structlog.get_logger(__name__)
SECONDS = 30
LONG_POLL_SECONDS = 5
AGAIN_AFTER_SECONDS = 0.5


class Sandbox:
    """The `sandbox` driver of the port."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._sessions = threading.local()
        self._closed = threading.Event()

    @property
    def organisation(self) -> str:
        return "operator"  # of whom the sandbox takes every batch to be

    def submit(self, batch: int, commands: Sequence[str]) -> Envelope:
        made = self._post("/submit", {"msp": "", "batch": str(batch), "commands": list(commands), "timestamp": ""})
        return Envelope(made["transaction_id"], b"")

    def genesis(self, file: bytes) -> Envelope:
        """The sandbox began with its genesis file."""
        raise Refused("duplicate", "genesis", "The sandbox began with its genesis file.")

    def resend(self, envelope: Envelope) -> None:
        """There is nothing to send again: what was answered is in a block."""

    def query(self, function: str, *args: str) -> Any:
        return self._post("/query", {"function": function, "args": list(args)})

    def blocks(self, start: int) -> Iterator[Block]:
        while not self._closed.is_set():
            try:
                found = self._get(f"/blocks?from={start}&wait={LONG_POLL_SECONDS}")["blocks"]
            except Unavailable as error:
                log.warning("sandbox away", problem=str(error))
                self._closed.wait(AGAIN_AFTER_SECONDS)
                continue
            for raw in found:
                yield _block(raw)
                start = raw["number"] + 1

    def heights(self) -> dict[str, int]:
        return {organisation: tip.height for organisation, tip in self.tips().items()}

    def tips(self) -> dict[str, Tip]:
        """The same for every organisation: the sandbox is all of them."""
        height = self._get("/healthz")["height"]
        last = self._get(f"/blocks?from={height - 1}")["blocks"][0]
        (began,) = self._get("/blocks?from=1")["blocks"][0]["transactions"]
        organisations = json.loads(began["args"][0])["organisations"]
        return {one["id"]: Tip(last["number"] + 1, last["hash"]) for one in organisations}

    def close(self) -> None:
        self._closed.set()

    def _get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def _post(self, path: str, body: Any) -> Any:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        try:
            answer = self._session().request(method, self._url + path, json=body, timeout=SECONDS)
            said = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise Unavailable(
                f"no sandbox at {self._url}: {type(error).__name__}", organisations=["sandbox"]
            ) from error
        if answer.ok:
            return said
        if answer.status_code >= 500:
            raise Unavailable(f"the sandbox failed: {said}", organisations=["sandbox"])
        raise Refused(said["code"], said["reason"], said["message"])

    def _session(self) -> requests.Session:
        """One for each thread: a Session is not safe to share."""
        session: requests.Session | None = getattr(self._sessions, "one", None)
        if session is None:
            session = self._sessions.one = requests.Session()
            session.trust_env = False  # never a proxy on loopback
        return session


def _block(raw: dict[str, Any]) -> Block:
    transactions = tuple(_transaction(one) for one in raw["transactions"])
    return Block(raw["number"], raw["previous_hash"], raw["hash"], transactions)


def _transaction(raw: dict[str, Any]) -> Transaction:
    return Transaction(
        id=raw["id"],
        code=raw["code"],
        at=datetime.fromisoformat(raw["at"]),
        msp_id=raw["msp"],
        function=raw["function"],
        args=tuple(arg.encode() for arg in raw["args"]),
        event=raw["event"] if raw["code"] == "VALID" else None,
        endorsers=tuple(raw["endorsers"]),
    )
