"""A paper says what it is given, as text; the same said twice is the same bytes; it can be read aloud and kept."""

import configparser
import io
import json
import re
from typing import Any

import pytest
from pypdf import PdfReader

from middleware import paper, wording
from middleware.errors import Error

COLUMNS = [{"name": "Holder", "wide": "yes"}, {"name": "Quantity", "number": "yes"}]


def values(**more: Any) -> dict[str, Any]:
    section = {"title": "Holders", "columns": COLUMNS, "rows": [["Zoë Ibáñez", "1,250"], ["#panic[*x*] $y$", "7"]]}
    said = {"title": "Register of ACME", "language": "es", "at": "2026-11-25T22:10:36Z", "sections": [section]}
    return {**said, "facts": [["Emisora", "ACME"]], "notes": ["Una nota"], **more}


def read(made: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


def test_what_is_said_stands_on_the_paper_and_is_never_markup() -> None:
    told = read(paper.render("sheet", values()))
    for text in ("Register of ACME", "Zoë Ibáñez", "1,250", "#panic[*x*] $y$", "Emisora", "Una nota"):
        assert text in told


def test_the_same_said_twice_is_the_same_bytes() -> None:
    assert paper.render("sheet", values()) == paper.render("sheet", values())
    assert paper.render("sheet", values()) != paper.render("sheet", values(at="2026-11-25T22:10:37Z"))


def test_a_paper_says_its_title_language_and_date_and_that_it_can_be_read_aloud_and_kept() -> None:
    made = paper.render("sheet", values())
    reader = PdfReader(io.BytesIO(made))
    assert reader.metadata is not None
    assert reader.metadata.title == "Register of ACME"
    assert str(reader.metadata.creation_date).startswith("2026-11-25 22:10:36")
    assert reader.trailer["/Root"]["/Lang"] == "es"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in made


def test_only_the_fonts_that_the_typesetter_carries_are_used() -> None:
    found = set(re.findall(rb"/BaseFont/[A-Z]{6}\+(\w+)", paper.render("sheet", values())))
    assert found
    assert all(name.startswith((b"LibertinusSerif", b"DejaVuSansMono")) for name in found)


def test_what_the_fonts_cannot_show_is_a_sign_and_every_other_character_is_itself() -> None:
    made = paper.render("sheet", values(title="漢字 ​ Ñandú \x00 😀"))
    assert "Ñandú" in read(made)
    assert "漢" not in read(made)
    shown = [chr(n) for n in range(0x20, 0x2300) if not paper._UNKNOWN.match(chr(n))]
    assert len(shown) > 1000
    paper.render("sheet", values(notes=[" ".join(shown)]))


def test_a_long_table_goes_on_over_pages_under_the_same_head() -> None:
    rows = [[f"Holder {n}", str(n)] for n in range(200)]
    section = {"title": "", "columns": COLUMNS, "rows": rows}
    pages = PdfReader(io.BytesIO(paper.render("sheet", values(sections=[section], landscape="yes")))).pages
    assert len(pages) > 2
    assert all("Quantity" in page.extract_text() for page in pages)
    assert f"{len(pages)} / {len(pages)}" in pages[-1].extract_text()


@pytest.mark.parametrize("wrong", [{"title": ""}, {"language": ""}, {"at": None}, {"notes": [7]}])
def test_a_paper_without_title_language_or_instant_or_with_anything_but_text_is_a_defect(wrong: dict[str, Any]) -> None:
    with pytest.raises(Error, match="paper"):
        paper.render("sheet", values(**wrong))


def test_every_word_of_the_templates_has_its_translation() -> None:
    said = {w for path in paper.TEMPLATES.glob("*.typ") for w in re.findall(r'\bt\("([^"]+)"\)', path.read_text())}
    assert said
    for language in paper.LANGUAGES:
        known = json.loads((paper.TEMPLATES / f"{language}.json").read_text()) if language != "en" else said
        assert said - set(known) == set()


def test_every_language_of_papers_has_the_same_words_with_the_same_gaps() -> None:
    catalogues = [paper.words(language) for language in paper.LANGUAGES if language != "en"]
    assert len(catalogues) == len(list(paper.TEMPLATES.glob("*.json")))
    for known in catalogues:
        assert known.keys() == catalogues[0].keys()
        for sentence, said in known.items():
            assert said
            assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", sentence)), sentence


@pytest.mark.parametrize("language", paper.LANGUAGES)
def test_the_words_and_numbers_of_each_language_can_be_shown(language: str) -> None:
    numbers = [wording.decimal(123456789, 2, language), wording.grouped(123456789, 2, language)]
    assert numbers[0] == numbers[1]
    shown = "".join([*paper.words(language).values(), *numbers])
    assert paper._UNKNOWN.findall(shown) == []


def test_the_templates_are_installed_with_the_package() -> None:
    setup = configparser.ConfigParser()
    setup.read(paper.TEMPLATES.parents[1] / "setup.cfg", encoding="utf-8")
    assert "papers/*" in setup["options.package_data"]["middleware"].split()


def test_a_sentence_is_said_in_its_language() -> None:
    assert paper.word("Nothing.", "es") == "Nada."
    assert paper.word("Nothing.", "en") == "Nothing."
    assert paper.word("Seen {n} times", "es", n="3") == "Seen 3 times"
