"""Forms keep what was typed, say what is wrong beside the field, and happen once."""

from __future__ import annotations

import hashlib
import io
import re

import pytest

from tests.web import fake_listed as listed
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import ACCOUNTS, ACTS, ALICES, ORDERS, PASSWORD, WITHDRAWALS, Fake

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TICKET = {"instrument": "ACME", "side": "buy", "quantity": "40", "limit_minor": "25.00"}
PENDING = f"/withdrawals/{WITHDRAWALS[0]['id']}"
ISSUING = "/instruments/ACME/issuances"
CLAIM = f"/claims/{listed.CLAIMS[0]['id']}"
DISCLOSING = f"/disclosures/of/{ACCOUNTS[5]['id']}"

# who, page, where its form goes, what is typed, a field the API refuses
FORMS = [
    ("alice", "/orders/new", "/orders/", TICKET, "quantity"),
    ("alice", "/transfers/new", "/transfers/", {"quantity": "5", "to_account": "X", "reason": "gift"}, "to_account"),
    ("alice", "/withdrawals/new", "/withdrawals/", {"amount_minor": "10.50", "destination": "0123"}, "destination"),
    ("bank", "/deposits/new", "/deposits/", {"account": ALICES, "amount_minor": "7", "reference": "S P"}, "reference"),
    ("bank", PENDING, f"{PENDING}/payment", {"reference": "?"}, "reference"),
    ("bank", PENDING, f"{PENDING}/refusal", {"reason": "…"}, "reason"),
    ("acme", f"{ISSUING}/new", ISSUING, {"quantity": "9", "resolution": "ab"}, "resolution"),
    ("operator", "/instruments/new", "/instruments/",
     {"instrument": "NEW", "issuer": "ACME", "currency": "MXN.BANCO1", "authorised": "1,000", "isin": "MX1"}, "isin"),
    ("custodian", "/parties/new", "/parties/", {"party": "dora", "name": "Dora Paz"}, "party"),
    ("custodian", "/accounts/new", "/accounts/", {"owner": "ALICE"}, "owner"),
    ("alice", "/mandates/new", "/mandates/",
     {"agent": "CASA1", "order_minor": "1,000", "total_minor": "5,000", "good_till": "2027-01-31"}, "agent"),
    ("alice", CLAIM, f"{CLAIM}/refusal", {"reason": "No"}, "reason"),
    ("operator", CLAIM, f"{CLAIM}/enforcement", {"reason": "Ruled"}, "reason"),
    ("custodian", f"{DISCLOSING}/new", DISCLOSING,
     {"instrument": "ACME", "as_of": "2026-11-22T12:00", "client-0": "C-1", "quantity-0": "9"}, "quantity-0"),
    ("alice", f"/orders/{ORDERS[1]['id']}", f"/orders/{ORDERS[1]['id']}/replacement",
     {"quantity": "60", "limit_minor": "25.10"}, "quantity"),
    ("operator", "/users/new", "/users/", {"party": "ALICE", "username": "al ice", "password": "x" * 12}, "username"),
]  # fmt: skip


@pytest.mark.parametrize(("username", "path", "action", "typed", "field"), FORMS)
def test_a_refused_field_has_the_apis_sentence_beside_it_and_keeps_what_was_typed(
    browser: Browser, fake: Fake, username: str, path: str, action: str, typed: dict[str, str], field: str
) -> None:
    browser.sign_in(username)
    seen = browser.see(path)
    fake.refuse(422, "invalid", "fields", fields={field: f"“{typed[field]}” will not do."})
    answer = browser.send(seen, action, **typed)
    assert answer.status_code == 422
    again = page.read(answer.text)
    page.check(again)
    kept = again.form(action)
    assert {name: kept.get(name) for name in typed if name != "password"} == {
        name: text for name, text in typed.items() if name != "password"
    }
    assert any(f"“{typed[field]}” will not do." in again.text(node) for node in again.by_class("wrong"))
    assert again.by_class("summary")
    assert again.root.get("lang") == "en"


@pytest.mark.parametrize(("username", "path", "action", "typed", "_field"), FORMS)
def test_a_form_that_is_in_order_is_sent_with_its_command_and_redirects(
    browser: Browser, fake: Fake, username: str, path: str, action: str, typed: dict[str, str], _field: str
) -> None:
    browser.sign_in(username)
    seen = browser.see(path)
    answer = browser.send(seen, action, **typed)
    assert answer.status_code == 303, answer.text
    sent = fake.sent[-1]
    if action != "/users/":
        assert sent["key"] == seen.form(action)["command"]
        assert UUID7.fullmatch(sent["key"])
        assert "wait=" in sent["prefer"]
    page.check(browser.see(answer.headers["Location"]))


@pytest.mark.parametrize(("username", "path", "action", "_typed", "_field"), FORMS)
def test_an_empty_form_says_what_is_missing_and_sends_nothing(
    browser: Browser, fake: Fake, username: str, path: str, action: str, _typed: dict[str, str], _field: str
) -> None:
    browser.sign_in(username)
    seen = browser.see(path)
    before = len(fake.sent)
    answer = browser.send(seen, action, **dict.fromkeys(set(seen.form(action)) - {"csrf_token", "command"}, ""))
    assert answer.status_code == 422
    page.check(page.read(answer.text))
    assert page.read(answer.text).by_class("wrong")
    assert len(fake.sent) == before


def test_an_order_is_sent_in_minor_units(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    typed = TICKET | {"quantity": "1,040", "limit_minor": "25.5", "max_fee_minor": "70"}
    browser.send(browser.see("/orders/new"), "/orders/", **typed)
    assert fake.sent[-1]["body"] == {
        "instrument": "ACME", "side": "buy", "account": ALICES, "cash_account": ALICES, "quantity": "1040",
        "limit_minor": "2550", "good_till": "day", "max_fee_minor": "7000",
    }  # fmt: skip


def test_a_date_means_the_end_of_that_day_in_the_markets_zone(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    typed = TICKET | {"good_till": "date", "good_till_on": "2026-12-01"}
    browser.send(browser.see("/orders/new"), "/orders/", **typed)
    assert fake.sent[-1]["body"]["good_till"] == "2026-12-02T05:59:59Z"


@pytest.mark.parametrize(
    ("field", "text"),
    [("quantity", "-4"), ("quantity", "1.5"), ("quantity", "forty"), ("quantity", "9" * 30), ("quantity", "1e3"),
     ("limit_minor", "25.001"), ("limit_minor", "25,00"), ("limit_minor", "1.000,50"), ("limit_minor", "٣"),
     ("good_till_on", "tomorrow"), ("instrument", "NONE"), ("side", "both")],
)  # fmt: skip
def test_what_cannot_be_read_never_leaves_the_console(browser: Browser, fake: Fake, field: str, text: str) -> None:
    browser.sign_in("alice")
    before = len(fake.sent)
    typed = TICKET | ({"good_till": "date"} if field == "good_till_on" else {}) | {field: text}
    answer = browser.send(browser.see("/orders/new"), "/orders/", **typed)
    assert answer.status_code == 422
    assert len(fake.sent) == before
    assert page.read(answer.text).by_class("wrong")


def test_a_double_click_sends_the_same_command_twice(browser: Browser, fake: Fake) -> None:
    """The API answers the second with the first's order; both clicks end on the same page."""
    browser.sign_in("alice")
    seen = browser.see("/orders/new")
    first = browser.send(seen, "/orders/", **TICKET)
    second = browser.send(seen, "/orders/", **TICKET)
    assert fake.sent[-1]["key"] == fake.sent[-2]["key"]
    assert first.headers["Location"] == second.headers["Location"]


def test_after_a_definite_refusal_the_next_try_is_a_new_command(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = browser.see("/orders/new")
    fake.refuse(409, "insufficient", "available", "ALICE has 5.00 available.")
    again = page.read(browser.send(seen, "/orders/", **TICKET).text)
    assert "ALICE has 5.00 available." in again.main()
    assert again.form("/orders/")["command"] != seen.form("/orders/")["command"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_after_an_unknown_outcome_the_next_try_is_the_same_command(browser: Browser, fake: Fake, status: int) -> None:
    browser.sign_in("alice")
    seen = browser.see("/orders/new")
    fake.refuse(status, "unavailable")
    answer = browser.send(seen, "/orders/", **TICKET)
    again = page.read(answer.text)
    assert again.form("/orders/")["command"] == seen.form("/orders/")["command"]
    assert "never carried out twice" in again.main()
    assert "req-from-api" in again.main()


def test_a_preview_shows_what_is_reserved_and_sends_no_command(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = browser.see("/orders/new")
    answer = browser.client.post("/orders/preview", data=seen.form("/orders/") | TICKET)
    again = page.read(answer.text)
    page.check(again)
    assert "1,002.50" in again.main()
    assert "3,997.50" in again.main()
    assert again.form("/orders/")["command"] == seen.form("/orders/")["command"]
    assert fake.sent[-1] | {"body": None} == {
        "method": "POST",
        "path": "orders/preview",
        "body": None,
        "key": "",
        "prefer": "",
    }


def test_a_preview_that_cannot_be_paid_says_so(browser: Browser) -> None:
    browser.sign_in("alice")
    form = browser.see("/orders/new").form("/orders/") | TICKET | {"quantity": "4000"}
    again = page.read(browser.client.post("/orders/preview", data=form).text)
    assert "the ledger would refuse this order" in again.main()
    assert "-95,250.00" in again.main()


def test_only_the_fingerprint_of_a_resolution_is_sent(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    seen = browser.see("/instruments/ACME/issuances/new")
    document = b"%PDF minutes of the meeting"
    fields = seen.form("/instruments/ACME/issuances") | {"quantity": "100"}
    answer = browser.client.post(
        "/instruments/ACME/issuances",
        data=fields | {"document": (io.BytesIO(document), "minutes.pdf")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    assert fake.sent[-1]["body"] == {
        "account": ACCOUNTS[3]["id"], "quantity": "100", "resolution": hashlib.sha256(document).hexdigest()
    }  # fmt: skip
    assert "minutes" not in str(fake.sent)


def test_a_fingerprint_survives_a_refusal_although_the_file_does_not(browser: Browser, fake: Fake) -> None:
    browser.sign_in("acme")
    seen = browser.see("/instruments/ACME/issuances/new")
    answer = browser.client.post(
        "/instruments/ACME/issuances",
        data=seen.form("/instruments/ACME/issuances")
        | {"quantity": "x", "document": (io.BytesIO(b"d"), "minutes.pdf")},
        content_type="multipart/form-data",
    )
    kept = page.read(answer.text).form("/instruments/ACME/issuances")
    assert kept["resolution"] == hashlib.sha256(b"d").hexdigest()
    assert kept["document_name"] == "minutes.pdf"


def test_an_approval_signs_the_text_that_was_shown(browser: Browser, fake: Fake) -> None:
    browser.sign_in("custodian")
    act = ACTS[0]
    seen = browser.see(f"/acts/{act['id']}")
    answer = browser.send(seen, f"/acts/{act['id']}/approval")
    assert answer.status_code == 303
    assert fake.sent[-1]["path"] == f"acts/{act['id']}/approval"
    assert fake.sent[-1]["body"] == {"hash": act["hash"]}
    assert "Approved and carried out." in browser.see(answer.headers["Location"]).main()


def test_a_cancel_that_comes_too_late_says_why(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = browser.see("/orders/")
    fake.refuse(409, "wrong_status", "order", "The order is filled.")
    answer = browser.send(seen, f"/orders/{ORDERS[1]['id']}/cancellation")
    assert "Not done. The order is filled." in browser.see(answer.headers["Location"]).main()


def test_a_command_still_on_its_way_leads_to_its_receipt(browser: Browser, fake: Fake) -> None:
    browser.sign_in("bank")
    fake.status = "sent"
    typed = {"account": ALICES, "amount_minor": "7", "reference": "SPEI-1"}
    answer = browser.send(browser.see("/deposits/new"), "/deposits/", **typed)
    assert answer.headers["Location"].startswith("/submissions/BANCO1:")
    receipt = browser.see(answer.headers["Location"])
    page.check(receipt)
    assert "Settled" not in receipt.text()


def test_spanish_pages_say_a_refusal_in_spanish_before_the_apis_own_words(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice", "es")
    seen = browser.see("/orders/new")
    fake.refuse(409, "insufficient", "available", "ALICE has 5.00 available.")
    again = page.read(browser.send(seen, "/orders/", **TICKET).text)
    assert "No hay suficiente disponible para esto. ALICE has 5.00 available." in again.main()
    assert "ALICE has 5.00 available." in [again.text(node) for node in again.root.iter() if node.get("lang") == "en"]
    fake.refuse(422, "invalid", "fields", fields={"quantity": "40 is not a multiple of 7."})
    again = page.read(browser.send(seen, "/orders/", **TICKET).text)
    assert "en lotes enteros. 40 is not a multiple of 7." in again.main()


def test_a_refusal_without_spanish_is_marked_as_english(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice", "es")
    fake.refuse(422, "invalid", "moonphase", "The moon is wrong.")
    again = page.read(browser.send(browser.see("/orders/new"), "/orders/", **TICKET).text)
    assert "The moon is wrong." in [again.text(node) for node in again.root.iter() if node.get("lang") == "en"]


def test_a_password_is_changed_and_never_shown_again(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    seen = browser.see("/settings/")
    fake.refuse(422, "invalid", "fields", fields={"new_password": "At least 12 characters."})
    typed = {"current_password": PASSWORD, "new_password": "short-secret"}
    answer = browser.send(seen, "/settings/password", **typed)
    assert "At least 12 characters." in answer.text
    assert "short-secret" not in answer.text
    assert PASSWORD not in answer.text
    answer = browser.send(seen, "/settings/password", **typed)
    assert answer.status_code == 303
    assert fake.sent[-1]["body"] == typed


def test_who_was_given_a_password_is_asked_to_change_it_first(browser: Browser, fake: Fake) -> None:
    fake.given_password = True
    browser.sign_in("alice")
    assert "chosen by someone else" in browser.see("/").main()
    browser.send(browser.see("/settings/"), "/settings/password", current_password="a", new_password="b")
    assert "chosen by someone else" not in browser.see("/").main()


def test_an_owner_proposes_another_custodian_for_the_account(
    browser: Browser, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACCOUNTS[0], "custodian", "CUSTODIA9")
    browser.sign_in("alice")
    seen = browser.see(f"/accounts/{ALICES}")
    page.check(seen)
    answer = browser.send(seen, f"/accounts/{ALICES}/moves", custodian="CUSTODIA1")
    assert answer.status_code == 303
    assert (fake.sent[-1]["path"], fake.sent[-1]["body"]) == (f"accounts/{ALICES}/moves", {"custodian": "CUSTODIA1"})


def test_where_there_is_no_other_custodian_no_move_is_offered(browser: Browser) -> None:
    browser.sign_in("alice")
    assert f"/accounts/{ALICES}/moves" not in browser.get(f"/accounts/{ALICES}").text
