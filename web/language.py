"""Which language a page speaks, and the catalogues, compiled when the console starts."""

from __future__ import annotations

import os
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, current_app, request, session
from flask_babel import Babel

# Those that are offered: English stands in the code, each other one has a complete catalogue.
LANGUAGES = {"en": "English", "es": "Español", "fr": "Français"}
# Numbers and dates as the market's people write them: Mexico's Spanish has a decimal point, Spain's a comma.
LOCALES = {"en": "en_US", "es": "es_MX", "fr": "fr_FR"}


def chosen() -> str:
    """Language of this request: what the user chose, else what the browser asks for, else English."""
    if not request:
        return "en"
    language: str = session.get("language", "")
    if language in LANGUAGES:
        return language
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def locale() -> Locale:
    """The rules by which this request's numbers and dates are written."""
    return Locale.parse(LOCALES[chosen()])


def decimal_sign() -> str:
    """What stands before decimals in this request's numbers."""
    sign: str = locale().number_symbols["latn"]["decimal"]
    return sign


def compile_catalogues(folder: Path) -> None:
    """Turn each .po that changed into the .mo that gettext reads; whole, since several processes may start at once."""
    for source in folder.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        fresh = target.with_suffix(f".{os.getpid()}.mo~")
        with fresh.open("wb") as file:
            write_mo(file, catalogue)
        fresh.replace(target)


def attach(app: Flask) -> None:
    """Compile the catalogues and let pages know their language."""
    compile_catalogues(Path(__file__).parent / "translations")
    Babel(
        app,
        locale_selector=lambda: LOCALES[chosen()],
        timezone_selector=lambda: current_app.config["LONJA"].time_zone,
    )

    @app.context_processor
    def names() -> dict[str, object]:
        return {"language": chosen(), "languages": LANGUAGES}
