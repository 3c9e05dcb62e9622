"""What brokers hear: execution reports (8), refused cancels (9), business rejects (j), confirmations (AK).

Written from what the feed tells, so that it is the same however often it is told.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from middleware import amounts
from middleware.errors import Error
from middleware.fix.message import PARTIES, Message, Outgoing, moment, read, stamp
from middleware.services.telling import Told, Word

STATUS = {
    "pending_new": "A",
    "new": "0",
    "partially_filled": "1",
    "filled": "2",
    "cancelled": "4",
    "rejected": "8",
    "expired": "C",
}
KINDS = {
    "entered": "A",
    "declined": "8",
    "lapsed": "8",
    "withdrawn": "4",
    "standing": "I",
    "new": "0",
    "trade": "F",
    "cancelled": "4",
    "expired": "C",
    "rejected": "8",
    "replaced": "5",
    "pending_cancel": "6",
    "pending_replace": "E",
    "bust": "H",
    "correct": "G",
}
PENDING = {"pending_cancel": "6", "pending_replace": "E"}
ENDS = ("declined", "lapsed", "withdrawn", "cancelled", "expired", "rejected")
REFUSALS = {"cancel_refused": "1", "replace_refused": "2"}  # 434
RESTATED, PARTIAL_DECLINE = "D", "5"
SIDES = {"buy": "1", "sell": "2"}
EXECUTING_FIRM, INVESTOR = "1", "5"  # 452
NOTHING = "NONE"
COPY = {797: "Y"}
TRADE_ID, BLOCK, TRANSACTION, REASON = 20880, 20881, 20882, 20883
MOST_OF_A_TEXT = 500


def written(word: Word) -> list[Outgoing]:
    """The messages that one word of the feed becomes; none for what brokers are not told. Only reports are copied."""
    found = _written(word)
    if not word.copy:
        return found
    return [replace(one, fields={**one.fields, **COPY}) for one in found if one.type == "8"]


def _written(word: Word) -> list[Outgoing]:
    told = word.told
    if told.kind == "refused":
        return [_refusal(word)]
    if told.kind in REFUSALS:
        return [_kept(word)] if word.names.kind != "new" else []
    if told.kind not in KINDS:
        return []
    report = Outgoing("8", _report(word), _parties(word), word.again)
    return [report, _confirmation(word)] if word.confirmation else [report]


def _report(word: Word) -> dict[int, str]:
    told, row, digits = word.told, word.row, word.terms.digits
    standing, kind = word.standing, KINDS[told.kind]
    fields = {37: row["group"], 11: word.names.client_id, 17: told.id, 150: kind, 39: STATUS[standing.status]}
    if word.names.original:
        fields[41] = word.names.original
    if standing.lives and told.kind in ENDS:  # one allocation of a block has ended, the order goes on
        fields |= {150: RESTATED, 378: PARTIAL_DECLINE}
    elif told.kind in PENDING:
        fields[39] = PENDING[told.kind]
    fields |= {1: row["account"], **_instrument(word), 54: SIDES[row["side"]], 38: str(standing.quantity), 40: "2"}
    fields |= {44: amounts.to_text(row["limit_minor"], digits), **_good_till(row), 15: word.terms.currency[:3]}
    average = standing.spent_minor // standing.filled if standing.filled else 0
    fields |= {151: str(standing.remaining), 14: str(standing.filled), 6: amounts.to_text(average, digits)}
    return {**fields, 60: stamp(told.at), **_traded(word), **_why(told), **_proof(told)}


def _instrument(word: Word) -> dict[int, str]:
    isin = {48: word.terms.isin, 22: "4"} if word.terms.isin else {}
    return {55: word.terms.instrument, **isin}


def _good_till(row: Mapping[str, Any]) -> dict[int, str]:
    until = row["good_till"].replace("-", "").replace("T", "-").rstrip("Z")
    return {59: "6", 126: until} if moment(until) else {}


def _traded(word: Word) -> dict[int, str]:
    payload, digits = word.told.payload, word.terms.digits
    if word.told.kind not in ("trade", "bust", "correct"):
        return {}
    fields = {75: f"{word.told.at:%Y%m%d}", 64: f"{word.told.at:%Y%m%d}", 63: "1", TRADE_ID: payload["trade"]}
    if payload["last_quantity"] is not None:
        fields |= {32: str(payload["last_quantity"]), 31: amounts.to_text(payload["last_price_minor"] or 0, digits)}
    if payload["fee_minor"]:
        fields |= {12: amounts.to_text(payload["fee_minor"], digits), 13: "3"}
    if word.earlier:
        fields[19] = word.earlier
    return fields | ({527: payload["reference"]} if payload["reference"] else {})


def _why(told: Told) -> dict[int, str]:
    payload, fields = told.payload, {}
    if told.kind in ("rejected", "declined", "lapsed"):
        fields[103] = order_reason(payload["code"], payload["reason"]) if told.kind == "rejected" else "99"
    if text := payload.get("text") or _TEXTS.get(told.kind, ""):
        fields[58] = _line(text)
    if payload.get("code"):
        fields[REASON] = f"{payload['code']}/{payload['reason']}".rstrip("/")
    return fields


def _proof(told: Told) -> dict[int, str]:
    if told.source != "report":
        return {}
    return {BLOCK: str(told.payload["block"]), TRANSACTION: told.payload["transaction"]}


def _parties(word: Word) -> Any:
    named = ((word.row["broker"], EXECUTING_FIRM), (word.row["owner"], INVESTOR))
    return ((PARTIES, tuple({448: party, 447: "D", 452: role} for party, role in named if party)),)


def _kept(word: Word) -> Outgoing:
    """A cancel or a replace that the ledger or the exchange refused: the order stays as it is."""
    payload, names = word.told.payload, word.names
    fields = {37: word.row["group"], 11: names.client_id, 41: names.original, 39: STATUS[word.standing.status]}
    fields |= {434: REFUSALS[word.told.kind], 102: cancel_reason(payload["code"], payload["reason"])}
    return Outgoing("9", {**fields, 60: stamp(word.told.at), **_why(word.told)}, again=word.again)


def _confirmation(word: Word) -> Outgoing:
    """The confirmation of one trade, one account."""
    made, row, digits = word.confirmation, word.row, word.terms.digits
    assert made is not None  # noqa: S101 - written() has looked
    terms, day = made["terms"], f"{word.told.at:%Y%m%d}"
    fields = {
        664: made["id"],
        666: "0",
        773: "2",
        665: "4",
        60: stamp(word.told.at),
        75: day,
        64: day,
        **_instrument(word),
    }
    fields |= {80: terms["quantity"], 54: SIDES[row["side"]], 79: row["account"], TRADE_ID: made["trade"]}
    fields |= {6: _money(terms["price_minor"], digits), 381: _money(terms["amount_minor"], digits)}
    fields |= {118: _money(terms["net_minor"], digits), 15: word.terms.currency[:3]}
    orders = (73, ({11: word.names.client_id, 37: row["group"]},))
    capacity = (862, ({528: "A", 863: terms["quantity"]},))
    return Outgoing("AK", fields, (orders, capacity), word.again)


def _money(minor: str, digits: int) -> str:
    return amounts.to_text(int(minor), digits)


# What could not be done


def _refusal(word: Word) -> Outgoing:
    """The answer that the standard names for what a message asked for and did not get."""
    message = read(word.raw)
    error = Error(word.told.payload["code"], word.told.payload["text"], reason=word.told.payload["reason"])
    if error.reason not in ("throttle", "drop_copy"):
        if message.type == "D":
            return _rejected(word, message, error)
        if message.type in ("F", "G"):
            return _not_changed(word, message, error)
    fields = {45: str(message.seq), 372: message.type, 380: business_reason(error), 58: _line(error.message)}
    if reference := message[11] or message[664]:
        fields[379] = reference
    return Outgoing("j", {**fields, REASON: f"{error.code}/{error.reason}"}, again=word.again)


def _rejected(word: Word, message: Message, error: Error) -> Outgoing:
    said = {tag: message[tag] for tag in (1, 55, 48, 22, 54, 38, 40, 44) if message[tag]}
    fields = {37: NOTHING, 11: message[11], 17: word.told.id, 150: "8", 39: "8", 55: "[N/A]", **said}
    fields |= {151: "0", 14: "0", 6: "0", 60: stamp(word.told.at), 58: _line(error.message)}
    fields |= {103: order_reason(error.code, error.reason), REASON: f"{error.code}/{error.reason}"}
    return Outgoing("8", fields, again=word.again)


def _not_changed(word: Word, message: Message, error: Error) -> Outgoing:
    known = word.row.get("group", "") and error.code != "not_found"
    status = STATUS[word.standing.status] if known else "8"
    fields = {37: word.row["group"] if known else NOTHING, 11: message[11], 41: message[41], 39: status}
    fields |= {434: "1" if message.type == "F" else "2", 102: cancel_reason(error.code, error.reason)}
    fields |= {60: stamp(word.told.at), 58: _line(error.message), REASON: f"{error.code}/{error.reason}"}
    return Outgoing("9", fields, again=word.again)


def order_reason(code: str, reason: str) -> str:
    """OrdRejReason (103) for a refusal of ours or of the ledger."""
    return _ORDER_REASONS.get((code, reason)) or _ORDER_REASONS.get((code, "")) or "99"


def cancel_reason(code: str, reason: str) -> str:
    """CxlRejReason (102)."""
    return _CANCEL_REASONS.get((code, reason)) or _CANCEL_REASONS.get((code, "")) or "99"


def business_reason(error: Error) -> str:
    """BusinessRejectReason (380)."""
    if error.reason in ("msg_type", "drop_copy"):
        return "3"
    return {"forbidden": "6", "not_found": "1"}.get(error.code, "0")


def _line(text: str) -> str:
    return " ".join(text.split())[:MOST_OF_A_TEXT]


_TEXTS = {"lapsed": "Nobody affirmed it in time.", "declined": "The investor has declined it."}
_ORDER_REASONS = {
    ("insufficient", ""): "3",
    ("not_found", "instrument"): "1",
    ("not_found", "account"): "15",
    ("not_found", ""): "99",
    ("invalid", "account"): "15",
    ("invalid", "quantity"): "13",
    ("invalid", "allocations"): "13",
    ("invalid", "instrument"): "1",
    ("invalid", "type"): "11",
    ("invalid", "side"): "11",
    ("duplicate", ""): "6",
    ("wrong_status", "stale"): "8",
    ("wrong_status", ""): "0",
    ("forbidden", ""): "0",
    ("unavailable", ""): "2",
}
_CANCEL_REASONS = {
    ("not_found", ""): "1",
    ("duplicate", ""): "6",
    ("wrong_status", "pending"): "3",
    ("wrong_status", "pending_new"): "3",
    ("wrong_status", "awaiting_affirmation"): "3",
    ("wrong_status", ""): "0",
}
