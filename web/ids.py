"""What is made by chance: the console's key, numbers of requests, ids of commands."""

from __future__ import annotations

import base64
import secrets

from uuid6 import uuid7


def key() -> bytes:
    """A key for encrypting cookies, as the cipher takes it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32))


def request_number() -> str:
    """The number under which a request is found in the logs of console and API."""
    return secrets.token_hex(8)


def mint() -> str:
    """A new command id, made when a form is drawn: a second click sends the same one."""
    return str(uuid7())
