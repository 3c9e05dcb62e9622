"""What the fake market's instruments promise: terms in versions, and documents that their issuers stand by."""

from __future__ import annotations

import copy
from typing import Any

from flask import Response, request

AT = "2026-11-22T18:00:05Z"
HASH = "ab" * 32
ATTESTED = {"attested_minor": "90071992547410000"}
UNDEFINED = ATTESTED | {"cfi": "", "class": "", "terms": "0", "investor_types": [], "jurisdictions": []}
DEFINED = ATTESTED | {"cfi": "ESVUFR", "class": "ordinary", "terms": "2"}
DEFINED |= {"investor_types": ["qualified"], "jurisdictions": ["MX"]}


def uid(number: int) -> str:
    return f"0192f0c1-0000-7000-8000-{number:012d}"


def version(number: int, **more: Any) -> dict[str, Any]:
    row = {
        "instrument": "ACME",
        "version": str(number),
        "class": "ordinary",
        "votes": "1",
        "face_minor": "0",
        "rate_bps": "0",
        "frequency": "0",
        "day_count": "",
        "matures_on": "",
        "investor_types": [],
        "jurisdictions": [],
        "document": "",
        "kid": "ACME.1",
        "held": "platform",
        "at": AT,
        "block": 30 + number,
        "transaction_id": HASH,
    }
    return row | more


BOND = {"class": "fixed", "votes": "0", "face_minor": "10000", "rate_bps": "925", "frequency": "2"}
BOND |= {"day_count": "30/360", "matures_on": "2031-11-30"}
VERSIONS = [version(2, investor_types=["qualified"], jurisdictions=["MX"], document=HASH), version(1)]


def publication(number: int, kind: str, name: str | None, **more: Any) -> dict[str, Any]:
    row = {
        "id": f"ACME:{uid(number)}",
        "issuer": "ACME",
        "instrument": "ACME",
        "kind": kind,
        "hash": HASH,
        "supersedes": "",
        "superseded_by": None,
        "name": name,
        "media_type": "application/pdf" if name else None,
        "size": "1234567" if name else None,
        "kid": "ACME.1",
        "held": "platform",
        "at": AT,
        "block": 40,
        "transaction_id": HASH,
    }
    return row | more


PUBLICATIONS = [
    publication(903, "bylaws", "estatutos-2.pdf", supersedes=f"ACME:{uid(901)}"),
    publication(902, "prospectus", None),
    publication(901, "bylaws", "estatutos.pdf", superseded_by=f"ACME:{uid(903)}", size="900"),
]
UPLOADED = {
    "id": uid(950),
    "party": "ACME",
    "purpose": "publication",
    "name": "estatutos.pdf",
    "media_type": "application/pdf",
    "size": "1234567",
    "hash": HASH,
    "kept_at": AT,
}


def read(parts: list[str], *, empty: bool) -> Any:
    """What the fake answers about terms and publications; None for anything else."""
    match parts:
        case ["instruments", code, "terms"]:
            rows = VERSIONS if code == "ACME" and not empty else []
            return {"items": copy.deepcopy(rows), "has_more": False, "next": None}
        case ["publications"]:
            wanted = request.args.get("instrument", "")
            rows = [row for row in PUBLICATIONS if wanted in ("", row["instrument"]) and not empty]
            return {"items": copy.deepcopy(rows), "has_more": False, "next": None}
        case ["publications", id]:
            found = next((row for row in PUBLICATIONS if row["id"] == id), None)
            if found is None:
                return None
            fault = "" if found["name"] else "the document is not kept here"
            return {**found, "verified": not fault, "fault": fault}
        case ["publications", _, "content"]:
            answer = Response(b"%PDF-1.4 bylaws", content_type="application/pdf")
            answer.headers["Content-Disposition"] = "attachment; filename=estatutos.pdf"
            return answer
    return None


def write(path: str) -> Any:
    """An upload is no command."""
    return (copy.deepcopy(UPLOADED), 201) if path == "documents" else None
