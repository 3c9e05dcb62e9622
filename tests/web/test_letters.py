"""Letters in the console: an issuer writes once, a holder has read what he opens."""

from __future__ import annotations

import pytest

from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import Fake
from tests.web.fake_letters import LETTERS

NEW, OLD = (f"/letters/{row['id']}" for row in LETTERS)


def test_an_issuer_writes_to_its_holders(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("acme").see("/letters/new?instrument=ACME")
    answer = browser.send(seen, "/letters/", subject="A meeting", text=" Dear holders,\r\n\r\ncome.  ")
    assert answer.status_code == 303
    sent = fake.sent[-1]
    assert sent["path"] == "instruments/ACME/letters"
    assert sent["body"] == {"subject": "A meeting", "text": "Dear holders,\n\ncome.", "document": ""}
    assert sent["key"]


@pytest.mark.parametrize("missing", ["subject", "text"])
def test_what_is_missing_is_said_beside_it_and_what_was_typed_is_kept(
    browser: Browser, fake: Fake, missing: str
) -> None:
    seen = browser.sign_in("acme").see("/letters/new")
    typed = {"subject": "A meeting", "text": "Come.", missing: ""}
    answer = browser.send(seen, "/letters/", **typed)
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    assert "Fill this in." in again.main()
    assert [value for value in typed.values() if value and value not in answer.text] == []
    assert not [one for one in fake.sent if one["path"].endswith("letters")]


def test_what_is_opened_is_read_and_only_once(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice").see(OLD)
    assert not [one for one in fake.sent if one["path"].endswith("receipt")]
    assert "we meet on the first Monday" in browser.see(NEW).main()
    assert fake.sent[-1]["path"] == f"{NEW[1:]}/receipt"


def test_an_issuer_sees_how_many_have_read_it(browser: Browser, fake: Fake) -> None:
    assert "1 of 3" in browser.sign_in("acme").see("/letters/").main()
    browser.see(NEW)
    assert not [one for one in fake.sent if one["path"].endswith("receipt")]
