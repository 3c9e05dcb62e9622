"""The event stream, shared: one connection to the API per signed-in token, however many tabs that user has open."""

from __future__ import annotations

import queue
import select
import socket
import threading
from collections.abc import Iterator
from typing import Any

from .client import Client, Problem

WAKE_SECONDS = 1.0  # how soon a closed tab gives its thread back
HEARTBEATS = 15  # in wakes


class Stream:
    """One token's events, read by one thread and handed to every tab that listens."""

    def __init__(self) -> None:
        self.tabs: set[queue.Queue[str]] = set()

    def tell(self, text: str) -> None:
        """Hand one event to every tab; one that does not keep up loses it and refreshes at the next."""
        for tab in list(self.tabs):
            try:
                tab.put_nowait(text)
            except queue.Full:
                continue


class Hub:
    """All open streams of this process; `most` tabs at once, so that streams never take every thread of the server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0
        self._lock = threading.Lock()
        self._streams: dict[str, Stream] = {}

    def join(self, token: str, api: Client) -> queue.Queue[str] | None:
        """Begin to listen; None when as many tabs as we allow are listening already."""
        with self._lock:
            if self._open >= self._most:
                return None
            self._open += 1
            tab: queue.Queue[str] = queue.Queue(maxsize=100)
            stream = self._streams.get(token)
            if stream is None:
                stream = self._streams[token] = Stream()
                threading.Thread(target=self._read, args=(token, stream, api), name="events", daemon=True).start()
            stream.tabs.add(tab)
            return tab

    def leave(self, token: str, tab: queue.Queue[str]) -> None:
        """Stop listening; the connection to the API ends at its next line when nobody is left."""
        with self._lock:
            self._open -= 1
            for stream in self._streams.values():
                stream.tabs.discard(tab)

    def _read(self, token: str, stream: Stream, api: Client) -> None:
        lines: list[str] = []
        try:
            for line in api.events():
                if line:
                    lines.append(line)
                    continue
                if any(part.startswith("data:") for part in lines):
                    stream.tell("\n".join(lines) + "\n\n")
                lines = []
                if self._forgotten(token, stream):
                    return
        except Problem:
            pass  # the tabs are told below; the browser asks again
        self._end(token, stream)

    def _forgotten(self, token: str, stream: Stream) -> bool:
        with self._lock:
            if stream.tabs:
                return False
            if self._streams.get(token) is stream:
                del self._streams[token]
            return True

    def _end(self, token: str, stream: Stream) -> None:
        with self._lock:
            if self._streams.get(token) is stream:
                del self._streams[token]
        stream.tell("")


def gone(connection: socket.socket | None) -> bool:
    """Whether the browser has closed its end."""
    if connection is None:
        return False
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


def relay(hub: Hub, token: str, tab: queue.Queue[str], environ: dict[str, Any]) -> Iterator[str]:
    """What one tab receives: events, a heartbeat comment now and then, and the end when the API's stream ends."""
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    quiet = 0
    try:
        yield "retry: 3000\n\n"
        while not gone(connection):
            try:
                text = tab.get(timeout=WAKE_SECONDS)
            except queue.Empty:
                quiet += 1
                if quiet % HEARTBEATS == 0:
                    yield ": still here\n\n"
                continue
            if not text:
                return
            yield text
    finally:
        hub.leave(token, tab)
