"""What brokers send: orders (D), cancels (F), replaces (G), answers to confirmations (AU), read into wishes.

The engine has checked form and required tags (Reject, 3). What is left is refused by the answer that the standard
names, with a text that says the tag, its value and what is wrong.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from middleware import clock, ids
from middleware.errors import Error
from middleware.fix.message import ALLOCATIONS, Message, moment
from middleware.services.brokering import Allocation, Answer, Cancel, Enter, Refusal, Replace

STALE = timedelta(seconds=60)
MOST_OF_A_NAME = 64
CASH_ACCOUNT = 20884
SIDES = {"1": "buy", "2": "sell"}
LIMIT = "2"
ISIN = "4"
AFFIRM = {"1": "received", "2": "rejected", "3": "affirmed"}
DAY, UNTIL_CANCELLED, UNTIL_DATE = "0", "1", "6"
TIMES = {
    "1": "good till cancelled",
    "2": "at the opening",
    "3": "immediate or cancel",
    "4": "fill or kill",
    "5": "good till crossing",
    "7": "at the close",
}

Wish = Enter | Cancel | Replace | Answer | Refusal


def wish(message: Message, *, kind: str, at: datetime) -> Wish:
    """What a message asks for, as it came at this instant in a session of this kind."""
    try:
        if kind == "drop_copy":
            raise Error("forbidden", "this session only listens: it is a drop copy", reason="drop_copy")
        reader = READERS.get(message.type)
        if reader is None:
            raise Error("invalid", f"MsgType (35) {message.type} is not taken here", reason="msg_type", field="35")
        _fresh(message, at)
        return reader(message)
    except Error as error:
        return Refusal(message[11], error, original=message[41])


def _fresh(message: Message, at: datetime) -> None:
    """An order that was written a while ago is not executed now (SAFETY: FIX)."""
    sent_at = message.sent_at
    if message.type in ("D", "G") and sent_at is not None and at - sent_at > STALE:
        tag = 122 if message[122] else 52
        text = f"({tag}) {message[tag]} is more than {STALE.seconds} seconds ago"
        raise Error(
            "wrong_status", f"too late: {'OrigSendingTime' if tag == 122 else 'SendingTime'} {text}", reason="stale"
        )


def _enter(message: Message) -> Enter:
    _limit(message)
    return Enter(
        client_id=_name(message, 11, "ClOrdID"),
        instrument=_symbol(message),
        isin=_isin(message),
        side=_side(message),
        price=message[44],
        venue=_code(message, 100, "ExDestination"),
        good_till=_good_till(message),
        allocations=_allocations(message),
        again=_again(message),
    )


def _cancel(message: Message) -> Cancel:
    return Cancel(_name(message, 11, "ClOrdID"), _name(message, 41, "OrigClOrdID"), _again(message))


def _replace(message: Message) -> Replace:
    _limit(message)
    name, original = _name(message, 11, "ClOrdID"), _name(message, 41, "OrigClOrdID")
    return Replace(name, original, _quantity(message[38], 38), message[44], _again(message))


def _answer(message: Message) -> Answer:
    status = AFFIRM.get(message[940])
    if status is None:
        raise _bad(message, 940, "AffirmStatus", "it can be 1 (received), 2 (rejected) or 3 (affirmed)")
    if status == "rejected" and not message[774]:
        raise Error("invalid", "ConfirmRejReason (774) is missing; 940=2 needs it", reason="reason", field="774")
    return Answer(_name(message, 664, "ConfirmID"), status, message[774], message[58][:500])


def _again(message: Message) -> bool:
    return message[97] == "Y"


def _name(message: Message, tag: int, name: str) -> str:
    value = message[tag]
    if not value:
        raise Error("invalid", f"{name} ({tag}) is missing", reason="client_id", field=str(tag))
    if len(value) > MOST_OF_A_NAME or not value.isascii() or not value.isprintable():
        told = f"it has {len(value)} characters; {MOST_OF_A_NAME} printable ASCII characters are the most"
        raise _bad(message, tag, name, told)
    return value


def _limit(message: Message) -> None:
    if message[40] != LIMIT:
        raise Error(
            "invalid", f"OrdType (40) is {message[40]}; only limit orders (2) are taken", reason="type", field="40"
        )
    if not message[44]:
        raise Error("invalid", "Price (44) is missing; a limit order needs it", reason="limit_minor", field="44")
    if message[18] or message[211] or message[99]:
        tag = next(tag for tag in (18, 211, 99) if message[tag])
        raise Error(
            "invalid", f"({tag}) is {message[tag]}; no instruction of that kind is taken", reason="type", field=str(tag)
        )


def _symbol(message: Message) -> str:
    symbol = message[55]
    if symbol in ("", "[N/A]"):
        if not message[48]:
            raise Error("not_found", "Symbol (55) and SecurityID (48) are missing", reason="instrument", field="55")
        return ""
    if not ids.is_code(symbol):
        raise Error(
            "not_found", f"Symbol (55) is {symbol[:40]!r}: there is no such instrument", reason="instrument", field="55"
        )
    return symbol


def _isin(message: Message) -> str:
    if not message[48]:
        return ""
    if message[22] != ISIN:
        text = f"SecurityIDSource (22) is {message[22]!r}; it can be 4 (ISIN)"
        raise Error("not_found", text, reason="instrument", field="22")
    return message[48][:40]


def _side(message: Message) -> str:
    side = SIDES.get(message[54])
    if side is None:
        raise Error("invalid", f"Side (54) is {message[54]}; it can be 1 (buy) or 2 (sell)", reason="side", field="54")
    return side


def _code(message: Message, tag: int, name: str) -> str:
    if message[tag] and not ids.is_code(message[tag]):
        raise Error(
            "not_found",
            f"{name} ({tag}) is {message[tag][:40]!r}: there is no such venue",
            reason="venue",
            field=str(tag),
        )
    return message[tag]


def _quantity(text: str, tag: int) -> str:
    """Whole units; FIX may write them with decimals that are zero."""
    units, _, rest = text.partition(".")
    units = units.lstrip("0") or "0"
    name = {38: "OrderQty", 80: "AllocQty"}[tag]
    if not text:
        raise Error("invalid", f"{name} ({tag}) is missing", reason="quantity", field=str(tag))
    if not units.isascii() or not units.isdigit() or rest.strip("0") or len(units) > 18 or units == "0":
        raise Error(
            "invalid",
            f"{name} ({tag}) is {text[:40]}; it must be a whole number of units, at least 1",
            reason="quantity",
            field=str(tag),
        )
    return units


def _good_till(message: Message) -> str:
    """When the order ends. 59: 0 (day, also when it is missing) or 6 with 126 or 432."""
    time_in_force = message[59] or DAY
    if time_in_force == DAY:
        return ""
    if time_in_force != UNTIL_DATE:
        what = TIMES.get(time_in_force, "unknown")
        text = f"TimeInForce (59) is {time_in_force} ({what}); it can be 0 (day) or 6 (good till date)"
        raise Error("invalid", text, reason="type", field="59")
    if message[126]:
        until = moment(message[126])
        if until is None:
            raise _bad(message, 126, "ExpireTime", "it is no UTC time")
        return clock.text(until)
    if until := moment(f"{message[432]}-23:59:59"):
        return clock.text(until)
    raise Error(
        "invalid", "ExpireTime (126) or ExpireDate (432) is missing; 59=6 needs one", reason="good_till", field="126"
    )


def _allocations(message: Message) -> list[Allocation]:
    """One account (1), or those of NoAllocs (78), which come to the whole quantity (38)."""
    quantity, entries = _quantity(message[38], 38), message.groups.get(ALLOCATIONS, [])
    cash = message[CASH_ACCOUNT]
    if not entries:
        return [
            Allocation(
                _account(message[1], 1, "Account"),
                _account(cash, CASH_ACCOUNT, "the cash account") if cash else "",
                quantity,
            )
        ]
    found = [
        Allocation(_account(entry.get(79, ""), 79, "AllocAccount"), "", _quantity(entry.get(80, ""), 80))
        for entry in entries
    ]
    total = sum(int(one.quantity) for one in found)
    if total != int(quantity):
        text = f"OrderQty (38) is {quantity}; the allocations (80) come to {total}"
        raise Error("invalid", text, reason="quantity", field="38")
    return found


def _account(text: str, tag: int, name: str) -> str:
    if not text:
        raise Error("not_found", f"{name} ({tag}) is missing", reason="account", field=str(tag))
    party, _, id = text.partition(":")
    if not ids.is_code(party) or len(id) != 36:
        raise Error(
            "not_found", f"{name} ({tag}) is {text[:80]!r}: there is no such account", reason="account", field=str(tag)
        )
    return text


def _bad(message: Message, tag: int, name: str, problem: str) -> Error:
    return Error("invalid", f"{name} ({tag}) is {message[tag][:80]!r}: {problem}", reason="value", field=str(tag))


READERS: Mapping[str, Callable[[Message], Wish]] = {"D": _enter, "F": _cancel, "G": _replace, "AU": _answer}
