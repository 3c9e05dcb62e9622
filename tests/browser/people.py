"""People at the console, who find links, buttons and fields by their words in the language they read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from scripts.cast import PASSWORD
from tests import uploads
from tests.browser.conftest import Visit

Window = Callable[..., Visit]
CATALOGUE = Path(__file__).parents[2] / "web/translations/es/LC_MESSAGES/messages.po"
LANGUAGES = {"es": "Español", "en": "English"}
PATIENCE_SECONDS = 40


@cache
def _spanish() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="es")


@dataclass
class Person:
    """Somebody at a window of his own."""

    window: Visit
    language: str

    @property
    def page(self) -> Page:
        return self.window.page

    @property
    def code(self) -> str:
        """The party that the frame of every page names."""
        return self.page.locator(".whose span").inner_text().split(" ·")[0]

    def say(self, words: str, **named: object) -> str:
        """A sentence of the console as it stands on this person's pages; a name, such as CURP, is one in both."""
        message = _spanish().get(words) if self.language == "es" else None
        sentence = str(message.string) if message else words
        return sentence % named if named else sentence

    def turn(self, word: str) -> None:
        """To another part of the console, by the left column."""
        self.page.get_by_role("navigation", name=self.say("Main")).get_by_role(
            "link", name=re.compile(rf"^{re.escape(self.say(word))}( \d.*)?$")
        ).click()

    def follow(self, word: str) -> None:
        """A link of the page itself."""
        self.link(word).click()

    def link(self, word: str) -> Locator:
        return self.page.locator("main").get_by_role("link", name=self.say(word), exact=True).first

    def press(self, word: str, **named: object) -> None:
        self.page.locator("main").get_by_role("button", name=self.say(word, **named), exact=True).click()

    def field(self, label: str) -> Locator:
        words = rf"^\s*{re.escape(self.say(label))}(\s+{self.say('optional')})?\s*$"
        return self.page.locator("main").get_by_label(re.compile(words)).first

    def fill(self, label: str, value: str) -> None:
        """Type into a field, or choose by value where there is a choice."""
        field = self.field(label)
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)

    def choose(self, label: str, word: str) -> None:
        """Choose from a list by what stands in it."""
        self.field(label).select_option(label=self.say(word))

    def attach(self, label: str, name: str) -> None:
        """A file from this person's disk."""
        content = uploads.pdf(text=f"{name} {time.time_ns()}")
        self.field(label).set_input_files({"name": name, "mimeType": "application/pdf", "buffer": content})

    def row(self, *texts: str) -> Locator:
        """The row of a table that has all these in it."""
        found = self.page.locator("main table.rows tbody tr")
        for text in texts:
            found = found.filter(has_text=text)
        return found.first

    def sees(self, words: str, **named: object) -> None:
        expect(self.page.locator("main")).to_contain_text(self.say(words, **named))

    def returns_until(self, shown: Locator) -> None:
        """Look at the same page again until it shows this: what other programs do takes its time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not shown.count():
            assert time.monotonic() < deadline, f"{self.page.url} does not show {shown}"
            self.page.wait_for_timeout(500)
            self.page.reload()


def newcomer(visit: Window, language: str, username: str) -> Person:
    """Somebody who comes by, signs up in his language and signs in."""
    person = Person(visit(), language)
    person.window.go("/")
    person.page.get_by_role("button", name=LANGUAGES[language], exact=True).click()
    person.page.wait_for_selector(f"html[lang={language}]")
    person.follow("Sign up to apply")
    for button in ("Make my login", "Sign in"):
        person.fill("User name", username)
        person.fill("Password", PASSWORD)
        person.press(button)
    person.sees("As what")
    return person


def apply(person: Person, kind: str, role: str, answers: Mapping[str, str], evidence: tuple[str, ...]) -> None:
    """Fill in an application, show the documents and hand it in."""
    person.field(kind).check()
    for word in ("Investor", "Issuer"):
        person.field(word).set_checked(word == role)
    person.press("Begin")
    for label, value in answers.items():
        person.fill(label, value)
    person.press("Save")
    person.sees("Saved. Nothing has been handed in yet.")
    for word in evidence:
        person.choose("What it shows", word)
        person.attach("File", f"{word}.pdf")
        person.press("Add the document")
        person.sees("The document is kept, encrypted.")
    person.press("Save and hand in")
    person.sees("It is handed in.")


def admit(person: Person, name: str, operator: Person, custodian: Person, until: str) -> None:
    """The operator compares and approves, the custodian signs the same; then the newcomer is a party like others."""
    operator.turn("Onboarding")
    operator.row(name).get_by_role("link").first.click()
    operator.press("Review it")
    operator.fill("Good until", until)
    operator.press("Sign and approve")
    operator.sees("It is approved.")
    sign(custodian, person.code)
    person.turn("Your application")
    person.returns_until(person.page.get_by_text(person.say("You are admitted and verified. You can take part.")))
    open_account(custodian, person.code)


def sign(custodian: Person, *about: str) -> None:
    """Read an act that waits for the custodian, and sign it."""
    custodian.turn("Acts")
    custodian.row(*about).get_by_role("link", name=custodian.say("Read and sign")).click()
    custodian.press("Sign and carry out")
    custodian.sees("Approved and carried out.")


def open_account(custodian: Person, owner: str) -> None:
    custodian.turn("Accounts")
    custodian.follow("Open an account")
    custodian.fill("Owner", owner)
    custodian.press("Open the account")
    custodian.sees("The account is open.")


def order(person: Person, instrument: str, side: str, quantity: str, limit: str) -> None:
    """From the market's page to an order that the ledger has taken. `side`: Buy, Sell."""
    person.turn("Markets")
    person.row(instrument).get_by_role("link").first.click()
    person.follow(side)
    person.fill("Quantity", quantity)
    person.fill("Limit price", limit)
    person.press("Place the order")
    person.page.wait_for_url(re.compile(r"/orders/[^/?]+:"))


def text_of(pdf: bytes) -> str:
    """What a paper says, in one line."""
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())
