"""Identifiers: the only module that makes random ones."""

import hashlib
import re
import secrets
from uuid import UUID

import uuid6

from middleware.errors import Error

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{1,31}", re.ASCII)


def new() -> str:
    """A command id: UUIDv7, lower case, in the order of time."""
    return str(uuid6.uuid7())


def member(group: str, n: int | str) -> str:
    """The id of the n-th of what belongs together, or of what is called so: a UUIDv7 of the same moment.

    It is the same whenever it is asked for.
    """
    raw = bytearray(UUID(group).bytes[:6] + hashlib.sha256(f"lonja/member/{group}/{n}".encode()).digest()[:10])
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(raw)))


def token(size: int = 32) -> bytes:
    """Random bytes from the operating system: nonces, secrets."""
    return secrets.token_bytes(size)


def is_command_id(text: str) -> bool:
    """Whether this is a UUIDv7 in lower case."""
    return bool(_UUID7.fullmatch(text))


def is_code(text: str) -> bool:
    """Whether this has the form of a party's or an instrument's code."""
    return bool(_CODE.fullmatch(text))


def reference(party: str, id: str) -> str:
    """What a command made, as the outside knows it: an account, order, act, withdrawal or trade."""
    return f"{party}:{id}"


def split(text: str, *, field: str = "") -> tuple[str, str]:
    """PARTY and uuid of a reference."""
    party, _, id = text.partition(":")
    if not is_code(party) or not id:
        raise Error("invalid", f"{text!r} is not of the form PARTY:uuid", reason=field, field=field)
    return party, id


def execution_id(instrument: str, number: int | str, buy: str, sell: str) -> str:
    """The id of a trade's command: UUIDv8 derived from what is traded, so that every matcher proposes the same one."""
    digest = hashlib.sha256(b"lonja/trade/1")
    for part in (instrument, str(number), buy, sell):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    raw = bytearray(digest.digest()[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(raw)))
