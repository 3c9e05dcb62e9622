"""From a broker's entry to a reservation and its trace in a browser: one by one, and many at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit

pytestmark = pytest.mark.browser
Window = Callable[..., Visit]


def account(window: Visit) -> str:
    """The number of the signed-in investor's account."""
    href = window.go("/accounts/").locator("a[href*=':']").first.get_attribute("href")
    assert href
    return href.removeprefix("/accounts/")


def enter(window: Visit, accounts: list[str], quantity: int, limit: str) -> Page:
    """Enter one order for these accounts; the page that follows."""
    page = window.go("/entries/new?instrument=ACME")
    if len(accounts) > 1:
        page.click("button:text-is('Add rows')")
    for n, number in enumerate(accounts):
        page.fill(f"#account-{n}", number)
        page.fill(f"#quantity-{n}", str(quantity))
    page.fill("#limit_minor", limit)
    page.select_option("#venue", "BOLSA")
    page.click("button:text-is('Enter the order')")
    page.wait_for_selector("h1:has-text('ACME')")
    return page


def test_an_investor_affirms_and_the_trace_tells_who_signed_what(visit: Window, where: str) -> None:
    alice, casa = visit("alice"), visit("casa")
    entry = enter(casa, [account(alice)], 11, "2.00")
    expect(entry.locator(".now-status")).to_contain_text("To be affirmed")

    inbox = alice.go("/inbox/")
    row = inbox.locator("table.rows tbody tr", has_text="2.00").last
    expect(row).to_contain_text("22.0")  # 11 x 2.00 and the highest fee, set aside once it is signed
    expect(row).to_contain_text("CASA1")
    row.locator("a").first.click()
    inbox.click("button:text-is('Affirm and sign')")
    inbox.wait_for_url(re.compile(r"/orders/ALICE:"))

    expect(inbox.locator(".now-status")).to_contain_text("On the book")
    expect(inbox.locator(".now")).to_contain_text("Reserved:")
    for step, said in (("account_and_key", "Account and key"), ("entered", "CASA1.1"), ("affirmed", "ALICE.1")):
        expect(inbox.locator(f".step-{step}")).to_contain_text(said)
    assert re.search(r"[0-9a-f]{64}", inbox.locator(".step-affirmed").inner_text())
    expect(inbox.locator(".step-reserved")).to_contain_text("Ordered" if where == "sandbox" else "Final")
    expect(inbox.locator(".step.ahead")).to_have_count(2)
    inbox.click("text=Cancel the order")
    expect(inbox.locator(".now-status")).to_contain_text("Cancelled")


def test_a_broker_reads_why_an_investor_declined(visit: Window) -> None:
    alice, casa = visit("alice"), visit("casa")
    entry = enter(casa, [account(alice)], 12, "2.10")
    page = alice.go(entry.url)
    page.click("text=Decline it instead")
    page.fill("#reason", "Not at this price")
    page.click("button:text-is('Decline')")
    expect(page.locator(".now-status")).to_contain_text("Declined")
    entry.reload()
    expect(entry.locator(".now-status")).to_contain_text("Declined")
    expect(entry.locator(".facts")).to_contain_text("Not at this price")


def test_an_asset_manager_affirms_for_all_funds_at_once_without_script(visit: Window) -> None:
    accounts = [account(visit(fund)) for fund in ("fondo1", "fondo2")]
    enter(visit("casa"), accounts, 5, "2.20")
    page = visit("gestora", java_script_enabled=False).go("/inbox/")
    assert page.locator("section h2").count() >= 2
    page.locator("button[name=all]").click()
    page.wait_for_url(re.compile(r"/orders/$"))
    assert "signed and on their way" in page.locator("main").inner_text()


def test_the_pages_of_an_entry_and_its_order_stand_in_nobodys_way(visit: Window) -> None:
    alice, casa = visit("alice", viewport=PHONE, color_scheme="dark"), visit("casa")
    entry = enter(casa, [account(alice)], 13, "2.30")
    for path in ("/inbox/", entry.url):
        page = alice.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == [], path
    page.click("button:text-is('Affirm and sign')")
    page.wait_for_url(re.compile(r"/orders/ALICE:"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.click("text=Cancel the order")
    expect(page.locator(".now-status")).to_contain_text("Cancelled")
