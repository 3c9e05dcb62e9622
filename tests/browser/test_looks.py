"""Pages as people meet them: wide and on a phone, light and dark, by keyboard, on paper, through assistive tools."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from scripts.pages import Place, Plan
from tests.browser.conftest import PHONE, READERS, WIDE, Visit

pytestmark = pytest.mark.browser
Window = Callable[..., Visit]
GRAVE = ("serious", "critical")


def test_every_page_can_be_reached_by_links(tour: dict[str, list[Place]], plan: Plan) -> None:
    """A page that is missing here is one that people cannot find either, or that `furnished` does not bring about."""
    assert plan.pages - {place.endpoint for places in tour.values() for place in places} == set()


@pytest.mark.parametrize("username", READERS)
def test_no_page_stands_in_the_way_of_assistive_tools_or_overflows(
    visit: Window, tour: dict[str, list[Place]], username: str
) -> None:
    """On a phone, dark and in Spanish; and the same page wide and light."""
    window = visit(username, "es", viewport=PHONE, color_scheme="dark", reduced_motion="reduce")
    assert [fault for place in tour[username] for fault in _faults(window.go(place.path), place.path)] == []


def _faults(page: Page, path: str) -> list[str]:
    """What a page does wrong in both looks."""
    found = _grave(page, path)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    found += _grave(page, f"{path} (wide, light)")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark")
    return found


def _grave(page: Page, path: str) -> list[str]:
    """Wider than the screen, or in the way of a screen reader."""
    wide, fits = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    grave = [one for one in Axe().run(page).response["violations"] if one["impact"] in GRAVE]
    found = [f"{path} {one['id']}: {one['nodes'][0]['html']}" for one in grave]
    return found if wide <= fits else [*found, f"{path} is {wide} px wide, the screen {fits}"]


def test_the_door_is_open_to_assistive_tools(visit: Window) -> None:
    page = visit().go("/sign-in")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def test_a_page_still_fits_a_very_narrow_screen(visit: Window, tour: dict[str, list[Place]]) -> None:
    window = visit("alice", "es", viewport={"width": 320, "height": 640})
    wide = {
        place.path: window.go(place.path).evaluate("document.documentElement.scrollWidth") for place in tour["alice"]
    }
    assert {path: width for path, width in wide.items() if width > 320} == {}


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


def test_an_investor_subscribes_and_withdraws_by_keys_alone(visit: Window) -> None:
    page = visit("alice").go("/offerings/")
    tab_to(page, page.get_by_role("link", name="ACME", exact=True), "Enter")
    page.wait_for_selector("#quantity")
    for field, typed in (("#quantity", "10"), ("#limit_minor", "22.00")):
        tab_to(page, page.locator(field))
        page.keyboard.insert_text(typed)
    tab_to(page, page.get_by_role("button", name="Sign and subscribe"), "Enter")
    expect(page.locator("main")).to_contain_text("You have subscribed, and what it may cost is reserved.")
    tab_to(page, page.get_by_role("button", name="Withdraw"), "Space")
    expect(page.locator("main")).to_contain_text("Your subscription is withdrawn and its cash is free.")


def tab_to(page: Page, wanted: Locator, then: str = "") -> None:
    """Press Tab until the focus is there, past the left column by the skip link; every stop on the way can be seen."""
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.className") == "skip":
        page.keyboard.press("Enter")
    for _stop in range(60):
        if wanted.first.evaluate("one => one === document.activeElement"):
            page.keyboard.press(then) if then else None
            return
        page.keyboard.press("Tab")
        seen = page.evaluate("(one => one.outlineStyle + one.boxShadow)(getComputedStyle(document.activeElement))")
        assert seen != "nonenone", page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"no number of tabs leads to {wanted}")


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
