"""A page as a reader that forgives nothing: valid HTML, one h1, labels, unique ids, and its forms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import namespaces

from web.language import LANGUAGES

HTML = f"{{{namespaces['html']}}}"
CONTROLS = ("input", "select", "textarea")


@dataclass
class Page:
    """A parsed page."""

    root: Element

    def all(self, tag: str) -> list[Element]:
        return list(self.root.iter(f"{HTML}{tag}"))

    def text(self, element: Element | None = None) -> str:
        return " ".join("".join((self.root if element is None else element).itertext()).split())

    def main(self) -> str:
        return self.text(self.all("main")[0])

    def by_class(self, name: str) -> list[Element]:
        return [node for node in self.root.iter() if name in (node.get("class") or "").split()]

    def form(self, action: str) -> dict[str, str]:
        """What a browser would send for the form with that action, as it stands."""
        found = next((form for form in self.all("form") if form.get("action") == action), None)
        assert found is not None, f"no form to {action}: {[form.get('action') for form in self.all('form')]}"
        fields: dict[str, str] = {}
        for node in found.iter():
            name = node.get("name")
            if not name or node.tag == f"{HTML}button":
                continue
            if node.tag == f"{HTML}select":
                options = list(node.iter(f"{HTML}option"))
                chosen = next((one for one in options if one.get("selected") is not None), options[0])
                fields[name] = chosen.get("value") or ""
            elif node.get("type") in ("radio", "checkbox"):
                if node.get("checked") is not None:
                    fields[name] = node.get("value") or "on"
            elif node.get("type") != "file":
                fields[name] = node.get("value") or ""
        return fields


def read(text: str) -> Page:
    """Parse a page, or fail at its first error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=True)
    return Page(parser.parse(text))


def check(seen: Page) -> None:
    """What every page must keep, whatever it shows."""
    html = seen.root
    assert html.get("lang") in LANGUAGES
    title = seen.text(seen.all("title")[0])
    assert title.removesuffix(" · Lonja") not in ("", title)
    assert len(seen.all("h1")) == 1, [seen.text(node) for node in seen.all("h1")]
    assert seen.text(seen.all("h1")[0])
    assert len(seen.all("main")) == 1
    ids = Counter(node.get("id") for node in html.iter() if node.get("id") is not None)
    assert [name for name, count in ids.items() if count > 1 or not name] == []
    _labels(seen, set(ids))
    _references(html, set(ids))
    for form in seen.all("form"):
        if form.get("method") == "get":  # a search: it changes nothing
            assert form.get("role") == "search", form.attrib
            continue
        assert form.get("method") == "post", form.attrib
        assert any(node.get("name") == "csrf_token" and node.get("value") for node in form.iter()), form.attrib
    for node in html.iter():
        assert node.get("style") is None, (node.tag, node.attrib)
        assert not [name for name in node.attrib if name.startswith("on")], node.attrib
    assert all(script.get("src") for script in seen.all("script"))
    assert not seen.all("style")


def _labels(seen: Page, ids: set[str | None]) -> None:
    labelled = {label.get("for") for label in seen.all("label")}
    assert labelled - {None} <= ids
    inside = {id(node) for label in seen.all("label") for node in label.iter()}
    for tag in CONTROLS:
        for node in seen.all(tag):
            if node.get("type") == "hidden":
                continue
            assert node.get("id") in labelled or id(node) in inside or node.get("aria-label"), node.attrib
    for button in [*seen.all("button"), *seen.all("a")]:
        assert seen.text(button) or button.get("aria-label"), button.attrib


def _references(html: Element, ids: set[str | None]) -> None:
    for node in html.iter():
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((node.get(name) or "").split()) <= ids, (node.attrib, name)
        target = node.get("href") or ""
        if target.startswith("#"):
            assert target[1:] in ids, target
