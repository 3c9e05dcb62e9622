"""Two journeys, in both languages: a company's to its first trade and its register, a person's to a certificate."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.people import LANGUAGES, Person, admit, apply, newcomer, order, sign, text_of

pytestmark = pytest.mark.browser
Window = Callable[..., Visit]
Cast = Callable[[str], Person]
MARKET = ZoneInfo("America/Mexico_City")
LEAST_SECONDS = 10  # that the offering takes subscriptions; one that is not a test's does for days
WANTED = {"alice": "600", "bruno": "900"}  # of 1,000 that are offered
COMPANY = {
    **{"Legal name": "Hilados {}, S.A. de C.V.", "Date of incorporation": "2011-03-02", "LEI": "213800KUD8LAJWSQ9D15"},
    **{"Owners of more than a quarter": "Dora Paz 60 %, Hugo Paz 40 %", "Legal representative": "Dora Paz"},
    **{"Country of residence": "MX", "Address": "Calle 5 de Mayo 12, Monterrey", "E-mail": "dora@example.com"},
    **{"Telephone": "+52 81 5555 0199", "RFC": "MAB9307148T4", "CLABE": "032180000118359719"},
    **{"Activity or occupation": "Textiles", "Where the money comes from": "business"},
    "Kind of investor": "institutional",
}
PERSON = {
    **{"Given names": "Inés", "Family names": "Borja {}", "Date of birth": "1931-08-20", "Nationality": "MX"},
    **{"CURP": "BOXW310820HNERXN09", "Country of residence": "MX", "Address": "Calle 5 de Mayo 12, Monterrey"},
    **{"E-mail": "ines@example.com", "Telephone": "+52 81 5555 0199", "RFC": "GODE561231GR8"},
    **{"CLABE": "032180000118359719", "Activity or occupation": "Retired", "Where the money comes from": "savings"},
    "Kind of investor": "retail",
}
OF_A_COMPANY = ("Articles of incorporation", "Powers of the representative", "Official identification")


@pytest.fixture
def tag() -> str:
    """What makes this run's names new: letters alone, as an instrument's code may have them."""
    return "".join(chr(65 + int(digit)) for digit in str(time.time_ns() // 10**7)[-7:])


@pytest.fixture
def cast(visit: Window, language: str) -> Cast:
    """Members of the cast at windows of their own, opened when first needed."""
    known: dict[str, Person] = {}

    def member(username: str) -> Person:
        if username not in known:
            known[username] = Person(visit(username, language), language)
        return known[username]

    return member


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_company_comes_to_its_first_trade_and_sees_the_new_holder(
    visit: Window, cast: Cast, tag: str, language: str
) -> None:
    name, begun = COMPANY["Legal name"].format(tag), time.monotonic()
    company = newcomer(visit, language, f"company-{tag.lower()}")
    apply(company, "A company", "Issuer", COMPANY | {"Legal name": name}, (*OF_A_COMPANY, "Tax registration"))
    admit(company, name, cast("operator"), cast("custodian"), f"{datetime.now(MARKET) + timedelta(days=300):%Y-%m-%d}")
    register_instrument(company, cast, tag)
    set_up(company, cast("custodian"), tag)
    investors = [cast(username) for username in ("alice", "bruno", "carla")]
    offering = offer(company, tag, max(LEAST_SECONDS, (time.monotonic() - begun) / 4))  # as fast as the machine is
    for username, wanted in WANTED.items():
        subscribe(cast(username), tag, wanted)
    allot(company, cast("custodian"), offering)
    for person, wanted in zip(investors, ("400", "600"), strict=False):  # pro rata of 600 and 900
        person.page.reload()
        person.sees("Allotted: %(quantity)s at %(price)s", quantity=wanted, price="20.00")
    first_trade(company, *investors[:1], investors[2], tag)


def register_instrument(company: Person, cast: Cast, code: str) -> None:
    """What a company cannot do by itself: it is told who does."""
    company.turn("Home")
    company.follow("Go on with the set-up")
    company.sees("Operator and custodian register it. Send them its code, kind and authorised capital.")
    operator = cast("operator")
    operator.turn("Instruments")
    operator.follow("Propose an instrument")
    terms = {"Code": code, "Issuer": company.code, "Priced in": "MXN.BANCO1", "Authorised": "1000000", "Tick": "0.01"}
    for label, value in terms.items():
        operator.fill(label, value)
    operator.press("Sign and propose")
    operator.sees("The instrument is proposed; the other organisation must approve it.")
    sign(cast("custodian"), code)


def set_up(company: Person, custodian: Person, code: str) -> None:
    """Down the checklist: terms, more capital, the bylaws."""
    company.turn("Set-up")
    company.follow("Define the terms")
    company.fill("Votes of a unit", "1")
    company.press("Sign and propose")
    company.sees("The terms are proposed; the other side must approve them.")
    sign(custodian, code)
    company.turn("Set-up")
    company.sees("Version %(number)s holds.", number=1)
    company.follow("Publish a document")
    company.attach("File", "bylaws.pdf")
    company.press("Sign and publish")
    company.sees("The file has the fingerprint on the ledger.")
    company.turn("Instruments")
    company.row(code).get_by_role("link").first.click()
    company.follow("Change what is authorised")
    company.fill("Authorised", "2000000")
    company.attach("Resolution", "resolution.pdf")
    company.press("Sign and propose")
    sign(custodian, code)


def offer(company: Person, code: str, seconds: float) -> str:
    """The next step of the checklist. The page takes whole minutes; a test cannot wait for one."""
    company.turn("Set-up")
    company.follow("Open an offering")
    now = datetime.now(MARKET)
    terms = {"Lowest price": "20.00", "Minimum": "100", "Maximum": "1000", "Smallest ticket": "10"}
    company.page.locator("#closes_at").evaluate("field => { field.step = 1 }")
    closing = now + timedelta(seconds=seconds)
    terms |= {"Opens": f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M}", "Closes": f"{closing:%Y-%m-%dT%H:%M:%S}"}
    for label, value in (terms | {"Allotted by": f"{now + timedelta(days=3):%Y-%m-%dT%H:%M}"}).items():
        company.fill(label, value)
    company.press("Sign and open")
    company.sees("The offering stands.")
    return company.page.url


def subscribe(person: Person, code: str, quantity: str) -> None:
    person.turn("Offerings")
    person.row(code).get_by_role("link").first.click()
    person.fill("Quantity", quantity)
    person.press("Sign and subscribe")
    person.sees("You have subscribed, and what it may cost is reserved.")


def allot(company: Person, custodian: Person, offering: str) -> None:
    """After the close: preview, both signatures, and every subscription done."""
    company.page.reload()
    company.sees("1,500")
    company.returns_until(company.link("Allot"))
    company.follow("Allot")
    for wanted in ("400", "600"):
        expect(company.row(wanted)).to_be_visible()
    company.press("Sign and propose")
    company.sees("The allotment is proposed; the other side must sign the same text.")
    company.page.goto(offering)
    sign(custodian, company.code)
    company.sees("%(done)s of %(all)s subscriptions are done.", done=2, all=2)
    expect(company.page.get_by_text(company.say("Raised so far"))).to_be_visible()


def first_trade(company: Person, seller: Person, buyer: Person, code: str) -> None:
    """The issuer watches its register while one who was allotted sells to somebody new."""
    company.turn("Home")
    company.follow("Open the register")
    expect(company.row("ALICE")).to_contain_text("400")
    order(seller, code, "Sell", "150", "25.00")
    order(buyer, code, "Buy", "150", "25.00")
    expect(buyer.page.locator(".now-status")).to_contain_text(buyer.say("Filled"))
    expect(company.row("CARLA")).to_contain_text("150")
    expect(company.row("ALICE")).to_contain_text("250")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_comes_to_a_certificate_that_anybody_can_verify(
    visit: Window, cast: Cast, tag: str, language: str
) -> None:
    family = PERSON["Family names"].format(tag.capitalize())
    person = newcomer(visit, language, f"person-{tag.lower()}")
    answers = PERSON | {"Family names": family}
    apply(person, "A person, in his own name", "Investor", answers, ("Official identification", "Proof of address"))
    admit(person, family, cast("operator"), cast("custodian"), f"{datetime.now(MARKET) + timedelta(days=300):%Y-%m-%d}")
    pay_in(person, cast, f"SPEI-{tag}")
    order(person, "ACME", "Buy", "10", "40.00")
    expect(person.page.locator(".now-status")).to_contain_text(person.say("Filled"))
    fingerprint = certify(person)
    passer_by = Person(visit(locale="es-MX" if language == "es" else "en-US"), language)
    verify(passer_by, fingerprint)
    passer_by.sees("This certificate was issued here.")
    passer_by.sees(f"Inés {family}")


def pay_in(person: Person, cast: Cast, reference: str) -> None:
    """The account's number goes with the payment; one user of the bank enters what arrived, another approves it."""
    person.turn("Home")
    person.follow("See your account number")
    person.page.locator("main table.rows a").first.click()
    account = person.page.locator("dd .whole").first.inner_text()
    bank, second = cast("bank"), cast("bank2")
    bank.turn("Deposits")
    bank.follow("Credit a deposit")
    for label, value in {"Account": account, "Amount": "5000.00", "Reference of the payment": reference}.items():
        bank.fill(label, value)
    bank.press("Credit the deposit")
    bank.sees("Entered. Another user of your bank approves it before it is signed.")
    second.turn("To approve")
    second.row(reference).get_by_role("link").first.click()
    second.press("Approve and sign")
    second.sees("It is approved and signed.")
    person.turn("Deposits")
    expect(person.row(reference)).to_contain_text("5,000.00")


def certify(person: Person) -> str:
    """From the portfolio to a paper; the fingerprint at its foot."""
    person.turn("Portfolio")
    expect(person.row("ACME")).to_contain_text(person.say("Last trade on this market"))
    person.follow("Certificates")
    person.field("Holding").select_option(label="ACME")
    person.press("Have it certified")
    paper = person.page.context.request.get(str(person.row("ACME").get_by_role("link").last.get_attribute("href")))
    assert paper.headers["content-type"] == "application/pdf"
    return str(re.findall(r"(?:[0-9a-f]{8} ){7}[0-9a-f]{8}", text_of(paper.body()))[-1])  # before it: the block's


def verify(passer_by: Person, fingerprint: str) -> None:
    """Whoever was shown a paper: a fingerprint with one digit changed first, then the right one."""
    passer_by.window.go("/")
    passer_by.follow("Verify it")
    for typed in (("0" if fingerprint[0] != "0" else "1") + fingerprint[1:], fingerprint):
        passer_by.fill("Fingerprint", typed)
        passer_by.press("Verify")
        if typed != fingerprint:
            passer_by.sees("No such certificate was issued here.")
    told = passer_by.window.complaints
    assert [one for one in told if "status of 404" not in one] == []
    told.clear()  # the browser notes the answer's status, which is right
