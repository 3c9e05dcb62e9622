"""Where one FIX message ends and the next begins, before anybody believes what it says."""

import re

from middleware.fix.message import SOH

MOST_BYTES = 64 * 1024
MOST_ENTRIES = 1_000
_HEAD = re.compile(rb"8=FIX[^\x01]{1,8}\x019=([0-9]{1,7})\x01")
_TAIL = re.compile(rb"10=[0-9]{3}\x01")
_TAIL_BYTES = 7
_LONGEST_HEAD = 32
_COUNT = re.compile(rb"\x01(?:78|382|453|454|555|711|802|539|232|136|768|386)=([0-9]+)\x01")


class Garbled(Exception):
    """What came is no FIX message, or one that nobody may send; says what is wrong."""


class Frames:
    """Cuts a stream of bytes into messages. What is too long, or has too many entries, is not waited for."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.skipped = b""

    @property
    def waiting(self) -> bool:
        """Whether a message has begun that has not ended."""
        return bool(self._bytes)

    def feed(self, more: bytes) -> list[bytes]:
        """The messages that are whole now."""
        self._bytes += more
        found: list[bytes] = []
        while (message := self._next()) is not None:
            found.append(message)
        return found

    def _next(self) -> bytes | None:
        begin = self._bytes.find(b"8=FIX")
        if begin > 0:  # as the standard says: a garbled message is ignored up to the next that begins
            self.skipped = bytes(self._bytes[:begin])
            del self._bytes[:begin]
        head = _HEAD.match(self._bytes)
        if head is None:
            if len(self._bytes) > _LONGEST_HEAD:
                raise Garbled("no BeginString (8) and BodyLength (9) at the beginning")
            return None
        end = head.end() + int(head[1]) + _TAIL_BYTES
        if end > MOST_BYTES:
            raise Garbled(f"a message of {end} bytes; {MOST_BYTES} is the most")
        if len(self._bytes) < end:
            return None
        message = bytes(self._bytes[:end])
        if not _TAIL.fullmatch(message[-_TAIL_BYTES:]):
            self._skip(head.end())
            return self._next()
        del self._bytes[:end]
        _only_text(message)
        _few_entries(message)
        return message

    def _skip(self, begin: int) -> None:
        """A wrong BodyLength: go on at the next message that begins."""
        again = self._bytes.find(b"8=FIX", begin)
        end = len(self._bytes) if again < 0 else again
        self.skipped = bytes(self._bytes[:end])
        del self._bytes[:end]


def _only_text(message: bytes) -> None:
    if b"\0" in message:
        raise Garbled("a NUL character; no text of a message has one")


def _few_entries(message: bytes) -> None:
    for count in _COUNT.findall(message):
        if len(count) > 6 or int(count) > MOST_ENTRIES:
            raise Garbled(f"a group of {count.decode()} entries; {MOST_ENTRIES} is the most")


def is_sound(message: bytes) -> bool:
    """Whether the checksum is that of what stands before it."""
    return sum(message[:-_TAIL_BYTES]) % 256 == int(message[-4:-1])


def text(message: bytes) -> str:
    """For a log: a bar for the separator, and not too much of it."""
    return message[:500].decode(errors="replace").replace(SOH, "|")
