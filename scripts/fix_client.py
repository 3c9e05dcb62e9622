"""A FIX 4.4 counterparty over TLS with a codec that is not the engine's: for the certification run and for tests.

It answers test requests and keeps sequence numbers, and for the rest sends what it is told, right or wrong.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import simplefix

VERSION = "FIX.4.4"
SOH = "\x01"
Fields = Mapping[int, str] | Iterable[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """Where to call, as whom, and what to show there. Without a certificate the line is not encrypted."""

    host: str
    port: int
    comp_id: str
    target: str = "LONJA"
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None

    def connect(self, seconds: float) -> socket.socket:
        """A connection; its other side must have a certificate of the authority, whatever name it is called by."""
        plain = socket.create_connection((self.host, self.port), seconds)
        if self.certificate is None:
            return plain
        context = ssl.create_default_context(cafile=self.authority)
        context.check_hostname = False  # a broker is told whom to trust, and may come through a tunnel
        context.load_cert_chain(self.certificate, self.key)
        return context.wrap_socket(plain)


class Heard:
    """One message that came."""

    def __init__(self, message: simplefix.FixMessage) -> None:
        self.pairs = [(int(tag), value.decode(errors="replace")) for tag, value in message.pairs]

    def __getitem__(self, tag: int) -> str:
        """The first value of a tag, "" where there is none."""
        return next((value for number, value in self.pairs if number == tag), "")

    @property
    def type(self) -> str:
        return self[35]

    def __str__(self) -> str:
        return "|".join(f"{tag}={value}" for tag, value in self.pairs if tag not in (8, 9, 10))

    def says(self, wanted: Mapping[int, str]) -> bool:
        """Whether it has these values; "*" is any value but none."""
        return all(self[tag] == value or (value == "*" and self[tag]) for tag, value in wanted.items())


class FixClient:
    """One session, from `connect` to `close`. `sent` and `heard` are all of it, oldest first."""

    def __init__(self, line: Line, *, next_out: int = 1) -> None:
        self.line = line
        self.next_out = next_out
        self.sent: list[str] = []
        self.heard: list[Heard] = []
        self.is_open = False
        self._unread: list[Heard] = []

    def connect(self, seconds: float = 5.0) -> None:
        """Call; says nothing yet."""
        self._parser = simplefix.FixParser()
        self._parser.set_allow_empty_values(True)
        self._socket = self.line.connect(seconds)
        self.is_open = True

    def close(self) -> None:
        """Hang up."""
        if self.is_open:
            self.is_open = False
            self._socket.close()

    def send(self, type: str, fields: Fields = (), *, seq: int = 0, header: Fields = (), sent_at: str = "") -> str:
        """Send a message under the next number, or under this one, which then changes nothing; answers its text."""
        raw = self.build(type, fields, seq=seq, header=header, sent_at=sent_at)
        self.next_out += 0 if seq else 1
        self.send_raw(raw)
        return self.sent[-1]

    def send_raw(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self.sent.append(raw.decode(errors="replace").replace(SOH, "|"))
        try:
            self._socket.sendall(raw)
        except OSError:
            self.close()

    def build(self, type: str, fields: Fields = (), *, seq: int = 0, header: Fields = (), sent_at: str = "") -> bytes:
        """A message as bytes, with length and checksum."""
        message = simplefix.FixMessage()
        begin = [(8, VERSION), (35, type), (49, self.line.comp_id), (56, self.line.target)]
        begin += [(34, str(seq or self.next_out)), (52, sent_at or now()), *_pairs(header)]
        for tag, value in [*begin, *_pairs(fields)]:
            message.append_pair(tag, value)
        return bytes(message.encode())

    def next(self, seconds: float) -> Heard | None:
        """The next message but for what is answered here; None when the time is up or the line is closed."""
        until = time.monotonic() + seconds
        while True:
            if self._unread:
                return self._unread.pop(0)
            if not self._read(until - time.monotonic()):
                return None

    def expect(self, type: str, wanted: Mapping[int, str] | None = None, *, seconds: float = 5.0) -> Heard | None:
        """The next message of this type with these values; others before it are heard and passed over."""
        until = time.monotonic() + seconds
        while (message := self.next(until - time.monotonic())) is not None:
            if message.type in type.split() and message.says(wanted or {}):
                return message
        return None

    def log_on(self, *, heartbeat_seconds: int = 30, reset: bool = False, seconds: float = 5.0) -> Heard | None:
        """Log on and answer what came: a Logon, a Logout with the reason, or nothing."""
        fields = {98: "0", 108: str(heartbeat_seconds), **({141: "Y"} if reset else {})}
        self.send("A", fields)
        return self.expect("A 5", seconds=seconds)

    def log_out(self, seconds: float = 5.0) -> Heard | None:
        """Say goodbye, wait for the answer, hang up."""
        self.send("5")
        answer = self.expect("5", seconds=seconds)
        self.close()
        return answer

    def _read(self, seconds: float) -> bool:
        """Whether the line is open and the time not up; what came is in `heard`."""
        if seconds <= 0 or not self.is_open:
            return False
        self._socket.settimeout(seconds)
        try:
            chunk = self._socket.recv(65_536)
        except TimeoutError:
            return False
        except OSError:
            chunk = b""
        if not chunk:
            self.close()
            return False
        self._parser.append_buffer(chunk)
        while (message := self._parser.get_message()) is not None:
            self._take(Heard(message))
        return True

    def _take(self, message: Heard) -> None:
        self.heard.append(message)
        if message.type == "1":
            self.send("0", {112: message[112]})
        elif message.type != "0" or message[112]:
            self._unread.append(message)


def now() -> str:
    """This instant as FIX writes it."""
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def _pairs(fields: Fields) -> list[tuple[int, str]]:
    return list(fields.items() if isinstance(fields, Mapping) else fields)
