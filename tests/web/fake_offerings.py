"""The primary market of the fake API: offerings in every status, their books, subscriptions and an allotment."""

from __future__ import annotations

from typing import Any

HASH = "ab" * 32
AT = "2026-11-22T18:00:05Z"
Row = dict[str, Any]
ALICES, ISSUERS = "CUSTODIA1:0192f0c1-0000-7000-8000-000000000001", "CUSTODIA1:0192f0c1-0000-7000-8000-000000000004"


def reference(number: int) -> str:
    return f"ACME:0192f0c1-0000-7000-8000-{number:012d}"


def offering(number: int, status: str, **more: Any) -> Row:
    return {
        "id": reference(number),
        "issuer": "ACME",
        "issuer_name": "Alimentos Acme, S.A.P.I.",
        "instrument": "ZINC",
        "instrument_kind": "bond",
        "currency": "MXN.BANCO1",
        "currency_digits": "2",
        "cash_account": ISSUERS,
        "custodian": "CUSTODIA1",
        "kind": "public",
        "price_min_minor": "2000",
        "price_max_minor": "2500",
        "minimum": "100",
        "maximum": "1000",
        "ticket_minimum": "10",
        "ticket_maximum": "500",
        "lot": "10",
        "tick_minor": "5",
        "opens_at": "2026-11-20T15:00:00Z",
        "closes_at": "2026-12-15T21:00:00Z",
        "allot_by": "2026-12-18T21:00:00Z",
        "tiers": [{"investor_type": "retail", "quantity": "200"}],
        "document": HASH,
        "status": status,
        "reason": "",
        "invitations": 0,
        "subscribers": 3,
        "demand": "600",
        "reserved_minor": "1440000",
        "minimum_reached": True,
        "price_minor": None,
        "allotted": "0",
        "parts": 0,
        "part": 0,
        "root": "",
        "done": 0,
        "placed": "0",
        "raised_minor": "0",
        "allotted_at": None,
        "closed_at": None,
        "own_status": None,
        "invited": False,
        "kid": "ACME.1",
        "held": "platform",
        "opened_at": AT,
        "block": 60,
        "transaction_id": HASH,
    } | more


ALLOTTED = {"price_minor": "2400", "allotted": "600", "parts": 40, "root": HASH, "allotted_at": AT, "subscribers": 1000}
OFFERINGS = [
    offering(801, "open"),
    offering(802, "open", kind="private", invited=True, price_min_minor="2500", document="", tiers=[], invitations=2),
    offering(803, "upcoming", demand="0", subscribers=0, minimum_reached=False, ticket_maximum="0"),
    offering(804, "closed", own_status="open"),
    offering(805, "allotting", own_status="open", part=12, done=300, placed="180", raised_minor="432000", **ALLOTTED),
    offering(806, "settled", own_status="settled", part=40, done=1000, placed="600", closed_at=AT, **ALLOTTED),
    offering(807, "cancelled", own_status="released", reason="The market has turned", done=3, closed_at=AT),
    offering(808, "failed", reason="below_minimum", minimum_reached=False, closed_at=AT),
    offering(809, "open", own_status="open"),
]
LEVELS = [
    {"limit_minor": "2500", "quantity": "300", "subscribers": 1, "total": "300"},
    {"limit_minor": "2400", "quantity": "200", "subscribers": 1, "total": "500"},
    {"limit_minor": "2100", "quantity": "100", "subscribers": 1, "total": "600"},
]


def subscription(of: str, subscriber: str, name: str, status: str, **more: Any) -> Row:
    open_ = status == "open"
    return {
        "offering": of,
        "subscriber": subscriber,
        "subscriber_name": name,
        "issuer": "ACME",
        "issuer_name": "Alimentos Acme, S.A.P.I.",
        "instrument": "ZINC",
        "currency": "MXN.BANCO1",
        "currency_digits": "2",
        "account": ALICES,
        "cash_account": ALICES,
        "quantity": "200",
        "limit_minor": "2400",
        "investor_type": "retail",
        "reserved": "480000" if open_ else "0",
        "sequence": "2",
        "status": status,
        "reason": "",
        "allotted": "0",
        "price_minor": None,
        "amount_minor": "0",
        "released_minor": "0",
        "kid": f"{subscriber}.1",
        "held": "platform",
        "subscribed_at": AT,
        "block": 61,
        "transaction_id": HASH,
        "closed_at": None if open_ else AT,
        "closed_block": None if open_ else 119,
    } | more


SETTLED = {"allotted": "150", "price_minor": "2400", "amount_minor": "360000", "released_minor": "120000"}
SUBSCRIPTIONS = [
    subscription(reference(804), "ALICE", "Alice Torres", "open"),
    subscription(reference(805), "ALICE", "Alice Torres", "open"),
    subscription(reference(806), "ALICE", "Alice Torres", "settled", **SETTLED),
    subscription(
        *(reference(807), "ALICE", "Alice Torres", "released"), reason="offering_cancelled", released_minor="480000"
    ),
    subscription(reference(809), "ALICE", "Alice Torres", "open", held="own"),
    subscription(reference(804), "BRUNO", "Bruno Díaz", "open", investor_type=""),
]
INVITATIONS = [
    {
        "offering": reference(802),
        "party": party,
        "party_name": name,
        "salt": HASH,
        "hash": HASH,
        "subscribed": subscribed,
        "code": code,
        "invited_at": AT,
    }
    for party, name, subscribed, code in (
        ("ALICE", "Alice Torres", "open", ""),
        ("BRUNO", "Bruno Díaz", None, ""),
        ("CARLA", "Carla Núñez", None, "wrong_status"),
    )
]
ALLOTMENT = {
    "price_minor": "2400",
    "clearing_minor": "2400",
    "demand": "500",
    "most": "500",
    "allotted": "500",
    "amount_minor": "1200000",
    "served": 2,
    "subscribers": 3,
    "parts": 1,
    "root": HASH,
    "final": True,
    "items": [
        {
            "subscriber": party,
            "subscriber_name": name,
            "investor_type": kind,
            "quantity": "300",
            "limit_minor": limit,
            "status": "open",
            "allotted": allotted,
            "amount_minor": str(int(allotted) * 2400),
        }
        for party, name, kind, limit, allotted in (
            ("ALICE", "Alice Torres", "retail", "2500", "300"),
            ("BRUNO", "Bruno Díaz", "", "2400", "200"),
            ("CARLA", "Carla Núñez", "", "2100", "0"),
        )
    ],
    "has_more": False,
    "next": None,
}


def seen(who: str, roles: list[str], row: Row) -> Row:
    """An offering with what this party may do about it."""
    mine, overseer = row["issuer"] == who, bool({"custodian", "operator"} & set(roles))
    alice = who == "ALICE"
    own = row["own_status"] if alice else None
    takes = row["status"] == "open" and not mine and bool({"investor", "issuer"} & set(roles))
    return row | {
        "own_status": own,
        "mine": mine,
        "sees_book": mine or overseer,
        "subscribable": takes and own is None,
        "withdrawable": row["status"] == "open" and own == "open",
        "cancellable": mine and row["status"] in ("upcoming", "open", "closed"),
        "invitable": mine and row["kind"] == "private",
        "allottable": row["status"] == "closed" and (mine or "custodian" in roles),
    }


def lists(who: str, roles: list[str], query: dict[str, str]) -> dict[str, list[Row]]:
    """Every list by its path."""
    wanted = [row for row in SUBSCRIPTIONS if row["offering"] == query.get("offering", row["offering"])]
    if not {"custodian", "operator", "issuer"} & set(roles):
        wanted = [row for row in wanted if row["subscriber"] == who]
    found = {"subscriptions": wanted}
    found["offerings"] = [
        seen(who, roles, row) for row in OFFERINGS if row["issuer"] == query.get("issuer", row["issuer"])
    ]
    return found | {f"offerings/{row['id']}/invitations": INVITATIONS for row in OFFERINGS}


def one(who: str, roles: list[str], parts: list[str], *, empty: bool) -> Row | None:
    """One offering, or something of it."""
    row = next((row for row in OFFERINGS if row["id"] == parts[1]), None)
    match parts[2:]:
        case _ if row is None:
            return None
        case []:
            return seen(who, roles, row)
        case ["book"]:
            levels = [] if empty or row["demand"] == "0" else LEVELS
            numbers = {"demand": row["demand"], "minimum": row["minimum"], "maximum": row["maximum"]}
            return {"offering": row["id"], "levels": levels, "covered_bps": "6000", **numbers}
        case ["subscriptions", party]:
            mine = (one for one in SUBSCRIPTIONS if one["offering"] == row["id"] and one["subscriber"] == party)
            return next(mine, None)
        case ["allotment"]:
            none = {"root": "", "parts": 0, "allotted": "0", "amount_minor": "0", "served": 0, "items": []}
            return {"offering": row["id"]} | ALLOTMENT | (none if row["demand"] == "0" else {})
    return None


def preview(body: Row) -> Row:
    """What a subscription would reserve; 5,000.00 are available."""
    reserved = int(body["quantity"]) * int(body["limit_minor"])
    named = {"offering": reference(801), "instrument": "ZINC", "currency": "MXN.BANCO1", "currency_digits": "2"}
    numbers = {"reserved": str(reserved), "available": "500000", "available_after": str(500_000 - reserved)}
    numbers |= {"affordable": str(500_000 // int(body["limit_minor"]) // 10 * 10), "lot": "10", "tick_minor": "5"}
    wanted = {name: body[name] for name in ("quantity", "limit_minor")}
    return {**named, **numbers, **wanted, "sufficient": reserved <= 500_000}
