"""The exchange's back door for tests and demonstrations: one JSON object a line over a socket in its folder.

{"do": "orders"} or "trades": what there is. {"do": "outsider", "order": 11, "quantity": "5", "price": "25"}: an
execution whose other side is a stranger's. {"do": "bust", "trade": id}, {"do": "correct", "trade": id, "price": "24"}.
{"do": "refuse", "count": 1}: refuse the next ones. {"do": "expire", "order": 11}. {"do": "silent"}, {"do": "speak"}.
"""

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from middleware.config import Config

Answer = Callable[[dict[str, Any]], Any]
TIMEOUT_SECONDS = 20.0


def path(config: Config) -> Path:
    """Where the exchange of an installation listens."""
    return config.state / "exchange" / "control.sock"


def answers(path: Path) -> bool:
    """Whether an exchange is at work there."""
    try:
        return bool(ask(path, "ping"))
    except (OSError, ValueError):
        return False


def ask(path: Path, do: str, **more: str | int) -> Any:
    """Have something done at the exchange behind that socket; what it answers. Raises ValueError when it cannot."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(TIMEOUT_SECONDS)
        caller.connect(str(path))
        caller.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
        answer = json.loads(caller.makefile().readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["answer"]


def serve(path: Path, answer: Answer) -> socketserver.ThreadingUnixStreamServer:
    """Answer there, in threads, until the server is shut down."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                try:
                    told = {"answer": answer(json.loads(line))}
                except (ValueError, KeyError, TypeError, ArithmeticError) as error:
                    told = {"error": repr(error)}
                self.wfile.write(json.dumps(told).encode() + b"\n")

    path.unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
    path.chmod(0o600)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
