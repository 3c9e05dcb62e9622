"""What the fake API says of portfolios, statements, certificates and notifications."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

HASH = "ab" * 32
AT = "2026-11-22T18:00:05Z"
ACCOUNT = "CUSTODIA1:0192f0c1-0000-7000-8000-000000000001"
UID = "0192f0c1-0000-7000-8000-000000000200"
MONEY = "MXN.BANCO1"

POSITION = {
    "instrument": "ACME",
    "kind": "equity",
    "issuer": "ACME",
    "issuer_name": "Alimentos Acme, S.A.P.I.",
    "currency": MONEY,
    "quantity": "140",
    "reserved": "40",
    "available": "100",
    "uncosted": "40",
    "cost_minor": "240050",
    "average_minor": "2400",
    "price_minor": "2450",
    "price_source": "venue",
    "price_at": AT,
    "price_by": "BOLSA",
    "value_minor": "343000",
    "gain_minor": "4950",
    "realised_minor": "-1200",
}
NONE = dict.fromkeys(("average_minor", "price_minor", "price_at", "value_minor", "gain_minor"))
POSITIONS = [
    POSITION,
    POSITION | {"instrument": "ZINC", "kind": "bond", "quantity": "10", "reserved": "0", "uncosted": "10"} | NONE
    | {"cost_minor": "0", "price_source": "none", "price_by": "", "realised_minor": "0"},
]  # fmt: skip
PORTFOLIO = {
    "party": "ALICE",
    "as_of": AT,
    "as_of_block": 122,
    "positions": POSITIONS,
    "cash": [{"instrument": MONEY, "digits": "2", "quantity": "600250", "reserved": "100250", "available": "500000"}],
    "totals": [
        {
            "currency": MONEY,
            "cash_minor": "600250",
            "value_minor": "343000",
            "cost_minor": "240050",
            "gain_minor": "4950",
            "realised_minor": "-1200",
            "unpriced": 1,
        }
    ],
}
BALANCE = {
    "account": ACCOUNT,
    "instrument": MONEY,
    "kind": "currency",
    "digits": "2",
    "opening": "0",
    "opening_reserved": "0",
    "incoming": "625000",
    "outgoing": "24750",
    "closing": "600250",
    "closing_reserved": "100250",
    "lines": 2,
}


def line(what: str, noun: str, **more: Any) -> dict[str, Any]:
    row = {
        "at": AT,
        "account": ACCOUNT,
        "instrument": "ACME",
        "change": "10",
        "quantity": "140",
        "reserved": "0",
        "function": "trade:execute",
        "command": f"BOLSA:{UID}",
        "noun": noun,
        "id": f"BOLSA:{UID}",
        "what": what,
        "detail": "",
        "of": "",
        "units": None,
        "price_minor": None,
        "fee_minor": None,
        "block": 120,
        "transaction_id": HASH,
    }
    return row | more


TRADED = {"of": "ACME", "units": "10", "price_minor": "2450", "fee_minor": "61"}
LINES = [
    line("deposit", "deposit", instrument=MONEY, change="625000", quantity="625000", detail="SPEI-77"),
    line("buy", "trade", **TRADED),
    line("sell", "trade", **TRADED, change="-10"),
    line("receipt", "transfer", detail="gift"),
    line("withdrawal", "withdrawal", instrument=MONEY, change="-24750", detail="SPEI-9"),
    line("", "", function="claim:accept"),
    line("agreed_receipt", "instruction", id=HASH, of="ACME", units="10"),
    line("allotment", "offering", **TRADED),
]
CERTIFICATE = {
    "fingerprint": HASH,
    "status": "unchanged",
    "changed_block": None,
    "checked_block": 122,
    "checked_at": AT,
    "version": "1",
    "ledger": HASH,
    "serial": UID,
    "owner": "ALICE",
    "owner_name": "Alice Torres",
    "account": ACCOUNT,
    "custodian": "CUSTODIA1",
    "instrument": "ACME",
    "kind": "equity",
    "class": "",
    "isin": "MX01WA000038",
    "issuer": "ACME",
    "issuer_name": "Alimentos Acme, S.A.P.I.",
    "digits": "0",
    "quantity": "140",
    "reserved": "40",
    "available": "100",
    "block": "120",
    "block_hash": HASH,
    "as_of": AT,
    "issued_at": AT,
}
CHANGED, UNNAMED = "cd" * 32, "ef" * 32
CERTIFICATES = [
    CERTIFICATE,
    CERTIFICATE | {"fingerprint": CHANGED, "status": "changed", "changed_block": 121},
    CERTIFICATE | {"fingerprint": UNNAMED, "status": "another_ledger", "owner_name": ""},
]


def notified(kind: str, noun: str, *, read: bool = False, **more: Any) -> dict[str, Any]:
    row = {
        "id": f"{kind}/BOLSA:{UID}",
        "kind": kind,
        "noun": noun,
        "thing": f"BOLSA:{UID}",
        "at": AT,
        "instrument": "",
        "currency": "",
        "quantity": None,
        "price_minor": None,
        "amount_minor": None,
        "text": "",
        "waits": False,
        "read": read,
    }
    return row | more


TERMS = {"instrument": "ACME", "currency": MONEY, "quantity": "10", "price_minor": "2450"}
NOTIFICATIONS = [
    notified("act_waiting", "act", text="instrument:issue", waits=True),
    notified("trade_bought", "trade", **TERMS, amount_minor="24500"),
    notified("entry_waiting", "entry", **TERMS, waits=True),
    notified("deposit_credited", "deposit", currency=MONEY, amount_minor="625000", text="SPEI-77", read=True),
    notified("transfer_received", "transfer", instrument="ACME", quantity="5", text="gift", read=True),
    notified("instruction_alleged", "instruction", **TERMS, thing=HASH, read=True),
    notified("order_expired", "order", **TERMS, read=True),
]
WRITES: dict[str, Any] = {"notifications/read": ({"unread": 0}, 200), "certificates": (CERTIFICATE, 201)}


def many(rows: list[Any]) -> Response:
    return jsonify({"items": rows, "has_more": False, "next": None})


def read(parts: list[str], who: str, *, empty: bool) -> Any:
    """The answer to a GET, or None when it is not about papers."""
    match parts:
        case ["portfolio"]:
            return PORTFOLIO | {"positions": [], "cash": [], "totals": []} if empty else PORTFOLIO
        case ["statements"]:
            return {"months": ["2026-11", "2026-10"]}
        case ["statements", month]:
            return _statement(month, who, empty=empty)
        case ["statements", _, "lines"]:
            return many([] if empty else LINES)
        case ["statements", month, "pdf" | "csv" as kind]:
            return _file(f"{month} {request.query_string.decode()}", f"lonja-{month}.{kind}")
        case ["certificates"]:
            return many([] if empty else CERTIFICATES)
        case ["certificates", fingerprint, "pdf"]:
            return _file(fingerprint, "lonja-certificate.pdf")
        case ["verifications", fingerprint]:
            return next((row for row in CERTIFICATES if row["fingerprint"] == fingerprint), None)
        case ["notifications"]:
            unread = request.args.get("shown") == "unread"
            return many([] if empty else [row for row in NOTIFICATIONS if not (unread and row["read"])])
        case ["notifications", "unread"]:
            return {"unread": 0 if empty else 3}
    return None


def _statement(month: str, who: str, *, empty: bool) -> dict[str, Any]:
    return {
        "month": month,
        "begin": f"{month}-01T06:00:00Z",
        "end": "2026-12-01T06:00:00Z",
        "complete": month != "2026-11",
        "owner": who,
        "owner_name": who,
        "account": request.args.get("account", ""),
        "as_of": AT,
        "as_of_block": 122,
        "balances": [] if empty else [BALANCE],
    }


def _file(content: str, name: str) -> Response:
    response = Response(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
