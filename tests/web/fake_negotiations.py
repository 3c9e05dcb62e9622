"""The direct market of the fake API: negotiations with their talks, and instructions."""

from __future__ import annotations

from typing import Any

AT = "2026-11-22T18:00:05Z"
TILL = "2026-11-25T05:59:59Z"
HASH, SALT = "cd" * 32, "ef" * 32
ACCOUNT = "CUSTODIA1:0192f0c1-0000-7000-8000-000000000001"
Row = dict[str, Any]


def uid(number: int) -> str:
    return f"0192f0c1-0000-7000-8000-{number:012d}"


def offer(number: int, maker: str, side: str, status: str, **more: Any) -> Row:
    """An offer between ALICE and ACME, as ALICE sees it."""
    mine = maker == "ALICE"
    accepted = status in ("accepted", "settled", "failed")
    return {
        "id": uid(number),
        "party": "ACME",
        "maker": maker,
        "taker": "ACME" if mine else "ALICE",
        "side": side,
        "quantity": "40",
        "price_minor": "2450",
        "amount_minor": "98000",
        "note": "For the long term",
        "good_till": TILL,
        "status": status,
        "reason": "Too dear" if status == "refused" else "",
        "terms": HASH,
        "signed": {"salt": SALT},
        "jws": "a.b.c",
        "kid": f"{maker}.1",
        "held": "platform",
        "made_at": AT,
        "decided_at": None,
        "settle_by": None,
        "takes": "deliver" if side == "buy" else "receive",
        "reserves": "40" if side == "buy" else "98000",
        "reserved_instrument": "ACME" if side == "buy" else "MXN.BANCO1",
        "mine": mine,
        "acceptable": status == "open" and not mine,
        "withdrawable": status == "open" and mine,
        "to_sign": None,
        "instruction": {"terms": HASH, "status": "alleged"} if accepted else None,
    } | more


def talk(party: str, *offers: Row, **more: Any) -> Row:
    row = {"party": party, "status": "asked", "reason": "", "answered_at": None, "may_offer": True}
    return {**row, "offers": list(offers), **more}


def negotiation(number: int, status: str, *talks: Row, **more: Any) -> Row:
    going = status == "open"
    opens = more.get("opener", "ALICE") == "ALICE"
    return {
        "id": uid(number),
        "number": number,
        "opener": "ALICE",
        "is_opener": opens,
        "instrument": "ACME",
        "currency": "MXN.BANCO1",
        "currency_digits": 2,
        "side": "buy",
        "your_side": "buy" if opens else "sell",
        "quantity": "40",
        "note": "As much as you can",
        "status": status,
        "opened_at": AT,
        "expires_at": TILL,
        "closed_at": None if going else AT,
        "withdrawable": going and opens,
        "refusable": going and not opens,
        "talks": [one if going else {**one, "may_offer": False} for one in talks],
    } | more


COUNTERED = offer(902, "ALICE", "buy", "countered", note="")
NEGOTIATIONS = [
    negotiation(901, "open", talk("ACME", COUNTERED, offer(903, "ACME", "sell", "open")), talk("FONDO1")),
    negotiation(911, "open", talk("ALICE", offer(912, "ALICE", "sell", "open")), opener="BRUNO"),
    negotiation(921, "open", talk("ALICE", offer(922, "BRUNO", "buy", "open")), opener="BRUNO", note=""),
    negotiation(931, "agreed", talk("ACME", offer(932, "ACME", "sell", "settled"))),
    negotiation(941, "agreed", talk("ACME", offer(942, "ALICE", "buy", "accepted", held="own", to_sign={"side": "x"}))),
    negotiation(951, "agreed", talk("ACME", offer(952, "ACME", "sell", "failed"))),
    negotiation(961, "closed", talk("ALICE", offer(962, "ALICE", "sell", "closed")), opener="BRUNO"),
    negotiation(971, "expired", talk("ACME", offer(972, "ACME", "sell", "expired"))),
    negotiation(981, "withdrawn", talk("ACME", offer(982, "ACME", "sell", "refused"), status="refused", reason="No")),
]


def instruction(status: str, **more: Any) -> Row:
    row = {"message": "sese.024", "movement": "RECE", "payment": "APMT", "status": status, "reason": "CMIS"}
    row |= {"account": ACCOUNT, "owner": "ALICE", "owner_name": "Alice Torres", "instrument": "ACME", "quantity": "40"}
    row |= {"currency": "MXN.BANCO1", "amount_minor": "98000", "fee_minor": None, "venue": "", "order": "", "trade": ""}
    return {**row, "trade_status": "", "terms": HASH, "counterparty": "ACME", "at": AT, "block": 120, **more}


INSTRUCTIONS = [
    instruction("pending"),
    instruction("alleged", account="", message="sese.028", counterparty="BRUNO", payment="FREE", amount_minor="0"),
    instruction("settled", message="sese.025", movement="DELI", terms="", counterparty="", trade=f"BOLSA:{uid(301)}"),
    instruction("pending", reason="BLOT", terms="", counterparty="", order=f"ALICE:{uid(101)}"),
]
AGREED: Row = {
    **{"terms": HASH, "owner": "ALICE", "counterparty": "ACME", "side": "receive", "account": ACCOUNT},
    **{"cash_account": ACCOUNT, "counter_account": "", "counter_cash_account": "", "instrument": "ACME"},
    **{"currency": "MXN.BANCO1", "quantity": "40", "amount_minor": "98000", "reserved": "98000", "good_till": TILL},
    **{"status": "alleged", "settlement": "", "kid": "ALICE.1", "held": "platform", "counter_kid": ""},
    **{"counter_held": "", "at": AT, "block": 120, "closed_at": None, "closed_block": None},
}


def lists(mine: str) -> dict[str, list[Row]]:
    """What a party sees; only ALICE talks."""
    seen = mine in ("ALICE", "CUSTODIA1")
    return {"negotiations": NEGOTIATIONS if mine == "ALICE" else [], "instructions": INSTRUCTIONS if seen else []}


def one(parts: list[str]) -> Row | None:
    """One negotiation or instruction."""
    match parts:
        case ["negotiations", id]:
            return next((row for row in NEGOTIATIONS if row["id"] == id), None)
        case ["instructions", _]:
            return AGREED
    return None


def write(path: str) -> tuple[Row, int] | None:
    """What is no command of the ledger answers the negotiation."""
    spoken = path.startswith("negotiations") and not path.endswith("/acceptance")
    return (NEGOTIATIONS[0], 201) if spoken else None
