"""Files through this door: how one comes in, as a form or as it is, and how one goes out, to be kept and not shown."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

from flask import Response, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from middleware.api.access import reading
from middleware.api.bodies import Blueprint
from middleware.content import MOST_BYTES, too_large
from middleware.database import Session
from middleware.errors import Error
from middleware.services.documents import Given

ROOM = 64 * 1024  # for what a form has beside its file
MULTIPART = "multipart/form-data"
TYPES = ("application/pdf", "image/png", "image/jpeg")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
# For the OpenAPI document: one file, in a form or as the body itself.
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        **dict.fromkeys(TYPES, _BINARY),
    },
}
# What a download promises: the type that the file was found to be of.
CONTENT: dict[str, Any] = {"200": {"description": "The file, to be saved.", "content": dict.fromkeys(TYPES, _BINARY)}}


def given_out(blp: Blueprint) -> Callable[[Any], Any]:
    """Declare a route whose answer is a stored file, whatever its type."""
    file = blp.response(200, _BINARY["schema"], content_type=TYPES[0])
    return lambda view: blp.doc(responses=CONTENT)(file(view))


def received(name: str) -> Given:
    """The file of this request. `name` is what a raw body is called; the cap is kept before anything is parsed."""
    if (request.content_length or 0) > MOST_BYTES + ROOM:
        raise too_large(name or "the file", request.content_length or 0)
    request.max_content_length = MOST_BYTES + ROOM
    request.max_form_parts = 8
    try:
        return _of_form() if request.mimetype == MULTIPART else _raw(name)
    except RequestEntityTooLarge:
        raise too_large(name or "the file", request.content_length or MOST_BYTES + 1) from None


def _of_form() -> Given:
    files: list[FileStorage] = [file for _name, file in request.files.items(multi=True)]
    try:
        return _only(files)
    finally:
        for file in files:
            file.close()


def _only(files: list[FileStorage]) -> Given:
    if len(files) != 1 or files[0].name != "file":
        message = f"a form with one file named 'file' is needed; this one has {len(files)} files"
        raise Error("invalid", message, reason="file", field="file")
    return Given(files[0].filename or "", files[0].read(MOST_BYTES + 1), files[0].mimetype or "")


def _raw(name: str) -> Given:
    if request.mimetype not in (*TYPES, "application/octet-stream"):
        said = request.mimetype or "nothing"
        raise UnsupportedMediaType(
            f"Send a form, or the file itself as one of {', '.join(TYPES)}; Content-Type says {said[:80]}."
        )
    return Given(name, request.get_data(cache=False), request.mimetype)


def attached(content: bytes, kind: str, name: str) -> Response:
    """A file to keep, under a name of ours."""
    return _named(Response(content, mimetype=kind), name)


def streamed(begin: Callable[[Session], tuple[Iterator[bytes], str]], kind: str) -> Response:
    """A file that is sent while it is read. `begin` gives its pieces and its name, or refuses while it still can."""
    with ExitStack() as stack:
        pieces, name = begin(stack.enter_context(reading()))
        response = _named(Response(pieces, mimetype=kind), name)
        response.call_on_close(stack.pop_all().close)
        return response


def _named(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def attachment(content: bytes, *, name: str, media_type: str, hash: str) -> Response:
    """A verified file to be saved: never shown in place, never sniffed, with its own hash."""
    response = Response(content, mimetype=media_type)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(hash)).decode()}:"
    response.set_etag(hash)
    return response
