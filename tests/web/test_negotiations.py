"""Negotiations in the console: asking, offering, accepting, refusing; and what was typed is kept."""

from __future__ import annotations

from tests.web import fake_negotiations as agreed
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import ALICES, Fake

TALK = agreed.NEGOTIATIONS[0]["id"]
OFFER = agreed.NEGOTIATIONS[0]["talks"][0]["offers"][-1]["id"]
ASK = {"instrument": "ACME", "side": "buy", "quantity": "40", "parties": "acme, FONDO1", "expires_at": "2026-11-30"}


def test_a_request_names_whom_it_asks(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see("/negotiations/new")
    browser.send(seen, "/negotiations/", **ASK, note="Quietly")
    sent = fake.sent[-1]
    assert sent["path"] == "negotiations"
    assert sent["body"]["parties"] == ["ACME", "FONDO1"]
    assert (sent["body"]["quantity"], sent["body"]["note"]) == ("40", "Quietly")


def test_a_refused_request_keeps_what_was_typed(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see("/negotiations/new")
    fake.refuse(404, "not_found", "parties", "there is no issuer or investor X1", {"parties": "there is no X1"})
    answer = browser.send(seen, "/negotiations/", **{**ASK, "parties": "X1"})
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    assert again.form("/negotiations/")["parties"] == "X1"
    assert "there is no X1" in again.main()


def test_an_offer_is_written_as_people_write_it(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see(f"/negotiations/{TALK}")
    wanted = {"quantity": "30", "price_minor": "24.00", "offer_account": ALICES, "good_till": "2026-11-23"}
    assert browser.send(seen, f"/negotiations/{TALK}/offers", **wanted).status_code == 303
    sent = fake.sent[-1]
    assert (sent["body"]["party"], sent["body"]["price_minor"]) == ("ACME", "2400")
    assert sent["body"]["account"] == ALICES


def test_an_offer_that_cannot_be_read_keeps_what_was_typed(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see(f"/negotiations/{TALK}")
    answer = browser.send(seen, f"/negotiations/{TALK}/offers", quantity="3.5", price_minor="x", good_till="")
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    assert again.form(f"/negotiations/{TALK}/offers")["price_minor"] == "x"
    assert not [one for one in fake.sent if one["path"].endswith("/offers")]


def test_accepting_says_what_is_reserved_and_signs(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see(f"/negotiations/{TALK}")
    assert "Reserved when you accept" in seen.main()
    assert "980.00" in seen.main()
    where = f"/negotiations/{TALK}/offers/{OFFER}/acceptance"
    assert browser.send(seen, where, account=ALICES, cash_account=ALICES).status_code == 303
    assert f"/{fake.sent[-1]['path']}" == where
    assert fake.sent[-1]["key"]


def test_an_acceptance_that_is_short_says_so_on_the_page(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see(f"/negotiations/{TALK}")
    fake.refuse(409, "insufficient", "available", "10 available, 98000 needed")
    where = f"/negotiations/{TALK}/offers/{OFFER}/acceptance"
    answer = browser.send(seen, where, account=ALICES, cash_account=ALICES)
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    assert "98000 needed" in again.main()


def test_the_page_says_who_sees_what(browser: Browser) -> None:
    said = browser.sign_in("alice").see(f"/negotiations/{TALK}").main()
    assert "only the two who talk" in said
    assert "their accounts, the times, the quantity and the amount" in said


def test_a_refusal_needs_a_reason_and_reaches_the_other_side(browser: Browser, fake: Fake) -> None:
    where = f"/negotiations/{TALK}/offers/{OFFER}/refusal"
    seen = browser.sign_in("alice").see(f"/negotiations/{TALK}")
    assert browser.send(seen, where, reason="").status_code == 422
    assert not [one for one in fake.sent if one["path"].endswith("refusal")]
    assert browser.send(seen, where, reason="Too dear").status_code == 303
    assert fake.sent[-1]["body"] == {"reason": "Too dear"}


def test_ones_own_side_is_taken_back(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see(f"/instructions/{agreed.HASH}")
    browser.send(seen, f"/instructions/{agreed.HASH}/cancellation")
    assert fake.sent[-1]["path"] == f"instructions/{agreed.HASH}/cancellation"


def test_a_transfer_free_of_payment_says_why(browser: Browser) -> None:
    said = browser.sign_in("alice").see("/transfers/new").main()
    for reason in ("Gift", "Inheritance", "Between own accounts"):
        assert reason in said
