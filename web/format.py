"""Amounts, quantities and instants, as people write them and back. Never a float."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from flask import Flask, current_app
from flask_babel import gettext as _

from . import catalogue, language

LARGEST = 2**63 - 1
# What is typed where the decimal sign is a point, and where it is a comma: there thousands have spaces between, so that
# a point, which some keyboards put in its place, cannot mean anything else.
POINT = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]+))?")
COMMA = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")


class Unreadable(ValueError):
    """What was typed is no such number; the text is the sentence for the person who typed it."""


def decimal(minor: str | int, digits: int) -> str:
    """Write an integer of minor units with its decimals: ("100250", 2) is 1,002.50."""
    pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
    return format_decimal(Decimal(int(minor)).scaleb(-digits), format=pattern, locale=language.locale())


def parse(text: str, digits: int = 0) -> str:
    """Read what someone typed ("1,002.50") as a positive integer of minor units ("100250")."""
    found = (COMMA if language.decimal_sign() == "," else POINT).fullmatch(re.sub(r"\s", "", text))
    if not found:
        raise Unreadable(
            _("“%(typed)s” is not a number. Write it like %(example)s.", typed=text.strip(), example=_example(digits))
        )
    whole, decimals = found[1].replace(",", ""), found[2] or ""
    if len(decimals) > digits:
        raise _too_fine(text.strip(), digits)
    minor = int(whole + decimals.ljust(digits, "0"))
    if minor > LARGEST:
        raise Unreadable(_("“%(typed)s” is too large.", typed=text.strip()))
    return str(minor)


def _example(digits: int) -> str:
    return typed(1250 * 10**digits, digits)


def _too_fine(text: str, digits: int) -> Unreadable:
    if digits == 0:
        return Unreadable(_("“%(typed)s” has decimals; only whole units can be traded.", typed=text))
    return Unreadable(_("“%(typed)s” has more than %(digits)s decimals.", typed=text, digits=digits))


def typed(minor: str | int, digits: int) -> str:
    """Write an amount the way a form's field takes it: no thousands separators."""
    return f"{Decimal(int(minor)).scaleb(-digits):.{digits}f}".replace(".", language.decimal_sign())


def quantity(value: str | int, code: str = "") -> str:
    """Write a quantity of an instrument: whole units of a share, decimals of a currency."""
    return decimal(value, catalogue.digits(code) if code else 0)


def price(minor: str | int, instrument: str) -> str:
    """Write a price of an instrument, in its currency's decimals."""
    return decimal(minor, catalogue.digits(catalogue.currency(instrument)))


def unit(code: str) -> str:
    """The word behind a number: MXN for the claims MXN.BANCO1, the code itself for a share."""
    return code.split(".")[0] if catalogue.is_currency(code) else code


def percent(basis_points: str | int) -> str:
    """Write hundredths of a percent as a percentage."""
    return decimal(basis_points, 2) + " %"


def instant(text: str) -> datetime:
    """Read an RFC 3339 instant of the API."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def end_of(day: str) -> str:
    """The last second of a day ("2026-11-30") in the market's zone, as an instant for the API."""
    last = datetime.combine(date.fromisoformat(day), time(23, 59, 59), zone())
    return last.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_of(day: str) -> str:
    """The first moment of a day in the market's zone, as an instant for the API."""
    first = datetime.combine(date.fromisoformat(day), time(), zone())
    return first.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_after(day: str) -> str:
    """The first moment that is past a day in the market's zone."""
    return start_of((date.fromisoformat(day) + timedelta(days=1)).isoformat())


def zone() -> ZoneInfo:
    """The market's zone, in which every time on a page is written."""
    return ZoneInfo(current_app.config["LONJA"].time_zone)


def moment(text: str, style: str = "short") -> str:
    """Write an instant in the market's zone: `short` for tables, `long` with seconds and zone, `day`, `month`."""
    pattern = {"short": "d MMM, HH:mm:ss", "long": "d MMM y, HH:mm:ss", "day": "d MMM y", "month": "LLLL y"}[style]
    written = format_datetime(instant(text), pattern, tzinfo=zone(), locale=language.locale())
    return f"{written} {_offset(instant(text))}" if style == "long" else written


def _offset(at: datetime) -> str:
    """The zone's distance from UTC at that instant: UTC−6. Abbreviations of zones are not known to everyone."""
    minutes = int((at.astimezone(zone()).utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def short(identifier: str) -> str:
    """The part of a long identifier that tells it apart at a glance: party, and the uuid's random end."""
    party, colon, rest = identifier.rpartition(":")
    return f"{party}{colon}…{rest[-6:]}" if len(rest) > 12 else identifier


def size(count: str | int) -> str:
    """A file's size as people say it."""
    kilobytes = max(round(int(count) / 1000), 1)
    if kilobytes < 1000:
        return str(_("%(count)s kB", count=format_decimal(kilobytes, locale=language.locale())))
    return str(_("%(count)s MB", count=format_decimal(kilobytes / 1000, format="#,##0.0", locale=language.locale())))


def attach(app: Flask) -> None:
    """Give templates the formats as filters."""
    app.jinja_env.filters.update(
        decimal=decimal,
        quantity=quantity,
        price=price,
        unit=unit,
        percent=percent,
        moment=moment,
        short=short,
        size=size,
    )
