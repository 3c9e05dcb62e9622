"""A server of one file, as a release page is: with ranges, and with every fault that a test asks for."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Served:
    """The file and the faults. `break_at`: the line breaks after so many bytes, once. `ranges`: whether it has them."""

    content: bytes
    url: str = ""
    tag: str = '"one"'
    status: int = 200
    break_at: int | None = None
    ranges: bool = True
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(content: bytes) -> Iterator[Served]:
    """Serve for as long as the block lasts."""
    served = Served(content)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, served)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}/fabric.tar.gz"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield served
        server.shutdown()


def _answer(handler: http.server.BaseHTTPRequestHandler, served: Served) -> None:
    wanted = handler.headers.get("Range", "")
    served.asked.append(wanted)
    if served.status != 200:
        handler.send_error(served.status)
        return
    begin = 0
    if wanted and served.ranges and handler.headers.get("If-Range") == served.tag:
        begin = int(wanted.removeprefix("bytes=").rstrip("-"))
    handler.send_response(206 if begin else 200)
    handler.send_header("ETag", served.tag)
    handler.send_header("Content-Length", str(len(served.content) - begin))
    handler.end_headers()
    end, served.break_at = served.break_at or len(served.content), None
    handler.wfile.write(served.content[begin:end])
