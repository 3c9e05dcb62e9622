"""Papers: what a person keeps or prints, as PDF. The only module that sets type.

A template is one of ours in `papers/`; what a paper says reaches it as values, as text and never as markup, so that no
name can set type or read a file. A paper can be read aloud and kept (PDF/UA-1, PDF/A-2a), uses the fonts that the
typesetter carries and no other, and is made of the same bytes whenever the same is said: its date is what it states.
"""

import io
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from middleware.errors import Error
from middleware.wording import LANGUAGES

TEMPLATES = Path(__file__).parent / "papers"
NEEDED = ("title", "language", "at")
STANDARDS: list[Any] = ["ua-1", "a-2a"]
# What the fonts can show: Latin, Greek, Cyrillic, signs. Anything else would make a paper that cannot be kept.
_UNKNOWN = re.compile(
    "[^\\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u04ff\u1e00-\u1eff"
    "\u2010-\u2015\u2018-\u2026\u2030-\u203a\u20a0-\u20bf\u2116\u2122\u2190-\u2199\u2212\u2260\u2264\u2265]"
)
_UNKNOWN_SIGN = "\ufffd"


def render(template: str, values: Mapping[str, Any], *, plain: bool = False) -> bytes:
    """The PDF of a template. `values` has `title`, `language` and `at` (the RFC 3339 instant it speaks of), and what
    the template asks for besides; everything in it is text, or lists and mappings of text.

    `plain` leaves the tags out that make it a paper to be read aloud: for what is bound of many parts."""
    for name in NEEDED:
        if not values.get(name):
            raise Error("internal", f"a paper says its {name}", reason="paper")
    source = TEMPLATES / f"{template}.typ"
    compiler = typst.Compiler(source, root=TEMPLATES, font_paths=_fonts())
    said = json.dumps(_shown(dict(values)), ensure_ascii=False)
    standards = {"pdf_tags": False} if plain else {"pdf_standards": STANDARDS}
    made = compiler.compile(format="pdf", sys_inputs={"values": said}, timestamp=0, **standards)
    if not isinstance(made, bytes):
        raise Error("internal", f"{template} made no paper", reason="paper")
    return made


def bound(parts: Iterable[bytes], *, title: str, language: str) -> bytes:
    """Papers one after the other, as one: of many thousand lines, which no typesetter holds in its head at once."""
    whole = PdfWriter()
    for part in parts:
        whole.append(PdfReader(io.BytesIO(part)), import_outline=False)
    whole.add_metadata({"/Title": title, "/Author": "Lonja"})
    whole.root_object[NameObject("/Lang")] = TextStringObject(language)
    file = io.BytesIO()
    whole.write(file)
    return file.getvalue()


def pages(made: bytes) -> int:
    """How many pages a paper has."""
    return len(PdfReader(io.BytesIO(made)).pages)


@cache
def words(language: str) -> Mapping[str, str]:
    """What English words of papers are in a language: {} for English itself."""
    if language not in LANGUAGES or language == "en":
        return {}
    found: dict[str, str] = json.loads((TEMPLATES / f"{language}.json").read_text(encoding="utf-8"))
    return found


def word(text: str, language: str, **said: str) -> str:
    """A sentence in a language, with what it names put in: word("At {time}", "es", time="10:00")."""
    return words(language).get(text, text).format(**said)


def _shown(value: Any) -> Any:
    """The same values with a sign in place of every character that the fonts cannot show."""
    if isinstance(value, str):
        return _UNKNOWN.sub(_UNKNOWN_SIGN, value)
    if isinstance(value, Mapping):
        return {name: _shown(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    raise Error("internal", f"a paper says text, not {type(value).__name__}", reason="paper")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)
