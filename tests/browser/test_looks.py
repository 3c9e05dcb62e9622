"""Pages as people meet them: wide and on a phone, light and dark, by keyboard, on paper, through assistive tools."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PHONE, WIDE, Visit

pytestmark = pytest.mark.browser
Window = Callable[..., Visit]
DESKS = {
    "alice": [
        *("/", "/markets/", "/markets/ACME", "/orders/?shown=all", "/orders/new?instrument=ACME", "/trades/"),
        *("/holdings/", "/deposits/", "/withdrawals/new", "/transfers/new", "/accounts/", "/ledger/", "/settings/"),
        *("/inbox/", "/entries/?status=affirmed", "/mandates/new", "/claims/?shown=all"),
    ],
    "acme": [
        *("/", "/instruments/", "/instruments/ACME", "/instruments/ACME/register"),
        "/instruments/ACME/register?by=custodian",
        "/instruments/ACME/issuances/new",
    ],
    "custodian": [
        "/",
        "/acts/?shown=all",
        "/accounts/new",
        "/instruments/new",
        "/parties/ALICE",
        "/accounts/?shown=omnibus",
        "/disclosures/",
        "/confirmations/",
        "/orders/",
    ],
    "operator": ["/", "/parties/", "/parties/new", "/users/new", "/fix/", "/fix/new", "/executions/?shown=all"],
    "bank": ["/", "/deposits/new", "/withdrawals/"],
    "venue": ["/", "/orders/?shown=all"],
    "casa": [
        *("/", "/entries/", "/entries/new", "/orders/?status=open&side=buy", "/confirmations/", "/mandates/", "/fix/"),
        *("/webhooks/", "/webhooks/new"),
    ],
    "gestora": ["/", "/inbox/", "/mandates/"],
    "mercado": ["/", "/executions/?shown=all", "/claims/?shown=all", "/fix/", "/orders/"],
}
LOOKS = [("wide", "light"), ("phone", "dark")]
GRAVE = ("serious", "critical")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("username", DESKS)
def test_nothing_stands_in_the_way_of_assistive_tools_and_nothing_overflows(
    visit: Window, username: str, width: str, scheme: str
) -> None:
    language = "es" if width == "phone" else "en"
    window = visit(username, language, viewport=WIDE if width == "wide" else PHONE, color_scheme=scheme)
    for path in DESKS[username]:
        page = window.go(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.evaluate("window.innerWidth"), (path, wide)
        found = Axe().run(page).response["violations"]
        assert [
            f"{path} {one['id']}: {one['nodes'][0]['html']}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ] == []


def test_the_door_is_open_to_assistive_tools(visit: Window) -> None:
    page = visit().go("/sign-in")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def test_a_page_still_fits_a_very_narrow_screen(visit: Window) -> None:
    window = visit("alice", "es", viewport={"width": 320, "height": 640})
    for path in DESKS["alice"]:
        page = window.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_focus_can_be_seen_and_the_first_stop_skips_to_the_content(visit: Window) -> None:
    page = visit("alice").go("/markets/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_definition_comes_on_hover_and_on_focus(visit: Window, size: dict[str, int]) -> None:
    page = visit("acme", viewport=size).go("/instruments/ACME")
    stated = page.locator(".stated").first
    definition = stated.locator(".definition")
    assert not definition.is_visible()
    stated.hover()
    assert definition.is_visible()
    page.mouse.move(0, 0)
    assert not definition.is_visible()
    stated.focus()
    assert definition.is_visible()
    box = definition.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]


def test_paper_has_the_page_and_not_the_console_around_it(visit: Window) -> None:
    page = visit("acme").go("/instruments/ACME/register")
    page.emulate_media(media="print")
    assert not page.locator(".side").is_visible()
    assert not page.locator(".actions").is_visible()
    assert page.locator("table.rows").is_visible()
    assert page.locator(".proof").is_visible()


def test_the_policy_stops_a_script_that_is_not_ours(visit: Window) -> None:
    window = visit("alice")
    page = window.go("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.owned = 1\">')")
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s)"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.owned") is None
    assert window.complaints
    window.complaints.clear()
