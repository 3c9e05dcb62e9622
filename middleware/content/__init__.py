"""What an uploaded file really is, by its bytes alone. What cannot be kept is refused with what would pass."""

from pathlib import PurePosixPath

import filetype

from middleware.content import pdf, picture
from middleware.errors import Error

MOST_BYTES = 10 * 1024 * 1024
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
SUFFIXES = {PDF: (".pdf",), PNG: (".png",), JPEG: (".jpg", ".jpeg")}
KINDS = {PDF: "a PDF", PNG: "a PNG picture", JPEG: "a JPEG picture"}
_CHECKS = {PDF: pdf.check, PNG: picture.check_png, JPEG: picture.check_jpeg}
_ANYTHING = ("", "application/octet-stream")  # what browsers and programs say of a file when they do not know


def check(name: str, content: bytes, *, declared: str = "") -> str:
    """The media type of a file that may be kept. Its name and what the sender declared must agree with its bytes."""
    if not content:
        raise refused("empty", f"{name} is empty; send the file with its content")
    if len(content) > MOST_BYTES:
        raise too_large(name, len(content))
    found = filetype.guess(content)
    type_ = found.mime if found else ""
    if type_ not in SUFFIXES:
        raise refused("type", f"{name} is neither PDF, PNG nor JPEG by its content; save it as a PDF and send that")
    if PurePosixPath(name).suffix.lower() not in SUFFIXES[type_]:
        wanted = " or ".join(SUFFIXES[type_])
        raise refused("type", f"{name} is {KINDS[type_]} by its content; its name must end in {wanted}")
    if declared not in (*_ANYTHING, type_):
        raise refused("type", f"{name} is {KINDS[type_]} by its content, but was sent as {declared[:80]}; send {type_}")
    _CHECKS[type_](name, content)
    return type_


def too_large(name: str, size: int) -> Error:
    """What to raise for a file beyond the cap, best before anything of it is read."""
    return refused("size", f"{name} has {size} bytes; a document has at most {MOST_BYTES} (10 MiB)")


def refused(reason: str, message: str) -> Error:
    """The refusal of a file."""
    return Error("invalid", message, reason=reason, field="file")
