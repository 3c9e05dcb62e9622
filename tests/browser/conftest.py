"""A real Chromium at the console of a running product: LONJA_BROWSER_ON says which (see `where`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from scripts import chromium
from scripts.cast import PASSWORD
from scripts.exchange import control
from scripts.furnished import NEWCOMERS, furnished
from scripts.pages import Place, Plan
from scripts.product import Product
from scripts.stage import Stage

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# One desk of each role, and two who have none: somebody who applies, and whoever comes by without a login.
READERS = ("alice", "acme", "custodian", "operator", "bank", "venue", "casa", "mercado", "regulator", NEWCOMERS[0], "")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Visit:
    """One person's browser window, and what it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        return self.page


def sign_in(window: Visit, username: str) -> None:
    window.go("/sign-in")
    window.page.fill("#username", username)
    window.page.fill("#password", PASSWORD)
    window.page.click("main button[type=submit]")
    window.page.wait_for_selector(".side")


@pytest.fixture(scope="session")
def where() -> str:
    """Which product: `network` (the real one, made for the run), `sandbox`, or the address of a running console."""
    return os.environ.get("LONJA_BROWSER_ON", "network")


@pytest.fixture(scope="session")
def base_url_web(request: pytest.FixtureRequest, where: str) -> str:
    """The console's address, with the cast on stage behind it."""
    if where.startswith("http"):
        return where.rstrip("/")
    product: Product = request.getfixturevalue(where)
    request.getfixturevalue("stage" if where == "network" else "sandbox_stage")
    return f"http://127.0.0.1:{product.config.web_port}"


@pytest.fixture(scope="session")
def furnished_web(request: pytest.FixtureRequest, where: str, base_url_web: str) -> str:
    """The console's address once there is one of everything that a page can show; of a running one, as it stands."""
    if not where.startswith("http"):
        product: Product = request.getfixturevalue(where)
        stage: Stage = request.getfixturevalue("stage" if where == "network" else "sandbox_stage")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in product.environment.items():
                patch.setenv(name, value)
            furnished(stage, control.path(product.config))
    return base_url_web


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium.find()
    if program is None:
        pytest.skip("no Chromium here: set LONJA_CHROMIUM, or let `make test` install one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(program), args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in() -> dict[str, Any]:
    """Cookies of who has signed in already: sign-ins are rationed, and one a person is enough."""
    return {}


@pytest.fixture(scope="session")
def plan() -> Plan:
    return Plan()


@pytest.fixture(scope="session")
def tour(browser: Browser, furnished_web: str, signed_in: dict[str, Any], plan: Plan) -> dict[str, list[Place]]:
    """Every kind of page that anybody on stage reaches by links, with who sees it: each once, and every desk's home."""
    kinds, found = set[Any](), dict[str, list[Place]]()
    for username in READERS:
        context = browser.new_context(locale="en-US", base_url=furnished_web, storage_state=signed_in.get(username))
        if username and username not in signed_in:
            sign_in(Visit(context.new_page()), username)
            signed_in[username] = context.storage_state()
        places = plan.walk(context.request, "/" if username else "/sign-in")
        found[username] = [place for place in places if place.kind not in kinds or place.path == "/"]
        kinds |= {place.kind for place in found[username]}
        context.close()
    return found


@pytest.fixture
def visit(browser: Browser, base_url_web: str, signed_in: dict[str, Any]) -> Iterator[Callable[..., Visit]]:
    """Open a window, signed in as someone (or nobody); at the end nothing may have complained."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_window(username: str = "", language: str = "en", **options: Any) -> Visit:
        settings: dict[str, Any] = {"viewport": WIDE, "locale": "en-US", "base_url": base_url_web, **options}
        context = browser.new_context(**settings, storage_state=signed_in.get(username))
        contexts.append(context)
        made = Visit(context.new_page())
        visits.append(made)
        made.page.set_default_timeout(20_000)
        made.page.on("console", lambda told: made.complaints.append(told.text) if told.type == "error" else None)
        made.page.on("pageerror", lambda fault: made.complaints.append(str(fault)))
        if username:
            if username not in signed_in:
                sign_in(made, username)
                signed_in[username] = context.storage_state()
            made.go("/settings/")
            made.page.click(f".own button[value={language}]")
            made.page.wait_for_selector(f"html[lang={language}]")
        return made

    yield open_window
    for context in contexts:
        context.close()
    assert [complaint for made in visits for complaint in made.complaints] == []
