"""Portfolio, statements, certificates and notifications, as people use them."""

from __future__ import annotations

import pytest
from flask import Flask

from middleware.services import notifications as api_notifications
from middleware.services import statement_papers
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import HASH, Fake
from tests.web.fake_papers import ACCOUNT, CHANGED, UNNAMED
from web.views import certificates, notifications, statements


def test_a_position_says_the_source_of_its_price_or_that_it_has_none(browser: Browser) -> None:
    told = browser.sign_in("alice").see("/portfolio/").text()
    assert "Last trade on this market, BOLSA, 22 Nov, 12:00:05" in told
    assert "No price yet" in told
    assert "+49.50" in told
    assert "-12.00" in told
    assert "in neither cost nor gain" in told


def test_a_statement_names_the_cause_of_each_line(browser: Browser) -> None:
    told = browser.sign_in("alice").see("/statements/2026-11").text()
    for text in ("Deposit credited SPEI-77", "10 ACME at 24.50, fee 0.61", "Gift", "The month is not over"):
        assert text in told
    assert browser.get("/statements/").headers["Location"].endswith("/statements/2026-11")


def test_papers_come_in_the_language_of_the_page_under_the_apis_name(browser: Browser) -> None:
    browser.sign_in("alice", "es")
    answer = browser.get(f"/statements/2026-11/pdf?account={ACCOUNT}")
    assert "language=es" in answer.text
    assert ACCOUNT.replace(":", "%3A") in answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lonja-2026-11.pdf"'
    assert browser.get("/statements/2026-11/csv").headers["Content-Disposition"].endswith('.csv"')
    assert browser.get(f"/certificates/{HASH}/pdf").text == HASH


def test_a_certificate_is_issued_for_a_holding_that_was_chosen(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice", "es")
    seen = browser.see("/certificates/")
    answer = browser.send(seen, "/certificates/", holding=f"{ACCOUNT}/ACME")
    assert answer.status_code == 303
    sent = fake.sent[-1]
    assert (sent["path"], sent["body"]) == (
        "certificates",
        {"account": ACCOUNT, "instrument": "ACME", "language": "es"},
    )
    for wrong in ("", "x", f"{ACCOUNT}/ZINC"):
        refused = browser.send(seen, "/certificates/", holding=wrong)
        assert refused.status_code == 422
        assert page.read(refused.text).by_class("wrong")


def test_what_the_api_refuses_of_a_certificate_stands_beside_the_field(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see("/certificates/")
    fake.refuse(404, "not_found", "holding", "nothing is held", {"instrument": "nothing is held"})
    answer = browser.send(seen, "/certificates/", holding=f"{ACCOUNT}/ACME")
    assert answer.status_code == 422
    assert page.read(answer.text).by_class("summary")


def test_anybody_verifies_a_certificate_without_signing_in(browser: Browser) -> None:
    told = browser.see(f"/verify/{HASH}").text()
    assert "This certificate was issued here." in told
    assert "The holding has not changed since; checked at block 122." in told
    assert "Alice Torres" in told
    assert "has changed since, last in block 121" in browser.see(f"/verify/{CHANGED}").text()
    told = browser.see(f"/verify/{UNNAMED}").text()
    assert "another ledger" in told
    assert "Alice Torres" not in told


def test_a_fingerprint_may_be_typed_in_groups(browser: Browser) -> None:
    grouped = "+".join(["ABABABAB"] * 8)
    answer = browser.get(f"/verify/?fingerprint={grouped}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/verify/{HASH}")
    refused = browser.get("/verify/?fingerprint=12+34")
    assert refused.status_code == 422
    assert 'value="12 34"' in refused.text
    page.check(page.read(refused.text))


def test_no_certificate_is_a_page_that_says_so_and_guessing_is_slowed_down(browser: Browser) -> None:
    there = {"REMOTE_ADDR": "192.0.2.9"}
    answers = [browser.client.get(f"/verify/{n:064x}", environ_base=there) for n in range(22)]
    assert certificates.TRIES.startswith("20 ")
    assert answers[0].status_code == 404
    assert "No such certificate was issued here." in answers[0].text
    page.check(page.read(answers[0].text))
    assert [answer.status_code for answer in answers[-2:]] == [429, 429]
    assert "Wait a minute" in answers[-1].text


def test_the_head_of_every_page_counts_what_is_not_read(browser: Browser, fake: Fake) -> None:
    assert "3 not read yet" in browser.sign_in("alice").see("/settings/").text()
    fake.empty = True
    assert "not read yet" not in browser.see("/settings/").text()


def test_opening_a_notification_reads_it_and_leads_to_what_it_is_about(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = browser.see("/notifications/")
    token = seen.form("/notifications/open")
    answer = browser.client.post("/notifications/open", data=token)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/acts/")
    assert fake.sent[-1]["body"] == {"ids": [token["id"]]}


@pytest.mark.parametrize(("noun", "thing"), [("trade", ""), ("nothing", "x"), ("", "//evil.example")])
def test_a_notification_of_nothing_leads_back_to_the_inbox(browser: Browser, noun: str, thing: str) -> None:
    token = browser.sign_in("alice").see("/notifications/").form("/notifications/open")
    answer = browser.client.post("/notifications/open", data=token | {"noun": noun, "thing": thing})
    assert answer.headers["Location"] == "/notifications/"


def test_all_are_marked_as_read_at_once(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see("/notifications/")
    assert browser.send(seen, "/notifications/read").status_code == 303
    assert (fake.sent[-1]["path"], fake.sent[-1]["body"]) == ("notifications/read", {})


def test_every_kind_of_the_api_has_its_words(app: Flask) -> None:
    assert set(notifications.KINDS) == set(api_notifications.KINDS)
    assert set(statement_papers._SENTENCES) == set(statements.CAUSES)
    for endpoint, name in (*notifications.PLACES.values(), *statements.PLACES.values()):
        (rule,) = app.url_map.iter_rules(endpoint)
        assert rule.arguments == ({name} if name else set())
