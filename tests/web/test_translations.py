"""Each catalogue has every sentence of the console, no more, with the same placeholders."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from middleware import wording
from web.language import LANGUAGES, LOCALES

WEB = Path(__file__).parents[2] / "web"
CATALOGUES = sorted(path.parts[-3] for path in WEB.glob("translations/*/LC_MESSAGES/messages.po"))
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
SPACED = re.compile("[^\u00a0][;:!?»](?:\\s|$)|«[^\u00a0]")

each_catalogue = pytest.mark.parametrize("language", CATALOGUES)


@cache
def spoken() -> frozenset[str]:
    """Every sentence that code and templates ask the catalogue for."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(WEB, methods, keywords=KEYWORDS)
    return frozenset(
        message[0] if isinstance(message, tuple) else message for _file, _line, message, _comments, _context in found
    )


@cache
def catalogue(language: str) -> Catalog:
    with (WEB / f"translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


def known(language: str) -> dict[str, list[str]]:
    """Sentence → its forms in a language."""
    rows = [message for message in catalogue(language) if message.id]
    return {_one(row.id): [row.string] if isinstance(row.string, str) else list(row.string) for row in rows}


def _one(sentence: str | tuple[str, ...] | list[str]) -> str:
    """A sentence with a plural goes by its singular."""
    return sentence if isinstance(sentence, str) else sentence[0]


def test_the_languages_that_are_offered_are_english_and_those_with_a_catalogue() -> None:
    assert sorted(LANGUAGES) == sorted(["en", *CATALOGUES])
    assert list(LANGUAGES) == list(wording.LANGUAGES)
    assert LOCALES == wording.LOCALES


@each_catalogue
def test_every_sentence_has_its_translation_and_none_is_left_over(language: str) -> None:
    assert len(spoken()) > 300
    assert spoken() - known(language).keys() == set()
    assert known(language).keys() - spoken() == set()


@each_catalogue
def test_nothing_is_empty_or_a_guess(language: str) -> None:
    assert [sentence for sentence, forms in known(language).items() if not all(forms)] == []
    assert [message.id for message in catalogue(language) if message.id and message.fuzzy] == []


@each_catalogue
def test_a_plural_has_as_many_forms_as_its_language(language: str) -> None:
    plural = [row for row in catalogue(language) if isinstance(row.id, (tuple, list))]
    assert {len(row.string) for row in plural} == {catalogue(language).num_plurals}


@each_catalogue
def test_placeholders_are_the_same_in_both_languages(language: str) -> None:
    for sentence, forms in known(language).items():
        for form in forms:
            assert set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(sentence)), sentence


@each_catalogue
def test_a_sentence_ends_as_its_original_does(language: str) -> None:
    for sentence, forms in known(language).items():
        for form in forms:
            assert (sentence[-1] in ".:…") == (form[-1] in ".:…"), (sentence, form)


def test_french_signs_do_not_come_apart_from_their_words() -> None:
    assert [form for forms in known("fr").values() for form in forms if SPACED.search(form) or "'" in form] == []
