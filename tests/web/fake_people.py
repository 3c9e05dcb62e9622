"""Applicants of the fake market: one application at every step, and the verified."""

from __future__ import annotations

import copy
from typing import Any

from flask import Response, request

AT = "2026-11-22T18:00:05Z"
HASH = "ab" * 32
ANSWERS = {
    "given_names": "Dora",
    "family_names": "Paz",
    "born_on": "1984-05-17",
    "nationality": "MX",
    "residence": "MX",
    "address": "Calle 5 de Mayo 12, Monterrey",
    "email": "dora@example.com",
    "phone": "+52 81 5555 0199",
    "curp": "BOXW310820HNERXN09",
    "rfc": "VACE460910SX6",
    "clabe": "032180000118359719",
    "activity": "Weaver",
    "source_of_funds": "savings",
    "investor_type": "retail",
}
COMPANY = {
    "legal_name": "Hilados del Norte, S.A. de C.V.",
    "residence": "MX",
    "owners": "Dora Paz 60 %",
    "investor_type": "institutional",
}
EVIDENCE = {"n": 1, "kind": "identity", "name": "ine.pdf", "media_type": "application/pdf", "size": 900, "hash": HASH}
DOUBTS = [{"field": "rfc", "doubt": "check_digit"}, {"field": "curp", "doubt": "born_on"}]
QUALIFICATION = {
    "jurisdiction": "MX",
    "investor_type": "retail",
    "limit_minor": "5000000",
    "commitment": HASH,
    "good_till": "2027-11-22T18:00:05Z",
    "qualified_at": AT,
    "status": "good",
}
LAPSED = QUALIFICATION | {"status": "expired", "limit_minor": "0", "good_till": AT}


def application(number: int, party: str, step: str, status: str, *may: str, **more: Any) -> dict[str, Any]:
    decided = status in ("approved", "refused")
    row: dict[str, Any] = {
        "id": f"0192f0c1-0000-7000-8000-{number:012d}",
        "party": party,
        "name": "Dora Paz",
        "kind": "natural_person",
        "purpose": "admission",
        "roles": ["investor"],
        "status": status,
        "step": step,
        "reason": "",
        "reviewer": "operator" if decided else "",
        "good_till": QUALIFICATION["good_till"] if status == "approved" else None,
        "created_at": AT,
        "changed_at": AT,
        "submitted_at": None if status == "draft" else AT,
        "decided_at": AT if decided else None,
        "erased_at": AT if step == "erased" else None,
        "details": {} if step == "erased" else ANSWERS,
        "doubts": [] if step == "erased" else DOUBTS,
        "missing": ["evidence_address"] if status == "draft" else [],
        "evidence": [] if step == "erased" else [EVIDENCE | {"added_at": AT}],
        "jurisdiction": "MX" if status == "approved" else "",
        "investor_type": "retail" if status == "approved" else "",
        "limit_minor": "5000000" if status == "approved" else "0",
        "commitment": HASH if status == "approved" else "",
        "act": f"OPERATOR:0192f0c1-0000-7000-8000-{300:012d}" if status == "approved" else "",
        "qualification": "",
        "may": list(may),
    }
    return row | more


DRAFT = application(801, "DORA", "draft", "draft", "change", "submit", "discard")
APPLICATIONS = [
    DRAFT,
    application(802, "P-SUBMITTED", "submitted", "submitted", "review"),
    application(803, "P-REVIEW", "in_review", "in_review", "approve", "send_back", "refuse", reviewer="operator"),
    application(804, "P-ADMIT", "admission", "approved"),
    application(805, "P-LAPSED", "admission_failed", "approved", "approve"),
    application(806, "P-QUALIFY", "qualification", "approved"),
    application(807, "P-FAILED", "qualification_failed", "approved", "qualify"),
    application(808, "ALICE", "qualified", "approved", purpose="renewal", roles=[]),
    application(809, "P-REFUSED", "refused", "refused", "erase", reason="The papers are not yours."),
    application(810, "P-STALE", "expired", "expired", "discard"),
    application(811, "P-GONE", "erased", "refused", name=""),
    application(
        812,
        *("ACME", "in_review", "in_review", "approve", "send_back", "refuse"),
        kind="enterprise",
        purpose="renewal",
        details=COMPANY,
        doubts=[],
        name="Hilados del Norte, S.A. de C.V.",
    ),
    application(
        813, "CARLA", "draft", "draft", "change", "submit", "discard", kind="enterprise", details=COMPANY, doubts=[]
    ),
    application(
        814, "BRUNO", "draft", "draft", "change", "submit", kind="sole_proprietorship", reason="The address is cut off."
    ),
]


def applications(mine: str) -> list[dict[str, Any]]:
    if mine in ("OPERATOR", "REGULATOR"):
        return copy.deepcopy(APPLICATIONS)
    return [copy.deepcopy(row) for row in APPLICATIONS if row["party"] == mine]


def one(mine: str, id: str) -> dict[str, Any] | None:
    return next((row for row in applications(mine) if row["id"] == id), None)


def document() -> Response:
    answer = Response(b"%PDF-1.4 evidence", content_type="application/pdf")
    answer.headers["Content-Disposition"] = "attachment; filename=ine.pdf"
    return answer


def write(path: str) -> Any:
    """What the fake answers to a change of an application that is no command; None for what is one."""
    if path == "signups":
        return {"username": "dora"}, 201
    if not path.startswith("applications") or path.endswith(("/approval", "/qualification")):
        return None
    if request.method == "DELETE" and "/evidence/" not in path:
        return "", 204
    return copy.deepcopy(DRAFT), 201
