"""Each process's own door for operators: probes and measures, on a port of its own that only this machine reaches.

It answers from a thread of its own, so also while the process is busy; what it tells of the database or the ledger is
read when asked. Nothing here needs a login: the port is for probes and a collector beside us, never for a network.
"""

import json
import socketserver
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

import middleware
from middleware import clock, measures
from middleware.config import Config

log = structlog.get_logger(__name__)
AGAIN_SECONDS = 1.0
LOOK_SECONDS = 1.0  # whether it is to close
Checks = Callable[[], Mapping[str, str]]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Door:
    """What a process tells its operators. `checks` answers what is ready: each "ok", or a sentence about why not."""

    def __init__(self, process: str, port: int, checks: Checks, bind: str = "127.0.0.1") -> None:
        self.checks = checks
        self._process = process
        self.port = port
        self._bind = bind
        self._stopping = threading.Event()
        self._server: _Server | None = None

    def open(self) -> "Door":
        """Answer from now on, until the process ends. Whoever still has the port is waited for: work goes on."""
        threading.Thread(target=self._serve, name="operations", daemon=True).start()
        return self

    def close(self) -> None:
        """Answer no more."""
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body for a path."""
        if path == "/metrics":
            registries: list[CollectorRegistry] = [measures.EVERYWHERE, measures.REGISTRIES[self._process]]
            return 200, CONTENT_TYPE_LATEST, b"".join(map(generate_latest, registries))
        known: dict[str, Callable[[], tuple[int, Any]]] = {
            "/livez": lambda: (200, {"status": "ok"}),
            "/readyz": self._readiness,
            "/version": lambda: (200, {"version": middleware.__version__, "process": self._process}),
        }
        status, body = known.get(path, lambda: (404, {"paths": [*known, "/metrics"]}))()
        return status, "application/json", json.dumps(body).encode()

    def _readiness(self) -> tuple[int, Any]:
        checks = self.checks()
        ready = all(said == "ok" for said in checks.values())
        return 200 if ready else 503, {"status": "ok" if ready else "failing", "checks": checks}

    def _serve(self) -> None:
        said = False
        while not self._stopping.is_set():
            try:
                self._server = _Server((self._bind, self.port), _handler(self))
            except OSError as error:
                if not said:
                    log.warning("operations port is taken, waiting", port=self.port, problem=str(error))
                said = True
                clock.sleep(AGAIN_SECONDS)
                continue
            with self._server as server:
                server.serve_forever(poll_interval=LOOK_SECONDS)


def open_door(process: str, config: Config, checks: Checks) -> Door:
    """Open the door of a process at its place."""
    return Door(process, config.operations_ports[process], checks, config.bind).open()


def _handler(door: Door) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "Lonja", ""
        timeout = 10

        def do_GET(self) -> None:
            try:
                status, kind, body = door.answer(self.path.partition("?")[0])
            except Exception:
                log.exception("operations door failed", path=self.path[:100])
                status, kind, body = 500, "application/json", b'{"status":"failing"}'
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """A probe is no news."""

    return Handler
