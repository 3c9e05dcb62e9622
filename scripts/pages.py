"""Every page of the console, found as people find it: by following links from each desk's home.

For `make screenshots` and for the tests of looks: a page that nobody put on a list is met all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from playwright.sync_api import APIRequestContext
from werkzeug.exceptions import HTTPException

from web import create_app, ids
from web.config import Config

NO_PAGES = {"events.stream"}  # answers programs, not people
FILES = {
    *("applications.document", "certificates.pdf", "documents.content", "register.file"),
    *("statements.pdf", "statements.sheet"),
}  # to be saved
EVERYWHERE = {"sessions.sign_out", "sessions.language"}  # forms of every page
EXAMPLES = 4  # of one kind of page are read for links; the rest of a long list leads to more of the same


@dataclass(frozen=True)
class Place:
    """One page: its endpoint (`orders.show`), an address of it, and where its forms go, which differs by desk."""

    endpoint: str
    path: str
    forms: frozenset[str] = frozenset()

    @property
    def kind(self) -> tuple[str, frozenset[str]]:
        """What makes it another page than the next."""
        return self.endpoint, self.forms


class Plan:
    """Which addresses the console has."""

    def __init__(self) -> None:
        here = "http://127.0.0.1"
        app = create_app(Config(api_url=here, url=here, secret=ids.key()))  # for its addresses; it serves nobody
        self._doors = app.url_map.bind("127.0.0.1")
        reading = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        self.pages = {rule.endpoint for rule in reading} - {"static"} - NO_PAGES - FILES

    def endpoint(self, path: str, method: str = "GET") -> str:
        """The endpoint behind an address; "" where the console has none."""
        try:
            return str(self._doors.match(path.split("?")[0], method=method)[0])
        except HTTPException:
            return ""

    def walk(self, reader: APIRequestContext, start: str = "/") -> Iterator[Place]:
        """An address of every kind of page that somebody reaches from where he begins by links alone."""
        read: dict[str, int] = {}
        kinds = set[tuple[str, frozenset[str]]]()
        met, ahead = {start}, [start]
        for path in ahead:  # grows while it is gone through
            endpoint = self.endpoint(path)
            if endpoint not in self.pages or read.get(endpoint, 0) >= EXAMPLES:
                continue
            answer = reader.get(path)
            read[endpoint] = read.get(endpoint, 0) + 1
            page = _Page(answer.text())
            place = Place(endpoint, path, frozenset(self.endpoint(one, "POST") for one in page.forms) - EVERYWHERE)
            if answer.ok and place.kind not in kinds:
                kinds.add(place.kind)
                yield place
            fresh = [link for link in page.links if link not in met]
            met.update(fresh)
            ahead += fresh


class _Page(HTMLParser):
    """Where a page leads inside the console, in the order of the page, and where its forms go."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: dict[str, None] = {}
        self.forms: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        href = given.get("href") or ""
        if tag == "a" and href.startswith("/"):
            self.links[href.split("#")[0]] = None
        if tag == "form" and given.get("method") == "post":
            self.forms.add(given.get("action") or "")
