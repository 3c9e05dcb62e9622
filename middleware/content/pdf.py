"""A PDF that only shows pages: one that is damaged, locked, or could act by itself is refused."""

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from middleware import clock
from middleware.errors import Error

SECONDS = 15.0  # a reader's time is what a hostile file costs; ordinary ones take milliseconds
DEEPEST = 60
# Names in a dictionary, types of actions and annotations: what runs, starts or carries something.
_KEYS = {
    "/JS": "JavaScript",
    "/JavaScript": "JavaScript",
    "/EmbeddedFiles": "embedded files",
    "/EF": "embedded files",
    "/AF": "embedded files",
    "/AA": "actions of its own",
    "/XFA": "an XFA form",
    "/RichMediaContent": "rich media",
}
_ACTIONS = {
    "/JavaScript": "JavaScript",
    "/Launch": "an action that starts a program",
    "/SubmitForm": "an action that sends a form",
    "/ImportData": "an action that reads a file",
    "/GoToR": "an action that opens another file",
    "/GoToE": "an action that opens another file",
    "/Rendition": "a film or sound",
    "/Movie": "a film or sound",
    "/Sound": "a film or sound",
    "/RichMediaExecute": "rich media",
}
_KINDS = {
    "/FileAttachment": "embedded files",
    "/EmbeddedFile": "embedded files",
    "/RichMedia": "rich media",
    "/Screen": "a film or sound",
    "/3D": "rich media",
}
# All that the parser is known to raise for bytes that are no sound PDF.
_DAMAGED = (
    PyPdfError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RecursionError,
    OSError,
    OverflowError,
)


def check(name: str, content: bytes) -> None:
    """Refuse what is no whole, open PDF of at least one page, or could do more than be looked at."""
    until_seconds = clock.monotonic() + SECONDS
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise _refused("locked", f"{name} is locked by a password; save it without one")
        if not len(reader.pages):
            raise _refused("empty", f"{name} is a PDF without pages; send one that has some")
        for found in _objects(reader, until_seconds, name):
            if what := active(found):
                message = f"{name} holds {what}, which could act by itself; print it to a new PDF and send that"
                raise _refused("active", message)
    except _DAMAGED:
        raise _refused("damaged", f"{name} is a damaged PDF; open it, save it anew and send that") from None


def active(value: Any, depth: int = 0) -> str:
    """What in an object could act by itself, in words; "" when nothing could. References are looked at on their own."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, ArrayObject):
        return next((what for item in value if (what := active(_direct(item), depth + 1))), "")
    if not isinstance(value, DictionaryObject):
        return ""
    if what := _named(value):
        return what
    items = (dict.__getitem__(value, key) for key in value)
    return next((what for item in items if (what := active(_direct(item), depth + 1))), "")


def _named(found: DictionaryObject) -> str:
    for key, what in _KEYS.items():
        if key in found:
            return what
    if what := _ACTIONS.get(_name(found, "/S"), "") or _KINDS.get(_name(found, "/Subtype"), ""):
        return what
    if what := _KINDS.get(_name(found, "/Type"), ""):
        return what
    opening = found.get("/OpenAction")
    opening = opening.get_object() if isinstance(opening, IndirectObject) else opening
    if isinstance(opening, DictionaryObject) and _name(opening, "/S") != "/GoTo":  # to begin at a page is no act
        return active(opening) or "an action that runs when it is opened"
    return ""


def _name(found: DictionaryObject, key: str) -> str:
    value = found.get(key)
    value = value.get_object() if isinstance(value, IndirectObject) else value
    return str(value) if isinstance(value, str) else ""


def _direct(value: Any) -> Any:
    return None if isinstance(value, IndirectObject) else value


def _objects(reader: PdfReader, until_seconds: float, name: str) -> Iterator[Any]:
    """Every object that the file's tables know, used by a page or not."""
    numbers = {(number, generation) for generation, known in reader.xref.items() for number in known}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(numbers):
        if clock.monotonic() > until_seconds:
            raise _refused("size", f"{name} is too intricate to be checked; print it to a new PDF and send that")
        yield reader.get_object(IndirectObject(number, generation, reader))


def _refused(reason: str, message: str) -> Error:
    return Error("invalid", message, reason=reason, field="file")
