"""Numbers and instants as people write them, for papers: the console has its own, for pages."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_decimal

# Mexico's Spanish has a decimal point, Spain's a comma.
LOCALES = {"en": "en_US", "es": "es_MX", "fr": "fr_FR"}
# What users may be spoken to in, and papers be written in.
LANGUAGES = tuple(LOCALES)
# French sets thousands apart by a narrow space, which is not among the signs that papers show.
_NARROW, _SPACE = "\u202f", "\u00a0"


def decimal(minor: int, digits: int, language: str) -> str:
    """An integer of minor units with its decimals: (100250, 2) is 1,002.50."""
    pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
    written = format_decimal(Decimal(minor).scaleb(-digits), format=pattern, locale=_locale(language))
    return written.replace(_NARROW, _SPACE)


def grouped(minor: int, digits: int, language: str) -> str:
    """The same for hundreds of thousands of numbers: a tenth of the time, for languages that group by thousands."""
    point, comma = _signs(language)
    whole, rest = divmod(abs(minor), 10**digits)
    text = f"{whole:,}".replace(",", comma) + (f"{point}{rest:0{digits}d}" if digits else "")
    return f"-{text}" if minor < 0 else text


def moment(at: datetime, language: str, zone: str, *, zoned: bool = False) -> str:
    """An instant in the market's zone, and if wanted how far that is from UTC."""
    local = at.astimezone(ZoneInfo(zone))
    written: str = format_datetime(local, "d MMM y, HH:mm:ss", tzinfo=ZoneInfo(zone), locale=_locale(language))
    return f"{written} {_offset(local)}" if zoned else written


def month(first: datetime, language: str, zone: str) -> str:
    """The name of the month that begins at an instant: November 2026."""
    written: str = format_skeleton("yMMMM", first, tzinfo=ZoneInfo(zone), locale=_locale(language))
    return written


@cache
def _signs(language: str) -> tuple[str, str]:
    """What stands before decimals, and between thousands."""
    signs = _locale(language).number_symbols["latn"]
    return signs["decimal"], signs["group"].replace(_NARROW, _SPACE)


def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES[language])


def _offset(local: datetime) -> str:
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
