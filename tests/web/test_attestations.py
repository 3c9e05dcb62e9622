"""Attestations in the console: how much may still be issued, and the bank's form."""

from __future__ import annotations

from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import Fake

TYPED = {"balance_minor": "1,000,000.50", "as_of": "2026-11-20T09:30", "reference": "STATEMENT-332"}


def test_a_bank_sees_how_much_it_may_still_issue(browser: Browser) -> None:
    for path in ("/", "/attestations/"):
        seen = browser.sign_in("bank").see(path) if path == "/" else browser.see(path)
        assert "900,719,925,474,100.00" in seen.main()
        assert "0.69" in seen.main()


def test_a_balance_is_attested_in_minor_units_and_utc(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("bank").see("/attestations/new")
    assert browser.send(seen, "/attestations/", **TYPED).status_code == 303
    sent = fake.sent[-1]
    assert sent["path"] == "attestations"
    assert sent["body"] == {
        "instrument": "MXN.BANCO1",
        "balance_minor": "100000050",
        "as_of": "2026-11-20T15:30:00Z",
        "reference": "STATEMENT-332",
    }


def test_what_is_refused_is_said_beside_its_field(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("bank").see("/attestations/new")
    fake.refuse(409, "insufficient", "issued", "90 issued, 80 attested", {"balance_minor": "90 issued, 80 attested"})
    answer = browser.send(seen, "/attestations/", **TYPED)
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    assert again.form("/attestations/")["reference"] == "STATEMENT-332"
    assert "80 attested" in again.main()


def test_the_others_read_it_and_have_no_form(browser: Browser) -> None:
    seen = browser.sign_in("custodian").see("/attestations/")
    assert "STATEMENT-331" in seen.main()
    assert "/attestations/new" not in [link.get("href") for link in seen.all("a")]
