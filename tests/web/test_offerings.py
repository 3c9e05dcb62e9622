"""Offerings on pages: what a subscription reserves before it is sent, what an issuer sees before it signs."""

from __future__ import annotations

import pytest

from tests.web import fake_offerings as offered
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import Fake

OPEN, PRIVATE, UPCOMING, CLOSED, SETTLING = (offered.OFFERINGS[n]["id"] for n in range(5))
SETTLED, CANCELLED, FAILED, MINE = (offered.OFFERINGS[n]["id"] for n in range(5, 9))
SHOWN, ISSUED = f"/offerings/{OPEN}", f"/offerings/{PRIVATE}"
SUBSCRIBE = f"/subscriptions/{OPEN}"


def previewed(browser: Browser, **typed: str) -> page.Page:
    """Press the form's other button."""
    fields = browser.see(SHOWN).form(SUBSCRIBE) | typed
    answer = browser.client.post(f"{SUBSCRIBE}/preview", data=fields)
    seen = page.read(answer.text)
    page.check(seen)
    return seen


def test_opportunities_say_price_demand_and_how_one_stands(browser: Browser) -> None:
    text = browser.sign_in("alice").see("/offerings/").main()
    for word in ("ZINC", "20.00–25.00", "1,000", "600", "private", "Open", "Upcoming"):
        assert word in text


def test_a_preview_says_what_would_be_reserved_and_sends_nothing(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = previewed(browser, quantity="200", limit_minor="24.00")
    for word in ("200 × 24.00", "4,800.00", "5,000.00", "200.00"):
        assert word in seen.main()
    assert [one["path"] for one in fake.sent[-1:]] == [f"offerings/{OPEN}/subscriptions/preview"]
    assert fake.sent[-1]["key"] == ""


def test_who_has_not_enough_learns_for_how_much_it_is_enough(browser: Browser) -> None:
    browser.sign_in("alice")
    seen = previewed(browser, quantity="500", limit_minor="24.00")
    assert "enough for 200" in seen.main()


def test_a_subscription_is_sent_in_minor_units_under_the_forms_id(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = browser.see(SHOWN)
    answer = browser.send(seen, SUBSCRIBE, quantity="200", limit_minor="24.00")
    assert (answer.status_code, answer.headers["Location"]) == (303, SHOWN)
    body = fake.sent[-1]["body"]
    assert (body["quantity"], body["limit_minor"], body["account"]) == ("200", "2400", offered.ALICES)
    assert fake.sent[-1]["key"] == seen.form(SUBSCRIBE)["command"]


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"quantity": "4", "limit_minor": "24.00"}, "quantity", "The nearest that this offering takes is 10."),
        ({"quantity": "204", "limit_minor": "24.00"}, "quantity", "The nearest that this offering takes is 200."),
        ({"quantity": "2000", "limit_minor": "24.00"}, "quantity", "The nearest that this offering takes is 500."),
        ({"quantity": "200", "limit_minor": "30"}, "limit_minor", "price that this offering takes is 25.00."),
        ({"quantity": "200", "limit_minor": "19.99"}, "limit_minor", "price that this offering takes is 20.00."),
        ({"quantity": "200", "limit_minor": "24.03"}, "limit_minor", "price that this offering takes is 24.05."),
        ({"quantity": "", "limit_minor": "24.00"}, "quantity", "Fill this in."),
        ({"quantity": "many", "limit_minor": "24.00"}, "quantity", "is not a number"),
    ],
)
def test_what_does_not_fit_stands_beside_its_field_with_what_was_typed(
    browser: Browser, fake: Fake, typed: dict[str, str], field: str, sentence: str
) -> None:
    browser.sign_in("alice")
    before = len(fake.sent)
    answer = browser.send(browser.see(SHOWN), SUBSCRIBE, **typed)
    assert answer.status_code == 422
    seen = page.read(answer.text)
    page.check(seen)
    (wrong,) = [node for node in seen.by_class("wrong") if node.get("id") == f"{field}-wrong-1"]
    assert sentence in seen.text(wrong)
    assert {name: seen.form(SUBSCRIBE)[name] for name in typed} == typed
    assert len(fake.sent) == before


def test_a_refusal_of_the_ledger_keeps_what_was_typed(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = browser.see(SHOWN)
    said = {"code": "wrong_status", "reason": "window", "detail": "The offering is open until 21:00.", "errors": []}
    fake.problem = (409, {**said, "request_id": "r", "status": 409})
    answer = browser.send(seen, SUBSCRIBE, quantity="200", limit_minor="24.00")
    assert answer.status_code == 422
    again = page.read(answer.text)
    assert "open until 21:00" in again.main()
    assert again.form(SUBSCRIBE)["quantity"] == "200"
    assert again.form(SUBSCRIBE)["command"] != seen.form(SUBSCRIBE)["command"]


def test_ones_own_subscription_shows_what_came_of_it(browser: Browser) -> None:
    browser.sign_in("alice")
    text = browser.see(f"/offerings/{SETTLED}").main()
    for word in ("Allotted: 150 at 24.00", "3,600.00", "1,200.00", "Allotted and settled"):
        assert word in text
    assert "The issuer cancelled the offering." in browser.see(f"/offerings/{CANCELLED}").main()
    assert "Less than the minimum was subscribed." in browser.see(f"/offerings/{FAILED}").main()


def test_a_subscription_is_withdrawn_until_the_close(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    answer = browser.send(browser.see(f"/offerings/{MINE}"), f"/subscriptions/{MINE}/withdrawal")
    assert (answer.status_code, fake.sent[-1]["path"]) == (303, f"offerings/{MINE}/withdrawal")
    actions = [form.get("action") for form in browser.see(f"/offerings/{CLOSED}").all("form")]
    assert f"/subscriptions/{CLOSED}/withdrawal" not in actions
    assert f"/subscriptions/{CLOSED}" not in actions


def test_a_book_that_settles_shows_how_far_it_is(browser: Browser) -> None:
    seen = browser.sign_in("acme").see(f"/offerings/{SETTLING}")
    (bar,) = seen.all("progress")
    assert (bar.get("value"), bar.get("max")) == ("30", "100")
    for word in ("300 of 1,000 subscriptions are done.", "12 / 40", "4,320.00"):
        assert word in seen.main()
    assert seen.by_class("live")[0].get("data-live") == "offering subscription"


OFFER = {"instrument": "ZINC", "kind": "private", "price_min_minor": "20", "price_max_minor": "25", "minimum": "100"}
OFFER |= {"maximum": "1,000", "ticket_minimum": "10", "opens_at": "2026-12-01T09:00", "closes_at": "2026-12-15T15:00"}
OFFER |= {"allot_by": "2026-12-18T15:00", "tier_retail": "200"}


def test_an_offering_is_opened_with_instants_in_the_markets_zone(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    answer = browser.send(browser.see("/offerings/new"), "/offerings/", **OFFER)
    assert answer.status_code == 303
    body = fake.sent[-1]["body"]
    assert (body["price_min_minor"], body["price_max_minor"], body["maximum"]) == ("2000", "2500", "1000")
    assert (body["opens_at"], body["ticket_maximum"], body["document"]) == ("2026-12-01T15:00:00Z", "0", "")
    assert body["tiers"] == [{"investor_type": "retail", "quantity": "200"}]
    assert answer.headers["Location"] == f"/offerings/ACME:{fake.sent[-1]['key']}"


def test_one_price_is_the_lowest_and_the_highest(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    browser.send(browser.see("/offerings/new"), "/offerings/", **(OFFER | {"price_max_minor": ""}))
    assert fake.sent[-1]["body"]["price_max_minor"] == "2000"


def test_every_gap_in_the_terms_has_its_sentence(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    before = len(fake.sent)
    answer = browser.send(browser.see("/offerings/new"), "/offerings/", instrument="ZINC", minimum="many")
    assert answer.status_code == 422
    seen = page.read(answer.text)
    page.check(seen)
    ids = {node.get("id") for node in seen.by_class("wrong")}
    for name in ("price_min_minor", "minimum", "maximum", "opens_at", "closes_at", "allot_by"):
        assert f"{name}-wrong-1" in ids
    assert seen.form("/offerings/")["minimum"] == "many"
    assert len(fake.sent) == before


def test_an_issuer_invites_by_code_and_sees_who_has_come(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    seen = browser.see(ISSUED)
    for word in ("Alice Torres", "Bruno Díaz", "none yet", "The ledger refused the invitation."):
        assert word in seen.main()
    answer = browser.send(seen, f"{ISSUED}/invitations", parties="carla, dora  elsa")
    assert answer.status_code == 303
    assert fake.sent[-1]["body"] == {"parties": ["CARLA", "DORA", "ELSA"]}


def test_a_party_that_cannot_be_invited_is_named_beside_the_field(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    seen = browser.see(ISSUED)
    told = {"pointer": "/parties/1", "message": "there is no party DORA"}
    said = {"code": "not_found", "reason": "party", "detail": "there is no party DORA", "errors": [told]}
    fake.problem = (404, {**said, "request_id": "r", "status": 404})
    answer = browser.send(seen, f"{ISSUED}/invitations", parties="CARLA DORA")
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    (wrong,) = [node for node in again.by_class("wrong") if node.get("id") == "parties-wrong-1"]
    assert "DORA" in again.text(wrong)
    assert again.form(f"{ISSUED}/invitations")["parties"] == "CARLA DORA"


def test_the_allotment_is_seen_before_it_is_signed(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    seen = browser.see(f"/allotments/{CLOSED}")
    for word in ("Alice Torres", "300", "Carla Núñez", "12,000.00", "2 / 3", offered.HASH):
        assert word in seen.main()
    answer = browser.send(seen, f"/allotments/{CLOSED}")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/acts/")
    assert fake.sent[-1]["body"] == {"price_minor": "2400", "allotted": ""}


def test_another_price_is_previewed_at_an_address_of_its_own(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    before = len(fake.sent)
    seen = browser.see(f"/allotments/{CLOSED}")
    answer = browser.send(seen, f"/allotments/{CLOSED}", price_minor="23.00")
    assert len(fake.sent) == before + 1
    fields = seen.form(f"/allotments/{CLOSED}") | {"price_minor": "23.00"}
    answer = browser.client.post(f"/allotments/{CLOSED}/preview", data=fields)
    assert answer.headers["Location"] == f"/allotments/{CLOSED}?price_minor=23.00"
    assert browser.see(answer.headers["Location"]).form(f"/allotments/{CLOSED}")["price_minor"] == "23.00"
    assert len(fake.sent) == before + 1


def test_an_allotment_that_does_not_add_up_says_so_and_keeps_what_was_typed(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    seen = browser.see(f"/allotments/{CLOSED}")
    told = {"pointer": "/allotted", "message": "900 is not between the minimum 100 and 500"}
    said = {"code": "invalid", "reason": "allotted", "detail": told["message"], "errors": [told]}
    fake.problem = (422, {**said, "request_id": "r", "status": 422})
    answer = browser.send(seen, f"/allotments/{CLOSED}", allotted="900")
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    assert "900 is not between" in again.main()
    assert again.form(f"/allotments/{CLOSED}")["allotted"] == "900"


def test_only_who_may_is_offered_to_sign_the_allotment(browser: Browser) -> None:
    assert "Sign and propose" not in browser.sign_in("operator").see(f"/allotments/{CLOSED}").main()


def test_an_offering_that_one_may_not_see_is_no_page(browser: Browser) -> None:
    browser.sign_in("alice")
    assert browser.get("/offerings/ACME:0192f0c1-0000-7000-8000-000000000999").status_code == 404
