"""Every desk does its work by forms alone, on the running product with the ledger's rules in memory."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

import pytest
import requests

from scripts.cast import PASSWORD
from scripts.product import Product
from tests import uploads
from tests.web import page
from tests.web.fake_people import ANSWERS

NUMBERS = count(1)
PERSON = {**ANSWERS, "given_names": "Wenceslao", "family_names": "Borja", "born_on": "1931-08-20"}
DOCUMENT = ("minutes.pdf", b"%PDF-1.7 resolution of the assembly", "application/pdf")


class Person:
    """Someone at a browser without script, over HTTP."""

    def __init__(self, base: str, username: str, password: str = PASSWORD) -> None:
        self.base, self.http = base, requests.Session()
        self.send("/sign-in", "/sign-in", username=username, password=password)
        self.send("/settings/", "/language", language="en")

    def see(self, path: str) -> page.Page:
        answer = self.http.get(self.base + path, timeout=60)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        seen = page.read(answer.text)
        page.check(seen)
        return seen

    def send(self, path: str, action: str, files: dict[str, object] | None = None, **typed: str) -> page.Page:
        """Fill in the form of a page and send it; the page that follows, which may be the form again."""
        fields = self.see(path).form(action) | typed
        answer = self.http.post(self.base + action, data=fields, files=files, timeout=60)
        assert answer.status_code in (200, 409, 422), (action, answer.status_code, answer.text)
        seen = page.read(answer.text)
        page.check(seen)
        return seen

    def links(self, path: str, prefix: str) -> list[str]:
        return [href for link in self.see(path).all("a") if (href := link.get("href") or "").startswith(prefix)]


Sign = Callable[[str], Person]


@pytest.fixture(scope="module")
def console(sandbox: Product) -> str:
    return f"http://127.0.0.1:{sandbox.config.web_port}"


@pytest.fixture(scope="module")
def person(console: str) -> Sign:
    known: dict[str, Person] = {}
    return lambda username: known.get(username) or known.setdefault(username, Person(console, username))


@pytest.fixture(scope="module")
def dora(console: str, person: Sign) -> Person:
    """A new investor: proposed by the operator, approved by the custodian, with an account, a login and money."""
    proposed = person("operator").send(
        "/parties/new", "/parties/", party="dora", name="Dora Paz", role_investor="yes", role_issuer="yes"
    )
    assert "The admission is proposed" in proposed.main()
    approve(person("custodian"), "DORA")
    assert "The account is open." in person("custodian").send("/accounts/new", "/accounts/", owner="DORA").main()
    made = person("operator").send("/users/new", "/users/", party="DORA", username="dora", password="a-first-password")
    assert "The login is made." in made.main()
    dora = Person(console, "dora", "a-first-password")
    money = {"account": account(dora), "amount_minor": "10,000.00", "reference": "SPEI-DORA-1"}
    credited = banking(person, "/deposits/new", "/deposits/", **money)
    assert "It is approved and signed." in credited.main()
    return dora


def banking(person: Sign, path: str, action: str, **typed: str) -> page.Page:
    """Four eyes: one user of the bank enters it, the other compares and signs."""
    entered = person("bank").send(path, action, **typed)
    assert "another user of your bank approves it" in entered.main()
    queued = person("bank2").links("/drafts/", "/drafts/BANCO1:")[0]
    return person("bank2").send(queued, f"{queued}/approval")


def account(someone: Person) -> str:
    return someone.links("/accounts/", "/accounts/CUSTODIA1:")[0].removeprefix("/accounts/")


def approve(someone: Person, concerns: str) -> page.Page:
    """Read and sign the one act that waits and concerns this code."""
    waiting = [path for path in dict.fromkeys(someone.links("/acts/", "/acts/")) if ":" in path]
    path = next(path for path in waiting if concerns in someone.see(path).main())
    signed = someone.send(path, f"{path}/approval")
    assert "Approved and carried out." in signed.main()
    return signed


def test_a_new_investor_can_hold_at_the_end_of_admission(dora: Person) -> None:
    assert "10,000.00" in dora.see("/holdings/").main()
    assert "SPEI-DORA-1" in dora.see("/deposits/").main()


def test_somebody_signs_up_applies_and_is_verified(console: str, person: Sign) -> None:
    http = requests.Session()
    form = page.read(http.get(f"{console}/sign-up", timeout=60).text).form("/sign-up")
    typed = {"username": "wences", "password": "a-first-password"}
    assert "Your login is made" in http.post(f"{console}/sign-up", data=form | typed, timeout=60).text
    wences = Person(console, "wences", "a-first-password")
    begun = wences.send("/applications/mine", "/applications/", kind="natural_person", role_investor="yes")
    assert "Nothing has been sent yet." in begun.main()
    (path,) = [href for href in wences.links("/applications/mine", "/applications/") if href != "/applications/mine"]
    wrong = wences.send(path, path, then="save", **{**PERSON, "clabe": "032180000118359718"})
    assert wrong.form(path)["clabe"] == "032180000118359718"
    missing = wences.send(path, path, then="submit", **PERSON)
    assert "Still needed: Official identification" in missing.main()
    for kind in ("identity", "address"):
        file = (f"{kind}.pdf", uploads.pdf(text=kind), "application/pdf")
        assert "is kept, encrypted" in wences.send(path, f"{path}/evidence", files={"file": file}, kind=kind).main()
    assert "We have it." in wences.send(path, path, then="submit").main()
    operator = person("operator")
    assert "Wenceslao Borja" in operator.see("/applications/").main()
    operator.send(path, f"{path}/review")
    terms = {"limit_minor": "50,000.00", "good_till": f"{date.today() + timedelta(days=365)}"}
    assert "It is approved." in operator.send(path, f"{path}/approval", **terms).main()
    assert "the custodian must sign too" in wences.see(path).main()
    approve(person("custodian"), re.search(r"P-[A-Z2-7]{8}", wences.see(path).main())[0])  # type: ignore[index]
    deadline = time.monotonic() + 30
    while "You are admitted and verified." not in wences.see(path).main():
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "50,000.00" in wences.see(path).main()


def test_a_reference_is_credited_once_and_who_approves_is_told(dora: Person, person: Sign) -> None:
    money = {"account": account(dora), "amount_minor": "1.00", "reference": "SPEI-DORA-1"}
    again = banking(person, "/deposits/new", "/deposits/", **money)
    assert "SPEI-DORA-1 before" in again.main()


def test_an_instrument_is_proposed_approved_issued_and_registered(dora: Person, person: Sign) -> None:
    proposed = person("operator").send(
        "/instruments/new",
        "/instruments/",
        instrument="dora.a",
        issuer="DORA",
        currency="MXN.BANCO1",
        authorised="1,000",
    )
    assert "The instrument is proposed" in proposed.main()
    approve(person("custodian"), "DORA.A")
    issuing = "/instruments/DORA.A/issuances"
    issued = dora.send(f"{issuing}/new", issuing, files={"document": DOCUMENT}, quantity="600")
    assert "The issue is proposed" in issued.main()
    assert hashlib.sha256(DOCUMENT[1]).hexdigest() in issued.main()
    approve(person("custodian"), "DORA.A")
    register = dora.see("/instruments/DORA.A/register").main()
    assert "Dora Paz" in register
    assert "100.00 %" in register
    assert "They agree." in register
    assert "400" in dora.see(f"{issuing}/new").main()


def test_an_order_is_previewed_placed_traced_and_cancelled(dora: Person) -> None:
    typed = {"instrument": "ACME", "side": "buy", "quantity": "10", "limit_minor": "20.00"}
    previewed = dora.http.post(
        f"{dora.base}/orders/preview", data=dora.see("/orders/new").form("/orders/") | typed, timeout=60
    )
    assert "200.50" in page.read(previewed.text).main()
    placed = dora.send("/orders/new", "/orders/", **typed)
    assert "On the book" in placed.main()
    assert "key held by the platform" in placed.main()
    path = next(path for path in dora.links("/orders/", "/orders/DORA:"))
    assert "200.50" in dora.see("/orders/").main()
    assert "The order is cancelled" in dora.send(path, f"{path}/cancellation").main()
    assert "Cancelled" in dora.see("/orders/?shown=closed").main()


def test_an_order_beyond_the_cash_is_refused_beside_what_was_typed(dora: Person) -> None:
    typed = {"instrument": "ACME", "side": "buy", "quantity": "9000", "limit_minor": "25.00"}
    again = dora.send("/orders/new", "/orders/", **typed)
    assert again.by_class("summary")
    assert {name: again.form("/orders/")[name] for name in typed} == typed


@pytest.mark.parametrize(
    ("field", "text"), [("limit_minor", "0"), ("quantity", "0"), ("max_fee_minor", "0.01"), ("account", "CUSTODIA1:x")]
)
def test_the_apis_sentence_stands_beside_the_field(dora: Person, field: str, text: str) -> None:
    typed = {"instrument": "ACME", "side": "buy", "quantity": "10", "limit_minor": "25.00"} | {field: text}
    again = dora.send("/orders/new", "/orders/", **typed)
    named = [link.get("href") for link in again.by_class("summary")[0].iter() if link.get("href")]
    assert named == [f"#{field}"]


def test_a_withdrawal_is_asked_for_and_paid_or_refused(dora: Person, person: Sign) -> None:
    for answer, fields, word in (
        ("payment", {"reference": "OUT-1"}, "Paid"),
        ("refusal", {"reason": "No such account"}, "Refused"),
    ):
        asked = dora.send("/withdrawals/new", "/withdrawals/", amount_minor="12.34", destination="002010077777777771")
        assert "The withdrawal is requested" in asked.main()
        path = person("bank").links("/withdrawals/?shown=pending", "/withdrawals/DORA:")[0]
        banking(person, path, f"{path}/{answer}", **fields)
        assert word in dora.see(path).main()


def test_a_transfer_moves_units_free_of_payment(dora: Person, person: Sign) -> None:
    source = next(value for value in [f"{account(dora)}|MXN.BANCO1"])
    done = dora.send(
        "/transfers/new",
        "/transfers/",
        source=source,
        quantity="5.00",
        to_account=account(person("carla")),
        reason="gift",
    )
    assert "The transfer is done." in done.main()
    assert "Gift" in person("carla").see("/transfers/").main()


def test_suspension_is_felt_at_once_and_lifted(dora: Person, person: Sign) -> None:
    typed = {"instrument": "ACME", "side": "buy", "quantity": "1", "limit_minor": "20.00"}
    assert (
        "Suspended: court order"
        in person("operator").send("/parties/DORA", "/parties/DORA/suspension", reason="court order").main()
    )
    refused = dora.send("/orders/new", "/orders/", **typed)
    assert refused.by_class("summary")
    assert (
        "active again" in person("operator").send("/parties/DORA", "/parties/DORA/suspension", reason="lifted").main()
    )
    assert "On the book" in dora.send("/orders/new", "/orders/", **typed).main()


def test_an_instrument_is_suspended_and_reinstated(person: Sign) -> None:
    path = "/instruments/ACME/suspension"
    assert "is suspended" in person("operator").send("/instruments/ACME", path, reason="news").main()
    assert "Suspended" in person("alice").see("/markets/ACME").main()
    assert "active again" in person("operator").send("/instruments/ACME", path, reason="told").main()


def test_an_account_is_closed_only_when_it_is_empty(dora: Person, person: Sign) -> None:
    custodian = person("custodian")
    before = set(custodian.links("/accounts/?owner=DORA", "/accounts/CUSTODIA1:"))
    custodian.send("/accounts/new", "/accounts/", owner="DORA")
    (empty,) = set(custodian.links("/accounts/?owner=DORA", "/accounts/CUSTODIA1:")) - before
    assert "The account is closed." in custodian.send(empty, f"{empty}/closure").main()
    (full,) = before
    assert "must hold nothing" in custodian.see(full).main()


def test_a_password_is_changed(console: str, dora: Person) -> None:
    wrong = dora.send("/settings/", "/settings/password", current_password="no", new_password="another-password-1")
    assert wrong.by_class("summary")
    done = dora.send(
        "/settings/", "/settings/password", current_password="a-first-password", new_password="another-password-1"
    )
    assert "Your password is changed." in done.main()
    assert "Dora Paz" in Person(console, "dora", "another-password-1").see("/").text()


def test_what_is_not_yours_is_not_found(dora: Person, person: Sign) -> None:
    for path in (
        *dora.links("/orders/?shown=all", "/orders/DORA:")[:1],
        f"/accounts/{account(dora)}",
        "/instruments/DORA.A/register",
    ):
        assert person("carla").http.get(person("carla").base + path, timeout=60).status_code in (403, 404), path
