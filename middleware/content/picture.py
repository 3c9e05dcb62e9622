"""PNG and JPEG pictures that are whole: every part that a reader needs, and nothing after the end."""

import zlib
from collections.abc import Iterator

from middleware.errors import Error

MOST_PIXELS = 100_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_END = b"\xff\xd9"


def check_png(name: str, content: bytes) -> None:
    """Refuse a PNG whose chunks are not all there with their right sums."""
    chunks = list(_chunks(name, content))
    kinds = [kind for kind, _ in chunks]
    if not kinds or kinds[0] != b"IHDR" or len(chunks[0][1]) != 13 or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise _damaged(name)
    _size(name, *(int.from_bytes(chunks[0][1][at : at + 4], "big") for at in (0, 4)))


def _chunks(name: str, content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        body, end = content[at + 4 : at + 8 + length], at + 12 + length
        if end > len(content) or int.from_bytes(content[end - 4 : end], "big") != zlib.crc32(body):
            raise _damaged(name)
        yield body[:4], body[4:]
        if body[:4] == b"IEND" and end != len(content):
            raise _damaged(name)
        at = end


def check_jpeg(name: str, content: bytes) -> None:
    """Refuse a JPEG without a frame, a scan or its end."""
    if not content.endswith(_END):
        raise _damaged(name)
    at, framed = 2, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise _damaged(name)
        marker = content[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(content):
            raise _damaged(name)
        if marker in _FRAMES and length >= 8:
            height, width = (int.from_bytes(content[at + place : at + place + 2], "big") for place in (5, 7))
            _size(name, width, height)
            framed = True
        if marker == 0xDA and framed and at + 2 + length < len(content) - len(_END):
            return  # the scan runs to the end
        at += 2 + length
    raise _damaged(name)


def _size(name: str, width: int, height: int) -> None:
    if not width or not height:
        raise Error(
            "invalid", f"{name} is a picture without size; send one that shows something", reason="empty", field="file"
        )
    if width * height > MOST_PIXELS:
        message = f"{name} has {width} x {height} pixels; a picture has at most {MOST_PIXELS}"
        raise Error("invalid", message, reason="size", field="file")


def _damaged(name: str) -> Error:
    message = f"{name} is a damaged picture; open it, save it anew and send that"
    return Error("invalid", message, reason="damaged", field="file")
