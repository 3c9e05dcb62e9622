"""A FIX message as the floor and the journal take it."""

from typing import Any

SOH = "\x01"
INVESTOR = "5"  # 452


def read(raw: str) -> dict[str, Any]:
    """`do`: its type; `fields`: the first value of each tag; `owner`: whose order it is; `again`: perhaps a repeat."""
    pairs = [(tag, value) for tag, _, value in (field.partition("=") for field in raw.split(SOH) if field)]
    fields: dict[str, str] = {}
    for tag, value in pairs:
        fields.setdefault(tag, value)
    again = "Y" in (fields.get("43"), fields.get("97"))
    return {"do": fields["35"], "fields": fields, "owner": _investor(pairs), "again": again}


def _investor(pairs: list[tuple[str, str]]) -> str:
    """The party whose role is investor: the exchange never lets somebody trade with himself."""
    party = ""
    for tag, value in pairs:
        if tag == "448":
            party = value
        elif tag == "452" and value == INVESTOR:
            return party
    return ""
