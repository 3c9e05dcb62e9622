"""Fetch one large file, with progress, so that a broken line is taken up where it broke.

Standard library only: it runs before there is an environment. What has come stands beside the target as `.part`, with
what the server calls that version of the file; another version begins anew.
"""

import errno
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import BinaryIO

from scripts.progress import Reporter

TIMEOUT_SECONDS = 60
CHUNK = 256 * 1024
MEGABYTE = 1_000_000
AGAIN = "type: make fabric"


class NotFetched(Exception):
    """The file could not be had. The message says why, what is kept, and what to do."""


@dataclass(frozen=True)
class Part:
    """What has come so far, and of which version of the file."""

    path: Path

    @property
    def tag(self) -> Path:
        return self.path.with_name(f"{self.path.name}.tag")

    def size(self) -> int:
        """Bytes that can be gone on from: only of a version that the server can be asked for again."""
        known = self.path.exists() and self.tag.exists() and self.tag.read_text()
        return self.path.stat().st_size if known else 0

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)


def fetch(url: str, target: Path) -> None:
    """Have the file at `target`, whole. Raises NotFetched; what has come by then is kept."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Part(target.with_name(f"{target.name}.part"))
    try:
        _fetch(url, part)
    except OSError as error:
        raise NotFetched(_words(url, part, error)) from error
    except (http.client.HTTPException, ValueError) as error:
        raise NotFetched(f"{url}: {type(error).__name__} {error}".rstrip()) from error
    os.replace(part.path, target)
    part.forget()


def _fetch(url: str, part: Part) -> None:
    with _ask(url, part) as answer:
        goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        begin = part.size() if goes_on else 0
        if not goes_on:
            part.forget()
            part.tag.write_text(_version(answer.headers))
        length = answer.headers.get("Content-Length")
        total = begin + int(length) if length else 0
        with part.path.open("ab") as file:
            _copy(answer, file, begin, total)
    if total and part.path.stat().st_size != total:
        raise NotFetched(f"{url}: the line broke {_far(part.path.stat().st_size, total)}; it is kept; {AGAIN}")


def _ask(url: str, part: Part) -> http.client.HTTPResponse:
    """The whole file, or what is still missing of the version that we have the beginning of."""
    if urllib.parse.urlparse(url).scheme not in ("http", "https"):
        raise NotFetched(f"{url!r} is no address to fetch from: it must begin with https:// or http://")
    headers = {"User-Agent": "lonja"}
    if begin := part.size():
        headers |= {"Range": f"bytes={begin}-", "If-Range": part.tag.read_text()}
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS
        )
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and begin:
                part.forget()
                return _ask(url, part)
            raise NotFetched(f"{url}: the server answers {error.code} {error.reason}{_hint(error.code)}") from error
    return answer


def _copy(answer: http.client.HTTPResponse, file: BinaryIO, begin: int, total: int) -> None:
    reporter, done = Reporter("Download"), begin
    try:
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            done += len(chunk)
            reporter.show(_far(done, total))
    except http.client.IncompleteRead as error:
        file.write(error.partial)
    else:
        reporter.done(_far(done, total))


def _far(done: int, total: int) -> str:
    return f"{done / MEGABYTE:.1f} of {total / MEGABYTE:.1f} MB" if total else f"{done / MEGABYTE:.1f} MB"


def _version(headers: Message) -> str:
    """What the server calls this version; a weak name is no promise of the same bytes."""
    tag = headers.get("ETag") or ""
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified") or ""


def _hint(code: int) -> str:
    return (
        "; is it the right version? see LONJA_FABRIC_VERSION and LONJA_FABRIC_URL"
        if code == http.HTTPStatus.NOT_FOUND
        else ""
    )


def _words(url: str, part: Part, error: OSError) -> str:
    kept = f"; {part.size() / MEGABYTE:.1f} MB are kept" if part.size() else ""
    if error.errno == errno.ENOSPC:
        return f"there is no room for it on the disk of {part.path.parent}{kept}. Make room, then {AGAIN}"
    reason = getattr(error, "reason", None) or error
    host = urllib.parse.urlparse(url).hostname
    return (
        f"{host} cannot be reached ({reason}){kept}. Without the internet `make run` goes on with what is there: "
        "2.1.1 built from Go modules, or the folder that FABRIC_BIN names. With another address: LONJA_FABRIC_URL"
    )
