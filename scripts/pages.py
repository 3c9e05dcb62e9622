"""Every page of the console, found as people find it: by following links from each desk's home.

For `make screenshots` and for the tests of looks: a page that nobody put on a list is met all the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from playwright.sync_api import APIRequestContext
from werkzeug.exceptions import HTTPException

from web import create_app, ids
from web.config import Config

NO_PAGES = {"events.stream"}  # answers programs, not people
EXAMPLES = 4  # of one kind of page are read for links; the rest of a long list leads to more of the same


@dataclass(frozen=True)
class Place:
    """One page: its endpoint (`orders.show`) and an address of it."""

    endpoint: str
    path: str


class Plan:
    """Which addresses the console has."""

    def __init__(self) -> None:
        here = "http://127.0.0.1"
        app = create_app(Config(api_url=here, url=here, secret=ids.key()))  # for its addresses; it serves nobody
        self._doors = app.url_map.bind("127.0.0.1")
        reading = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        self.pages = {rule.endpoint for rule in reading} - {"static"} - NO_PAGES
        self.files: set[str] = set()  # what a walk found to be downloads

    def endpoint(self, path: str) -> str:
        """The endpoint behind an address; "" where the console has none."""
        try:
            return str(self._doors.match(path.split("?")[0], method="GET")[0])
        except HTTPException:
            return ""

    def walk(self, reader: APIRequestContext) -> Iterator[Place]:
        """One address of every page that a signed-in person reaches from home by links alone."""
        read: dict[str, int] = {}
        met, ahead = {"/"}, ["/"]
        for path in ahead:  # grows while it is gone through
            endpoint = self.endpoint(path)
            if not endpoint or read.get(endpoint, 0) >= EXAMPLES:
                continue
            answer = reader.get(path)
            read[endpoint] = read.get(endpoint, 0) + 1
            if not answer.headers.get("content-type", "").startswith("text/html"):
                self.files.add(endpoint)
                continue
            if answer.ok and read[endpoint] == 1:
                yield Place(endpoint, path)
            fresh = [link for link in links(answer.text()) if link not in met]
            met.update(fresh)
            ahead += fresh


def links(text: str) -> Iterable[str]:
    """Where a page leads inside the console, in the order of the page."""
    reader = _Links()
    reader.feed(text)
    return dict.fromkeys(reader.found)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith("/"):
            self.found.append(href.split("#")[0])
