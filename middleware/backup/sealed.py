"""A stream of bytes under a passphrase: what was changed, cut short or belongs to another passphrase does not open.

The passphrase becomes a key by scrypt under a salt of the file's own. Then AES-256-GCM over pieces of a mebibyte, each
bound to its number and to whether it is the last, so that no piece can be left out, moved or taken for the end.
"""

import hashlib
import hmac
import io
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from middleware import ids
from middleware.errors import Error

MAGIC = b"lonja backup 1\n"
PIECE = 1024 * 1024
SHORTEST_PASSPHRASE = 12
_SALT, _CHECK, _TAG = 16, 32, 16
_SCRYPT = {"n": 2**16, "r": 8, "p": 1, "maxmem": 128 * 1024 * 1024, "dklen": 64}


class Sealing(io.RawIOBase):
    """Writes what it is given to `file`, sealed. Only `finish` makes it whole."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        super().__init__()
        if len(passphrase) < SHORTEST_PASSPHRASE:
            message = f"the passphrase must have at least {SHORTEST_PASSPHRASE} characters"
            raise Error("invalid", message, reason="passphrase")
        salt = ids.token(_SALT)
        self._key, check = _derived(passphrase, salt)
        self._file, self._number, self._waiting = file, 0, bytearray()
        file.write(MAGIC + salt + check)

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._waiting += content
        while len(self._waiting) > PIECE:
            self._piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(content)

    def finish(self) -> None:
        """Write the last piece."""
        self._piece(bytes(self._waiting), last=True)

    def _piece(self, content: bytes, *, last: bool) -> None:
        self._file.write(self._key.encrypt(_nonce(self._number, last), content, MAGIC))
        self._number += 1


class Opening(io.RawIOBase):
    """Reads what was sealed. Raises Error at the first byte that is not what was written, or is not there."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        super().__init__()
        head = file.read(len(MAGIC) + _SALT + _CHECK)
        if not head.startswith(MAGIC):
            raise Error("invalid", "this is not a backup of Lonja", reason="backup")
        if len(head) < len(MAGIC) + _SALT + _CHECK:
            raise _cut()
        salt, check = head[len(MAGIC) : -_CHECK], head[-_CHECK:]
        self._key, expected = _derived(passphrase, salt)
        if not hmac.compare_digest(check, expected):
            raise Error("invalid", "this is not the passphrase of this backup", reason="passphrase")
        self._file, self._number, self._rest = file, 0, b""
        self._coming: bytes = file.read(PIECE + _TAG)

    def readable(self) -> bool:
        return True

    def readinto(self, room: bytearray) -> int:  # type: ignore[override]
        if not self._rest and self._coming:
            self._rest = self._piece()
        taken = self._rest[: len(room)]
        room[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)

    def _piece(self) -> bytes:
        sealed, self._coming = self._coming, self._file.read(PIECE + _TAG)
        try:
            content = self._key.decrypt(_nonce(self._number, not self._coming), sealed, MAGIC)
        except InvalidTag:
            raise _cut() from None
        self._number += 1
        return content


def _derived(passphrase: str, salt: bytes) -> tuple[AESGCM, bytes]:
    """The key of the pieces, and what tells a wrong passphrase from a damaged file."""
    made = hashlib.scrypt(passphrase.encode(), salt=salt, **_SCRYPT)
    return AESGCM(made[:32]), hmac.digest(made[32:], MAGIC, "sha256")


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cut() -> Error:
    return Error("invalid", "the backup ends too early, or was changed: take another copy of it", reason="backup")
