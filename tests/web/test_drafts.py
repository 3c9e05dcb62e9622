"""Four eyes in the console: what one user of the bank enters waits, and says so, until another approves it."""

from tests.web.conftest import Browser
from tests.web.fake_api import Fake
from tests.web.fake_drafts import DRAFTS, draft

FIRST, OWN = f"/drafts/{DRAFTS[0]['id']}", f"/drafts/{DRAFTS[1]['id']}"


def test_the_second_user_approves_what_the_first_has_entered(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("bank").see(FIRST)
    answer = browser.send(seen, f"{FIRST}/approval")
    assert answer.status_code == 303
    assert fake.sent[-1]["path"] == f"drafts/{DRAFTS[0]['id']}/approval"
    assert "approved and signed" in browser.see(FIRST).text()


def test_whoever_entered_it_can_only_take_it_back(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("bank").see(OWN)
    assert f"{OWN}/approval" not in str(seen.all("form"))
    assert browser.send(seen, f"{OWN}/refusal", reason="").status_code == 422
    assert browser.send(seen, f"{OWN}/refusal", reason="Typed twice").status_code == 303
    assert fake.sent[-1]["body"] == {"reason": "Typed twice"}


def test_a_deposit_that_waits_leads_to_its_place_in_the_queue(browser: Browser, fake: Fake) -> None:
    fake.held = draft(1, "waiting", "bank")
    seen = browser.sign_in("bank").see("/deposits/new")
    typed = {"account": "CUSTODIA1:0192f0c1-0000-7000-8000-000000000001", "amount_minor": "500", "reference": "SPEI-1"}
    answer = browser.send(seen, "/deposits/", **typed)
    assert answer.status_code == 303
    assert answer.headers["Location"] == FIRST
    assert "Another user of your bank approves it" in browser.see(FIRST).text()


def test_the_bank_says_whether_it_wants_four_eyes(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("bank").see("/drafts/")
    assert browser.send(seen, "/drafts/four-eyes").status_code == 303
    assert fake.sent[-1]["body"] == {"required": "no"}
