"""Quantities and money: whole units and whole minor units, text on every wire, int64 at most. No float anywhere."""

import re
from decimal import Decimal, InvalidOperation

from middleware.errors import Error

MAXIMUM = 2**63 - 1
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse(text: str, *, field: str = "") -> int:
    """An integer as the ledger writes it: no sign, no leading zero, at most 2^63-1."""
    if not isinstance(text, str) or not _INTEGER.fullmatch(text) or int(text) > MAXIMUM:
        raise Error("invalid", f"{text!r} is not a whole number from 0 to {MAXIMUM}", reason=field, field=field)
    return int(text)


def multiply(quantity: int, price_minor: int, *, field: str = "") -> int:
    """quantity x price in minor units; refused when the product does not fit into 64 bits."""
    return _fits(quantity * price_minor, f"{quantity} x {price_minor}", field)


def add(left: int, right: int, *, field: str = "") -> int:
    """left + right; refused when the sum does not fit into 64 bits."""
    return _fits(left + right, f"{left} + {right}", field)


def fee(amount_minor: int, fee_bps: int) -> int:
    """The fee on an amount: basis points, rounded down to the minor unit, as the ledger does."""
    return amount_minor * fee_bps // 10_000


def to_minor(text: str, digits: int, *, field: str = "") -> int:
    """A decimal that a person wrote ("25.00") in minor units; refused when it has more digits than the currency."""
    try:
        scaled = Decimal(text).scaleb(digits)
    except InvalidOperation:
        raise Error("invalid", f"{text!r} is not a number", reason=field, field=field) from None
    if not scaled.is_finite() or scaled < 0 or scaled > MAXIMUM or scaled != scaled.to_integral_value():
        raise Error("invalid", f"{text!r} is not an amount with {digits} decimals", reason=field, field=field)
    return int(scaled)


def to_text(minor: int, digits: int) -> str:
    """Minor units as a plain decimal ("25.00"): for logs and terminals, not for parsing back."""
    if digits == 0:
        return str(minor)
    return f"{minor // 10**digits}.{minor % 10**digits:0{digits}d}"


def _fits(value: int, what: str, field: str) -> int:
    if value > MAXIMUM:
        raise Error("invalid", f"{what} is more than {MAXIMUM}", reason=field or "overflow", field=field)
    return value
