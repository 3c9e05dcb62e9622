"""Drafts of a bank that wants four eyes, as the API tells them."""

from typing import Any

Row = dict[str, Any]
AT = "2026-11-22T18:00:00Z"
REFERENCE = "SPEI-20261122-1"


def draft(n: int, status: str, entered_by: str = "bank2") -> Row:
    decided = status != "waiting"
    return {
        "id": f"BANCO1:0192f0c1-0000-7000-8000-00000000{n:04d}",
        "party": "BANCO1",
        "function": "cash:deposit",
        "args": {"instrument": "MXN.BANCO1", "amount_minor": "50000", "reference": f"{REFERENCE}{n}"},
        "subject": "",
        "status": status,
        "reason": "Not in our books" if status == "refused" else "",
        "entered_by": entered_by,
        "entered_at": AT,
        "decided_by": "bank" if decided else "",
        "decided_at": AT if decided else None,
        "outcome": "done" if status == "approved" else "",
        "code": "",
        "message": "",
    }


DRAFTS = [draft(1, "waiting"), draft(2, "waiting", "bank"), draft(3, "approved"), draft(4, "refused")]
SETTING = {"party": "BANCO1", "required": True, "users": 2, "changed_by": "bank", "changed_at": AT}

ATTESTATIONS = [
    {
        "id": "BANCO1:0192f0c1-0000-7000-8000-000000000599",
        "bank": "BANCO1",
        "instrument": "MXN.BANCO1",
        "balance_minor": "90071992547410000",
        "as_of": AT,
        "reference": "STATEMENT-331",
        "issued": "90071992547409931",
        "entered_by": "bank",
        "approved_by": "bank2",
        "kid": "BANCO1.1",
        "held": "platform",
        "at": AT,
        "block": 21,
    }
]


def one(parts: list[str]) -> Row | None:
    """One draft, or the bank's wish."""
    if parts == ["four-eyes"]:
        return SETTING
    return next((row for row in DRAFTS if row["id"] == parts[1]), None)
