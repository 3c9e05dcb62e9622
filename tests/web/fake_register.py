"""The register of ACME, now and at the end of an earlier day, as the API tells it."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from tests.web.fake_listed import PARTS

Row = dict[str, Any]
AT, FIRST = "2026-11-22T18:00:05Z", "2025"
HOLDERS = (
    ("ACME", "Alimentos Acme, S.A.P.I.", 3, 97_000),
    ("CUSTODIA1", "Custodia Uno", 5, 2_000),
    ("BRUNO", "Bruno Díaz", 1, 860),
    ("ALICE", "Alicia Romero", 0, 140),
)


def read(code: str, *, empty: bool) -> Any:
    """The register; before the first day there is none."""
    as_of = request.args.get("as_of", "")
    if as_of and as_of < FIRST:
        told = {"code": "invalid", "reason": "as_of", "message": "there was no block", "request_id": "req-from-api"}
        return told | {"errors": [{"pointer": "?as_of", "message": "there was no block at that time"}]}, 422
    there = code == "ACME" and not empty
    total = "100000" if there else "0"
    keeper = {"custodian": "CUSTODIA1", "name": "Custodia Uno", "quantity": "100000", "accounts": 4}
    return {
        "instrument": code,
        "as_of_block": 122,
        "as_of_hash": "ab" * 32,
        "as_of": AT,
        "past": bool(as_of),
        "issued": total,
        "total": total,
        "accounts": 4,
        "matching": total,
        "matching_accounts": 4,
        "holders": [_holder(*row) for row in HOLDERS] if there else [],
        "custodians": [keeper] if there else [],
        "has_more": False,
        "next": None,
    }


def file(code: str, ending: str) -> Response:
    """The register as a file."""
    name = f"register-{code}-100.{ending}"
    return Response("owner\n", headers={"Content-Disposition": f'attachment; filename="{name}"'}, mimetype="text/csv")


def _holder(owner: str, name: str, account: int, quantity: int) -> Row:
    behind = owner == "CUSTODIA1"
    return {
        "owner": owner,
        "name": name,
        "account": f"CUSTODIA1:0192f0c1-0000-7000-8000-{account:012d}",
        "custodian": "CUSTODIA1",
        "kind": "omnibus" if behind else "direct",
        "quantity": str(quantity),
        "reserved": "0",
        "share_bps": str(quantity // 10),
        "disclosure": "",
        "disclosed_as_of": AT if behind else None,
        "clients": PARTS if behind else [],
        "undisclosed": "150" if behind else "0",
    }
