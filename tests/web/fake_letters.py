"""Letters of issuers to their holders, as the API tells them."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
AT = "2026-11-22T18:00:00Z"
TEXT = "Dear holders,\n\nwe meet on the first Monday of May."


def letter(number: int, subject: str, **more: Any) -> Row:
    """One letter of ACME's, as ALICE sees it."""
    return {
        "id": f"0192f0c1-0000-7000-8000-00000000{number:04d}",
        "issuer": "ACME",
        "instrument": "ACME",
        "subject": subject,
        "text": TEXT,
        "document": "",
        "block": 120,
        "holders": 3,
        "readers": None,
        "sent_at": AT,
        "received": True,
        "read_at": None,
    } | more


LETTERS = [
    letter(801, "A meeting of holders", document="ACME:0192f0c1-0000-7000-8000-000000000301"),
    letter(802, "Our first year", read_at=AT),
]


def seen(who: str) -> list[Row]:
    """The same letters for their issuer and for a holder."""
    mine = {"readers": 1, "received": False, "read_at": None}
    return [row | mine for row in LETTERS] if who == "ACME" else LETTERS


def one(who: str, id: str) -> Row | None:
    """One letter."""
    return next((row for row in seen(who) if row["id"] == id), None)


def write(path: str) -> Any:
    """A letter that is sent, or one that was read."""
    match path.split("/"):
        case ["instruments", _, "letters"]:
            return LETTERS[1], 201
        case ["letters", id, "receipt"]:
            return {**(one("", id) or {}), "read_at": AT}, 200
        case _:
            return None
