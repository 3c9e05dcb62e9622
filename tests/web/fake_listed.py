"""The listed market of the fake API: entries, mandates, claims, confirmations, sessions, webhooks, disclosures."""

from __future__ import annotations

from typing import Any

HASH = "ab" * 32
AT = "2026-11-22T18:00:05Z"
Row = dict[str, Any]


def uid(number: int) -> str:
    return f"0192f0c1-0000-7000-8000-{number:012d}"


def entry(number: int, owner: str, name: str, status: str, side: str = "buy", **more: Any) -> Row:
    buys = side == "buy"
    return {
        "id": uid(number),
        "group": uid(number),
        "client_id": f"A-{number}",
        "session": "CASA1" if number % 2 else "",
        "broker": "CASA1",
        "owner": owner,
        "owner_name": name,
        "account": f"CUSTODIA1:{uid(1)}",
        "cash_account": f"CUSTODIA1:{uid(1)}",
        "instrument": "ACME",
        "currency": "MXN.BANCO1",
        "side": side,
        "quantity": "40",
        "limit_minor": "2500",
        "max_fee_minor": "250",
        "good_till": "2026-11-22T23:59:59Z",
        "venue": "MERCADO",
        "status": status,
        "reason": "Not today" if status == "declined" else "",
        "order": "",
        "order_status": "",
        "reserves": "100250" if buys else "40",
        "reserved_instrument": "MXN.BANCO1" if buys else "ACME",
        "available": "600250" if buys else "12",
        "sufficient": buys,
        "affirm_by": "2026-11-22T19:00:05Z",
        "entered_at": AT,
        "decided_at": None if status == "awaiting_affirmation" else AT,
        "decided_by": "",
        "hash": HASH,
        "kid": "CASA1.1",
        "held": "platform",
        "affirmable": False,
        "withdrawable": False,
    } | more


ENTRIES = [
    entry(701, "ALICE", "Alice Torres", "awaiting_affirmation"),
    entry(702, "ALICE", "Alice Torres", "awaiting_affirmation", "sell"),
    entry(703, "FONDO1", "Fondo Uno", "awaiting_affirmation", group=uid(700)),
    entry(704, "FONDO2", "Fondo Dos", "awaiting_affirmation", group=uid(700)),
    entry(705, "ALICE", "Alice Torres", "affirmed", order=f"ALICE:{uid(99)}", order_status="new"),
    entry(706, "BRUNO", "Bruno Díaz", "direct", order=f"CASA1:{uid(706)}", order_status="pending_new"),
    entry(707, "ALICE", "Alice Torres", "declined"),
    entry(708, "ALICE", "Alice Torres", "lapsed", client_id=""),
    entry(709, "ALICE", "Alice Torres", "withdrawn"),
]
SIGNS_FOR = {"ALICE": ("ALICE",), "GESTORA": ("FONDO1", "FONDO2")}


def mandate(owner: str, name: str, agent: str, affirmation: str, status: str = "active") -> Row:
    return {
        "owner": owner,
        "owner_name": name,
        "agent": agent,
        "agent_name": {"CASA1": "Casa de Bolsa Uno", "GESTORA": "Gestora del Valle"}[agent],
        "affirmation": affirmation,
        "order_minor": "20000000",
        "total_minor": "200000000",
        "used_minor": "100250",
        "left_minor": "199899750",
        "good_till": "2027-06-30T23:59:59Z",
        "status": status,
        "kid": f"{owner}.1",
        "held": "platform",
        "block": 15,
        "granted_at": AT,
        "revoked_at": None,
    }


MANDATES = [
    mandate("ALICE", "Alice Torres", "CASA1", "each"),
    mandate("ALICE", "Alice Torres", "GESTORA", "none", "revoked"),
    mandate("BRUNO", "Bruno Díaz", "CASA1", "none"),
    mandate("FONDO1", "Fondo Uno", "GESTORA", "none"),
]
REPORTS = [
    {
        "id": f"R{31 + n}.0",
        "kind": kind,
        "at": AT,
        "block": 31 + n,
        "transaction_id": HASH,
        "order": f"ALICE:{uid(99)}",
        "status": "partially_filled",
        "quantity": "60",
        "limit_minor": "2500",
        "filled": "20",
        "remaining": "40",
        "average_price_minor": "2500",
        "last_quantity": "20" if kind == "trade" else None,
        "last_price_minor": "2500" if kind == "trade" else None,
        "fee_minor": None,
        "trade": "",
        "reference": "",
        "command": uid(99),
        "kid": "ALICE.1",
        "held": "platform",
        "code": "",
        "reason": "",
        "text": "",
    }
    for n, kind in enumerate(("new", "trade", "pending_replace"))
]


def claim(number: int, kind: str, status: str, **more: Any) -> Row:
    return {
        "id": f"MERCADO:{uid(number)}",
        "venue": "MERCADO",
        "reference": "X-77",
        "trade": f"BOLSA:{uid(200)}",
        "kind": kind,
        "instrument": "ACME",
        "currency": "MXN.BANCO1",
        "traded_quantity": "10",
        "traded_price_minor": "2450",
        "quantity": "0" if kind == "bust" else "8",
        "price_minor": "0" if kind == "bust" else "2450",
        "notice": "N-1",
        "side": "buy",
        "buyer": "ALICE",
        "seller": None,
        "accepted_by": 0,
        "accepted_by_you": False,
        "answerable": False,
        "status": status,
        "reason": "",
        "at": AT,
        "block": 122,
        "transaction_id": HASH,
        "closed_at": None,
    } | more


CLAIMS = [
    claim(801, "bust", "open"),
    claim(802, "correct", "open", accepted_by=1, accepted_by_you=True),
    claim(803, "correct", "refused", reason="It was our price"),
    claim(804, "bust", "settled", accepted_by=2, closed_at=AT),
]


def confirmation(number: int, status: str) -> Row:
    terms = {
        "instrument": "ACME",
        "currency": "MXN.BANCO1",
        "side": "buy",
        "account": f"CUSTODIA1:{uid(1)}",
        "quantity": "20",
        "price_minor": "2500",
        "amount_minor": "50000",
        "fee_minor": "125",
        "net_minor": "50125",
        "traded_at": AT,
        "venue": "MERCADO",
        "reference": "X-77",
        "block": "122",
    }
    return {
        "id": uid(number),
        "trade": f"BOLSA:{uid(200)}",
        "order": f"ALICE:{uid(99)}",
        "broker": "CASA1",
        "owner": "ALICE",
        "terms": terms,
        "status": status,
        "reason": "",
        "text": "Wrong fee" if status == "rejected" else "",
        "sent_at": AT,
        "answered_at": None if status == "sent" else AT,
        "answerable": False,
    }


CONFIRMATIONS = [confirmation(811 + n, status) for n, status in enumerate(("sent", "affirmed", "rejected"))]


def execution(number: int, status: str, **more: Any) -> Row:
    return {
        "number": number,
        "id": uid(number),
        "venue": "MERCADO",
        "reference": f"X-{number}",
        "kind": "trade",
        "match": f"M-{number}",
        "side": "both",
        "buy": f"ALICE:{uid(99)}",
        "sell": "",
        "instrument": "ACME",
        "quantity": "20",
        "price_minor": "2500",
        "refers_to": "",
        "raw": "8=FIX.4.4\x0135=AE\x01571=X-1\x0110=000\x01",
        "status": status,
        "code": "",
        "reason": "",
        "message": "",
        "note": "",
        "received_at": AT,
        "changed_at": AT,
        "retryable": status == "parked",
        "dismissable": status == "parked",
    } | more


EXECUTIONS = [
    execution(
        821, "parked", message="an order that we never sent", instrument="", code="not_found", reason="sell_order"
    ),
    execution(822, "waiting", side="buy"),
    execution(823, "settled"),
    execution(824, "dismissed", kind="bust", refers_to="X-1", note="Agreed by telephone"),
]


def session(comp_id: str, party: str, kind: str, **more: Any) -> Row:
    return {
        "comp_id": comp_id,
        "party": party,
        "kind": kind,
        "certificate": HASH,
        "addresses": [],
        "host": "",
        "port": 0,
        "may_reset": True,
        "cancel_on_disconnect": False,
        "throttle": 500,
        "status": "enabled",
        "created_at": AT,
        "state": "up",
        "day": "2026-11-22",
        "resets": 0,
        "next_in": 1042,
        "next_out": 2077,
        "last_in_at": AT,
        "last_out_at": AT,
        "changed_at": AT,
        "text": "",
        "reset_asked_by": "",
    } | more


SESSIONS = [
    session("CASA1", "CASA1", "broker"),
    session("CASA1-DC", "CASA1", "drop_copy", state="down", reset_asked_by="casa"),
    session("MERCADO", "MERCADO", "exchange", certificate="", host="127.0.0.1", port=9881, status="disabled"),
]
RAW = (
    "8=FIX.4.4|9=120|35=D|49=CASA1|56=LONJA|34=7|52=20261122-18:00:05.000|11=A-701|55=ACME|54=1|38=40|44=25.00|10=001|"
)
MESSAGE = {
    "number": 901,
    "session": "CASA1",
    "day": "2026-11-22",
    "direction": "in",
    "seq": 7,
    "type": "D",
    "raw": RAW,
    "at": AT,
}
FIELDS = [
    {"tag": "8", "name": "BeginString", "value": "FIX.4.4", "meaning": "", "required": True, "problem": ""},
    {"tag": "35", "name": "MsgType", "value": "D", "meaning": "order single", "required": True, "problem": ""},
    {"tag": "54", "name": "Side", "value": "", "meaning": "", "required": True, "problem": "is missing"},
]
WEBHOOKS = [
    {
        "number": 1 + n,
        "party": "CASA1",
        "url": "https://broker.example/lonja",
        "events": ["*"] if n == 0 else ["order.trade", "order.new"],
        "status": status,
        "reason": "410" if n else "",
        "created_at": AT,
        "old_secret_ends_at": AT if n == 0 else None,
    }
    for n, status in enumerate(("active", "disabled"))
]
DELIVERIES = [
    {
        "sequence": str(5 - n),
        "message": f"msg_{n}",
        "event": "order.trade",
        "body": '{"type": "order.trade"}',
        "status": status,
        "attempts": n + 1,
        "http_status": 200 if status == "delivered" else None,
        "error": "" if status == "delivered" else "no answer",
        "created_at": AT,
        "attempted_at": AT,
        "next_at": AT,
        "delivered_at": AT if status == "delivered" else None,
    }
    for n, status in enumerate(("delivered", "waiting", "failed"))
]
PARTS = [{"n": 0, "client": "C-1001", "quantity": "1200"}, {"n": 1, "client": "C-1002", "quantity": "650"}]
DISCLOSURES = [
    {
        "id": f"CUSTODIA1:{uid(831)}",
        "custodian": "CUSTODIA1",
        "account": f"CUSTODIA1:{uid(6)}",
        "instrument": "ACME",
        "as_of": AT,
        "root": HASH,
        "total": "1850",
        "clients": 2,
        "kid": "CUSTODIA1.1",
        "held": "platform",
        "at": AT,
        "block": 118,
        "transaction_id": HASH,
    }
]


def _entries(who: str) -> list[Row]:
    """Entries as `who` may answer them; a list of one's own has nothing of others."""
    owners = SIGNS_FOR.get(who, ())
    rows = []
    for row in ENTRIES:
        waits = row["status"] == "awaiting_affirmation"
        rows.append(
            row | {"affirmable": waits and row["owner"] in owners, "withdrawable": waits and row["broker"] == who}
        )
    return rows


def _claims(who: str) -> list[Row]:
    return [
        row | {"answerable": row["status"] == "open" and who == "ALICE" and not row["accepted_by"]} for row in CLAIMS
    ]


def _confirmations(who: str) -> list[Row]:
    return [row | {"answerable": row["status"] == "sent" and row["broker"] == who} for row in CONFIRMATIONS]


def lists(who: str) -> dict[str, list[Row]]:
    """Every list by its path."""
    found = {
        "entries": _entries(who),
        "mandates": [row for row in MANDATES if who in (row["owner"], row["agent"])],
        "claims": _claims(who),
        "confirmations": _confirmations(who),
        "executions": EXECUTIONS,
        "sessions": SESSIONS,
        "webhooks": WEBHOOKS,
        "disclosures": DISCLOSURES,
    }
    found |= {f"sessions/{row['comp_id']}/messages": [MESSAGE] for row in SESSIONS}
    found |= {f"webhooks/{row['number']}/deliveries": DELIVERIES for row in WEBHOOKS}
    found |= {f"orders/ALICE:{uid(n)}/reports": REPORTS for n in range(99, 107)}
    return found


def one(who: str, parts: list[str]) -> Row | None:
    """One of a list by its name."""
    noun, id = parts
    if noun == "messages":
        return MESSAGE | {"fields": FIELDS}
    key = {"executions": "number", "webhooks": "number", "sessions": "comp_id"}.get(noun, "id")
    row = next((row for row in lists(who)[noun] if str(row[key]) == id), None)
    return row and (row | {"parts": PARTS} if noun == "disclosures" else row)


def write(path: str, body: Row) -> tuple[Row | str, int] | None:
    """What a change answers, where that is no command of the ledger."""
    parts = path.split("/")
    match parts:
        case ["entries"]:
            return {"items": ENTRIES[2:4] if "allocations" in body else ENTRIES[:1]}, 201
        case ["entries", "affirmations"]:
            items = [
                {"id": id, "order": f"ALICE:{id}", "status": "waiting", "problem": None}
                if id != uid(702)
                else {"id": id, "order": "", "status": "refused", "problem": NOT_ENOUGH}
                for id in body["entries"]
            ]
            return {"items": items}, 202
        case ["entries", _, "refusal" | "withdrawal"]:
            return ENTRIES[0], 200
        case ["confirmations" | "executions" | "sessions", *_]:
            return {}, 200
        case ["webhooks"] | ["webhooks", _, "secret"]:
            return {"webhook": WEBHOOKS[0], "secret": "whsec_abc"}, 201
        case ["webhooks", *_]:
            return {}, 200
    return None


NOT_ENOUGH = {"code": "insufficient", "reason": "available", "detail": "ALICE has 12 ACME available.", "status": 409}
