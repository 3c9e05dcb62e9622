"""Photograph the running product: the README's two pictures, and every page, wide and on a phone. `make screenshots`.

Makes a small market for the purpose, through the API, and takes it down again; what it traded stays traded.
Every page goes to `screenshots/1280` and `screenshots/390` in the state folder, to be looked at.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from middleware.config import load
from scripts import chromium
from scripts.cast import CAST, PASSWORD, SHARE
from scripts.desk import Refused, path
from scripts.exchange import control
from scripts.furnished import NEWCOMERS, furnished
from scripts.pages import Plan
from scripts.product import running
from scripts.progress import ROOT, Failed, say
from scripts.seed import seed
from scripts.stage import Stage

FOLDER = ROOT / "docs" / "screenshots"
VIEW = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
# party, side, quantity, limit in minor units; those that cross ACME's opening offer trade
TRADED = (("CARLA", "buy", 120, 2500), ("BRUNO", "buy", 60, 2500))
RESTING = (
    *(("BRUNO", "buy", 300, 2490), ("BRUNO", "buy", 240, 2460)),
    *(("CARLA", "buy", 210, 2475), ("CARLA", "buy", 330, 2440)),
    *(("ACME", "sell", 260, 2510), ("ACME", "sell", 420, 2525), ("ACME", "sell", 180, 2540)),
)
WATCHED = ("ALICE", "buy", 40, 2500)


def main() -> int:
    config = load()
    try:
        program = chromium.get()
        with running(config.api_url):
            stage = seed(config.api_url, lambda _text: None)
            with market(stage), sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=str(program), args=list(ARGUMENTS))
                console = f"http://127.0.0.1:{config.web_port}"
                take(browser, console, stage)
                furnished(stage, control.path(config))
                everything(browser, console, config.state / "screenshots")
                browser.close()
    except Failed as failed:
        say(f"No pictures. {failed}")
        return 1
    return 0


def place(stage: Stage, party: str, side: str, quantity: int, limit_minor: int) -> str:
    """Place an order and return its id."""
    account = stage.account(party)
    terms = {"account": account, "cash_account": account, "instrument": SHARE, "side": side}
    numbers = {"quantity": str(quantity), "limit_minor": str(limit_minor)}
    return str(stage.desk(party).command("/orders", {**terms, **numbers})["order"]["id"])


@contextmanager
def market(stage: Stage) -> Iterator[None]:
    """A book with two sides for as long as the block lasts."""
    for order in TRADED:
        place(stage, *order)
    resting: list[tuple[str, str]] = []
    try:
        for order in RESTING:
            resting.append((order[0], place(stage, *order)))
        yield
    finally:
        for party, id in resting:
            try:
                stage.desk(party).command(path("orders", id, "cancellation"), {})
            except Refused:
                continue  # somebody traded with it meanwhile


def take(browser: Browser, console: str, stage: Stage) -> None:
    """Sign in as the investor and photograph what she sees."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    alice = next(member for member in CAST if member.party == WATCHED[0])
    page = browser.new_page(viewport=VIEW, locale="en-US", color_scheme="light")
    stage.desk(alice.party).patch("/users/me", {"language": "en"})
    try:
        sign_in(page, console, alice.username)
        order = place(stage, *WATCHED)
        photograph(page, f"{console}/orders/{order}", ".step-executed", FOLDER / "trace.png")
        photograph(page, f"{console}/markets/{SHARE}", "figure.depth", FOLDER / "market.png")
    finally:
        stage.desk(alice.party).patch("/users/me", {"language": alice.language})


def sign_in(page: Page, console: str, username: str) -> None:
    """Through the door that people take."""
    page.goto(f"{console}/sign-in")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector(".side")


def everything(browser: Browser, console: str, folder: Path) -> None:
    """Every kind of page once, and the home of every desk, wide and on a phone; names those that nobody could reach."""
    plan, seen, taken = Plan(), set[tuple[str, frozenset[str]]](), Counter[str]()
    for username in ("", *(member.username for member in CAST), *NEWCOMERS):
        context = browser.new_context(base_url=console, viewport=VIEW, locale="en-US", color_scheme="light")
        page = context.new_page()
        if username:
            sign_in(page, console, username)
        for place in plan.walk(context.request, "/" if username else "/sign-in"):
            if place.kind not in seen or place.path == "/":
                seen.add(place.kind)
                taken[place.endpoint] += 1
                both(page, place.path, folder, f"{place.endpoint}.{taken[place.endpoint]}")
        context.close()
    say(f"{len(seen)} kinds of pages stand in {folder}")
    if unseen := sorted(plan.pages - {endpoint for endpoint, _forms in seen}):
        say(f"nothing on stage leads to: {', '.join(unseen)}")


def both(page: Page, address: str, folder: Path, name: str) -> None:
    """One page, whole, in both widths."""
    for view in (VIEW, PHONE):
        page.set_viewport_size(view)
        page.goto(address)
        page.evaluate("document.fonts.ready")
        file = folder / str(view["width"]) / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(file), full_page=True)


def photograph(page: Page, address: str, awaited: str, file: Path) -> None:
    """Save a page once it shows what it is about and its fonts are there."""
    page.goto(address)
    page.wait_for_selector(awaited)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1500)  # until the block is final at both organisations
    page.screenshot(path=str(file))
    say(f"{file.relative_to(ROOT)} · {file.stat().st_size // 1024} kB")


if __name__ == "__main__":
    sys.exit(main())
