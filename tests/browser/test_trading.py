"""The main job in a browser: buy, watch it settle without reloading, and see the issuer's register change by itself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
Window = Callable[..., Visit]


def place(window: Visit, side: str, quantity: int, limit: str) -> Page:
    page = window.go("/orders/new?instrument=ACME")
    page.check(f"input[name=side][value={side}]")
    page.fill("#quantity", str(quantity))
    page.fill("#limit_minor", limit)
    page.click("button:text-is('Place the order')")
    page.wait_for_url(re.compile(r"/orders/[A-Z0-9]+:"))
    return page


def mark(page: Page) -> None:
    """A mark that a reload would wipe out."""
    page.evaluate("window.stillHere = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("window.stillHere === true"))


def held(register: Page, name: str) -> int:
    row = register.locator("table.rows tbody tr", has_text=name)
    return int(row.locator("td.number").first.inner_text().replace(",", "")) if row.count() else 0


def test_an_investor_buys_and_watches_it_settle_while_the_issuers_register_changes(visit: Window, where: str) -> None:
    register = visit("acme").go("/instruments/ACME/register")
    before = held(register, "ALICE")
    mark(register)
    order = place(visit("alice"), "buy", 7, "21.00")
    expect(order.locator(".now-status")).to_contain_text("On the book")
    expect(order.locator(".now")).to_contain_text("147.36")
    mark(order)

    place(visit("acme"), "sell", 7, "21.00")

    expect(order.locator(".now-status")).to_contain_text("Filled")
    executed = order.locator(".step-executed")
    expect(executed).to_contain_text("7 × 21.00")
    expect(executed).to_contain_text("Ordered" if where == "sandbox" else "Final")
    assert re.search(r"[0-9a-f]{64}", executed.inner_text())
    expect(executed).to_contain_text("BOLSA.1")
    assert is_marked(order)
    expect(register.locator("table.rows tbody tr", has_text="ALICE")).to_contain_text(str(before + 7))
    assert is_marked(register)


def test_two_clicks_are_one_order(visit: Window) -> None:
    window = visit("bruno")
    count_rows = "table.rows tbody tr"
    before = window.go("/orders/?shown=open").locator(count_rows).count()
    page = window.go("/orders/new?instrument=ACME")
    page.fill("#quantity", "3")
    page.fill("#limit_minor", "2.00")
    page.locator("button:text-is('Place the order')").dblclick(no_wait_after=True)
    page.wait_for_url(re.compile(r"/orders/BRUNO:"))
    rows = window.go("/orders/?shown=open").locator(count_rows)
    assert rows.count() == before + 1
    rows.first.locator("text=Cancel").click()
    expect(page.locator(".now-status")).to_contain_text("Cancelled")


def test_the_ticket_shows_what_it_would_reserve_while_typing(visit: Window) -> None:
    page = visit("alice").go("/orders/new?instrument=ACME")
    page.fill("#quantity", "10")
    page.fill("#limit_minor", "12.00")
    expect(page.locator("#preview")).to_contain_text("120.30")
    page.fill("#quantity", "ten")
    expect(page.locator("#preview")).to_contain_text("is not a number")
    assert page.input_value("#quantity") == "ten"
    page.fill("#quantity", "100,000")
    expect(page.locator("#preview")).to_contain_text("the ledger would refuse this order")


def test_everything_works_without_script(visit: Window) -> None:
    window = visit("carla", java_script_enabled=False)
    page = window.go("/orders/new?instrument=ACME")
    page.fill("#quantity", "4")
    page.fill("#limit_minor", "3.00")
    page.click("button:text-is('Preview')")
    assert "12.03" in page.locator("#preview").inner_text()
    assert page.input_value("#quantity") == "4"
    page.click("button:text-is('Place the order')")
    page.wait_for_url(re.compile(r"/orders/CARLA:"))
    page.reload()
    page.click("text=Cancel the order")
    page.wait_for_selector("text=The order is cancelled")


def test_without_a_stream_the_page_asks_now_and_then(visit: Window) -> None:
    window = visit("carla")
    window.page.route("**/events", lambda route: route.fulfill(status=204))
    order = place(window, "buy", 2, "4.00")
    expect(order.locator(".now-status")).to_contain_text("On the book")
    mark(order)
    other = visit("carla")
    other.go(order.url).click("text=Cancel the order")
    expect(order.locator(".now-status")).to_contain_text("Cancelled", timeout=15_000)
    assert is_marked(order)


def test_a_refusal_is_read_first_and_stands_beside_the_field(visit: Window) -> None:
    window = visit("alice")
    page = window.go("/orders/new?instrument=ACME")
    page.fill("#quantity", "1.5")
    page.fill("#limit_minor", "25.00")
    page.click("button:text-is('Place the order')")
    page.wait_for_selector("#summary")
    assert page.evaluate("document.activeElement.id") == "summary"
    page.click("#summary a")
    assert page.evaluate("document.activeElement.id") == "quantity"
    assert page.input_value("#quantity") == "1.5"
    assert [told for told in window.complaints if "status of 422" not in told] == []
    window.complaints.clear()  # the browser notes the answer's status, which is right
