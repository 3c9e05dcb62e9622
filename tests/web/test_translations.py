"""The Spanish catalogue has every sentence of the console, no more, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "web"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def spoken() -> set[str]:
    """Every sentence that code and templates ask the catalogue for."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(WEB, methods, keywords=KEYWORDS)
    return {
        message[0] if isinstance(message, tuple) else message for _file, _line, message, _comments, _context in found
    }


def catalogue() -> Catalog:
    with (WEB / "translations/es/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="es")


def known() -> dict[str, list[str]]:
    """Sentence → its Spanish forms."""
    rows = [message for message in catalogue() if message.id]
    return {_one(row.id): [row.string] if isinstance(row.string, str) else list(row.string) for row in rows}


def _one(sentence: str | tuple[str, ...] | list[str]) -> str:
    """A sentence with a plural goes by its singular."""
    return sentence if isinstance(sentence, str) else sentence[0]


def test_every_sentence_has_its_spanish_and_no_spanish_is_left_over() -> None:
    sentences = spoken()
    assert len(sentences) > 300
    assert sentences - known().keys() == set()
    assert known().keys() - sentences == set()


def test_nothing_is_empty_or_a_guess() -> None:
    assert [sentence for sentence, forms in known().items() if not all(forms)] == []
    assert [message.id for message in catalogue() if message.id and message.fuzzy] == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    for sentence, forms in known().items():
        for form in forms:
            assert set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(sentence)), sentence


def test_a_sentence_ends_as_its_original_does() -> None:
    for sentence, forms in known().items():
        for form in forms:
            assert (sentence[-1] in ".:…") == (form[-1] in ".:…"), (sentence, form)
