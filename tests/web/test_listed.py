"""The listed market on pages: affirming one or many, block orders in rows, filters, secrets, sessions, the queue."""

from __future__ import annotations

import re

import pytest
from werkzeug.datastructures import MultiDict

from tests.web import fake_listed as listed
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import ACCOUNTS, ORDERS, Fake

MINE, SHORT = listed.ENTRIES[0]["id"], listed.ENTRIES[1]["id"]
FUNDS = [row["id"] for row in listed.ENTRIES[2:4]]
ENTRY = f"/entries/{MINE}"


def affirm(browser: Browser, **typed: str | list[str]) -> page.Page | str:
    """Send the inbox's form with these boxes ticked: the page that follows, or where it leads."""
    token = browser.see("/inbox/").form("/inbox/affirmations")["csrf_token"]
    answer = browser.client.post("/inbox/affirmations", data=MultiDict({"csrf_token": token, **typed}))
    if answer.status_code == 303:
        return answer.headers["Location"]
    seen = page.read(answer.text)
    page.check(seen)
    return seen


def test_the_inbox_says_what_each_signature_would_reserve(browser: Browser) -> None:
    text = browser.sign_in("alice").see("/inbox/").main()
    for word in ("1,002.50", "of 6,002.50 available", "40 ACME", "Not enough", "CASA1"):
        assert word in text


def test_an_asset_manager_sees_the_entries_of_all_funds_by_fund(browser: Browser) -> None:
    seen = browser.sign_in("gestora").see("/inbox/")
    assert [seen.text(head) for head in seen.all("h2")] == ["Fondo Uno FONDO1", "Fondo Dos FONDO2"]


def test_the_navigation_counts_what_waits_for_the_user_and_nothing_else(browser: Browser, fake: Fake) -> None:
    seen = browser.sign_in("alice").see("/markets/")
    assert [badge.text for badge in seen.by_class("badge")] == ["3", "2"]  # notifications not read, entries to affirm
    browser.send(browser.see("/settings/"), "/sign-out")
    fake.empty = True
    assert not browser.sign_in("bruno").see("/markets/").by_class("badge")


def test_the_chosen_entries_are_signed_and_no_other(browser: Browser, fake: Fake) -> None:
    browser.sign_in("gestora")
    assert affirm(browser, entry=[FUNDS[1]], shown=FUNDS) == "/orders/"
    assert fake.sent[-1]["body"] == {"entries": [FUNDS[1]]}


def test_all_means_all_that_was_shown(browser: Browser, fake: Fake) -> None:
    browser.sign_in("gestora")
    assert affirm(browser, shown=FUNDS, all="yes") == "/orders/"
    assert fake.sent[-1]["body"] == {"entries": FUNDS}


def test_nothing_chosen_is_nothing_signed(browser: Browser, fake: Fake) -> None:
    browser.sign_in("gestora")
    before = len(fake.sent)
    assert affirm(browser, shown=FUNDS) == "/inbox/"
    assert len(fake.sent) == before


def test_one_that_is_refused_does_not_hold_back_the_others_and_says_why(browser: Browser) -> None:
    seen = affirm(browser.sign_in("alice"), entry=[MINE, SHORT])
    assert isinstance(seen, page.Page)
    assert "not enough available" in seen.text(seen.by_class("summary")[0])
    assert "1 order is signed" in seen.main()


def test_an_entry_is_affirmed_on_its_own_page_and_leads_to_its_order(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    answer = browser.send(browser.see(ENTRY), f"{ENTRY}/affirmation")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/orders/ALICE:")
    assert fake.sent[-1]["path"] == f"entries/{MINE}/affirmation"


def test_who_declines_says_why(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    empty = browser.send(browser.see(ENTRY), f"{ENTRY}/refusal")
    assert empty.status_code == 422
    page.check(page.read(empty.text))
    assert browser.send(browser.see(ENTRY), f"{ENTRY}/refusal", reason="Too dear").status_code == 303
    assert fake.sent[-1]["body"] == {"reason": "Too dear"}


def test_only_who_may_affirm_is_offered_it(browser: Browser) -> None:
    assert "Affirm and sign" not in browser.sign_in("casa").see(ENTRY).main()
    assert f"{ENTRY}/withdrawal" in [form.get("action") for form in browser.see(ENTRY).all("form")]


TICKET = {"instrument": "ACME", "side": "sell", "limit_minor": "25.00", "account-0": "CUSTODIA1:x", "quantity-0": "40"}


def test_rows_are_added_without_script_and_keep_what_was_typed(browser: Browser, fake: Fake) -> None:
    browser.sign_in("casa")
    seen = browser.see("/entries/new")
    before = len(fake.sent)
    answer = browser.client.post("/entries/rows", data=seen.form("/entries/") | TICKET)
    wide = page.read(answer.text).form("/entries/")
    assert wide["quantity-3"] == ""
    assert {name: wide[name] for name in TICKET} == TICKET
    assert wide["command"] == seen.form("/entries/")["command"]
    assert len(fake.sent) == before


def test_one_row_is_an_order_and_several_are_a_block(browser: Browser, fake: Fake) -> None:
    browser.sign_in("casa")
    browser.send(browser.see("/entries/new"), "/entries/", **TICKET)
    single = fake.sent[-1]["body"]
    assert (single["account"], single["quantity"], single["limit_minor"]) == ("CUSTODIA1:x", "40", "2500")
    assert "allocations" not in single
    second = {"account-1": "CUSTODIA1:y", "quantity-1": "60"}
    answer = browser.send(browser.see("/entries/new"), "/entries/", **TICKET, **second)
    rows = [{"account": "CUSTODIA1:x", "quantity": "40"}, {"account": "CUSTODIA1:y", "quantity": "60"}]
    assert fake.sent[-1]["body"]["allocations"] == rows
    assert answer.headers["Location"] == f"/entries/blocks/{listed.uid(700)}"


@pytest.mark.parametrize(("pointer", "field"), [("allocations/0/quantity", "quantity-0"), ("quantity", "quantity-0")])
def test_a_refused_row_says_which(browser: Browser, fake: Fake, pointer: str, field: str) -> None:
    browser.sign_in("casa")
    fake.refuse(422, "invalid", "fields", fields={pointer: "40 is no multiple of the lot."})
    again = page.read(browser.send(browser.see("/entries/new"), "/entries/", **TICKET).text)
    page.check(again)
    assert again.form("/entries/")["account-0"] == "CUSTODIA1:x"
    assert [node.get("href") for node in again.by_class("summary")[0].iter() if node.get("href")] == [f"#{field}"]


def test_filters_stand_in_the_address_and_each_can_be_taken_away(browser: Browser) -> None:
    seen = browser.sign_in("casa").see("/orders/?status=open&side=buy")
    links = {
        seen.text(chip): chip.get("href")
        for chips in seen.by_class("chips")
        for chip in chips.iter()
        if chip.get("href")
    }
    assert links == {
        "Status All open ×Remove": "/orders/?side=buy",
        "Side Buy ×Remove": "/orders/?status=open",
        "Clear all": "/orders/",
    }


def test_an_order_at_an_exchange_is_asked_to_be_cancelled(browser: Browser) -> None:
    path = f"/orders/{ORDERS[7]['id']}"
    seen = browser.sign_in("alice").see(path)
    assert "Ask the exchange to cancel" in seen.main()
    assert "80 at 25.10" in seen.main()
    browser.send(seen, f"{path}/cancellation")
    assert "stays reserved until it confirms" in browser.see(path).main()


def test_the_trace_of_an_exchanges_order_has_all_seven_steps(browser: Browser) -> None:
    seen = browser.sign_in("alice").see(f"/orders/{ORDERS[7]['id']}")
    made = [re.search(r"step-(\w+)", node.get("class") or "") for node in seen.by_class("step")]
    names = [found[1] for found in made if found]
    assert names[:7] == ["account_and_key", "entered", "affirmed", "reserved", "routed", "executed", "settled"]
    assert "What was signed" in seen.main()


def test_what_is_ahead_of_an_open_order_is_shown_as_ahead(browser: Browser) -> None:
    seen = browser.sign_in("alice").see(f"/orders/{ORDERS[1]['id']}")
    ahead = [node.get("class") or "" for node in seen.by_class("ahead")]
    assert [name.split()[1] for name in ahead if name.startswith("step ")] == ["step-executed", "step-settled"]


def test_a_secret_is_shown_once(browser: Browser) -> None:
    browser.sign_in("casa")
    seen = browser.see("/webhooks/new")
    answer = browser.send(seen, "/webhooks/", url="https://broker.example/x", events="*")
    assert "whsec_abc" in browser.see(answer.headers["Location"]).main()
    assert "whsec_abc" not in browser.see(answer.headers["Location"]).main()


def test_a_webhook_without_events_is_not_sent(browser: Browser, fake: Fake) -> None:
    browser.sign_in("casa")
    before = len(fake.sent)
    fields = browser.see("/webhooks/new").form("/webhooks/") | {"url": "https://broker.example/x"}
    del fields["events"]
    answer = browser.client.post("/webhooks/", data=fields)
    assert answer.status_code == 422
    page.check(page.read(answer.text))
    assert len(fake.sent) == before


BUTTONS = [
    ("casa", "/webhooks/1", "/webhooks/1/secret", "POST", "webhooks/1/secret"),
    ("casa", "/webhooks/1", "/webhooks/1/removal", "DELETE", "webhooks/1"),
    ("casa", "/webhooks/2", "/webhooks/2/enabling", "POST", "webhooks/2/enabling"),
    ("casa", "/webhooks/1", "/webhooks/1/deliveries/5/resend", "POST", "webhooks/1/deliveries/5/resend"),
    ("casa", "/fix/CASA1", "/fix/CASA1/disabling", "POST", "sessions/CASA1/disabling"),
    ("casa", "/fix/CASA1", "/fix/CASA1/reset", "POST", "sessions/CASA1/reset"),
    ("operator", "/fix/CASA1-DC", "/fix/CASA1-DC/reset", "POST", "sessions/CASA1-DC/reset"),
    ("operator", "/fix/MERCADO", "/fix/MERCADO/enabling", "POST", "sessions/MERCADO/enabling"),
    ("operator", "/executions/821", "/executions/821/retry", "POST", "executions/821/retry"),
    ("casa", f"/entries/{MINE}", f"/entries/{MINE}/withdrawal", "POST", f"entries/{MINE}/withdrawal"),
    ("alice", "/mandates/", "/mandates/CASA1/revocation", "POST", "mandates/CASA1/revocation"),
]


@pytest.mark.parametrize(("username", "path", "action", "method", "sent"), BUTTONS)
def test_a_button_does_what_it_says_once(
    browser: Browser, fake: Fake, username: str, path: str, action: str, method: str, sent: str
) -> None:
    browser.sign_in(username)
    seen = browser.see(path)
    assert browser.send(seen, action).status_code == 303
    assert (fake.sent[-1]["method"], fake.sent[-1]["path"]) == (method, sent)
    assert fake.sent[-1]["key"] == seen.form(action)["command"]


@pytest.mark.parametrize(("username", "path", "action", "method", "sent"), BUTTONS)
def test_a_button_that_is_refused_says_why(
    browser: Browser, fake: Fake, username: str, path: str, action: str, method: str, sent: str
) -> None:
    browser.sign_in(username)
    seen = browser.see(path)
    fake.refuse(409, "wrong_status", "line", "It is no longer so.")
    answer = browser.send(seen, action)
    again = page.read(answer.text) if answer.status_code == 422 else browser.see(answer.headers["Location"])
    page.check(again)
    assert "It is no longer so." in again.main()


def test_a_reset_takes_two(browser: Browser) -> None:
    """Its party asks; the operator is offered to confirm only what was asked for."""
    actions = lambda path: [form.get("action") for form in browser.see(path).all("form")]  # noqa: E731
    browser.sign_in("casa")
    assert "/fix/CASA1-DC/reset" not in actions("/fix/CASA1-DC")
    browser.send(browser.see("/settings/"), "/sign-out")
    browser.sign_in("operator")
    assert "/fix/CASA1/reset" not in actions("/fix/CASA1")


def test_the_message_reader_names_every_tag_and_what_is_wrong(browser: Browser) -> None:
    text = browser.sign_in("casa").see("/fix/messages/901").main()
    for word in ("BeginString", "MsgType", "order single", "Side", "is missing", listed.RAW):
        assert word in text


def test_a_new_session_has_what_its_kind_needs(browser: Browser, fake: Fake) -> None:
    browser.sign_in("operator")
    common = {"comp_id": "casa2", "party": "casa1", "throttle": "500"}
    called = {"kind": "broker", "certificate": "AB:" * 31 + "AB", "addresses": "10.0.0.1 10.0.0.2"}
    assert browser.send(browser.see("/fix/new"), "/fix/", **common, **called).headers["Location"] == "/fix/CASA2"
    assert fake.sent[-1]["body"]["certificate"] == "ab" * 32
    assert fake.sent[-1]["body"]["addresses"] == ["10.0.0.1", "10.0.0.2"]
    browser.send(browser.see("/fix/new"), "/fix/", **common, kind="exchange", host="127.0.0.1", port="9881")
    assert (fake.sent[-1]["body"]["host"], fake.sent[-1]["body"]["port"]) == ("127.0.0.1", "9881")
    before = len(fake.sent)
    again = browser.send(browser.see("/fix/new"), "/fix/", **common, kind="broker")
    assert again.status_code == 422
    page.check(page.read(again.text))
    assert len(fake.sent) == before


def test_a_disclosure_shows_its_sum_against_the_holding_before_it_is_sent(browser: Browser, fake: Fake) -> None:
    base = f"/disclosures/of/{ACCOUNTS[5]['id']}"
    browser.sign_in("custodian")
    before = len(fake.sent)
    typed = {"client-0": "C-1", "quantity-0": "1,200", "client-1": "C-2", "quantity-1": "650"}
    answer = browser.client.post(f"{base}/check", data=browser.see(f"{base}/new").form(base) | typed)
    seen = page.read(answer.text)
    page.check(seen)
    sums = seen.text(seen.by_class("sums")[0])
    assert sums == "Clients together1,850 Held in the account2,000 Not disclosed150"
    assert len(fake.sent) == before


def test_the_register_names_the_clients_and_what_is_not_disclosed(browser: Browser) -> None:
    text = browser.sign_in("acme").see("/instruments/ACME/register").main()
    for word in ("C-1001 1,200", "C-1002 650", "Not disclosed 150", "They agree."):
        assert word in text
    assert "Custodia Uno" in browser.see("/instruments/ACME/register?by=custodian").main()


def test_a_confirmation_is_agreed_or_rejected_with_a_reason(browser: Browser, fake: Fake) -> None:
    path = f"/confirmations/{listed.CONFIRMATIONS[0]['id']}"
    browser.sign_in("casa")
    assert browser.send(browser.see(path), f"{path}/affirmation").status_code == 303
    assert fake.sent[-1]["body"] == {"status": "affirmed"}
    assert browser.send(browser.see(path), f"{path}/rejection").status_code == 422
    assert browser.send(browser.see(path), f"{path}/rejection", text="Fee").status_code == 303
    assert fake.sent[-1]["body"] == {"status": "rejected", "text": "Fee"}
    browser.send(browser.see("/settings/"), "/sign-out")
    assert "Your answer" not in browser.sign_in("custodian").see(path).main()


@pytest.mark.parametrize("username", ["alice", "casa", "mercado", "operator", "custodian"])
@pytest.mark.parametrize("path", ["/inbox/", "/entries/", "/mandates/", "/claims/", "/confirmations/", "/executions/",
                                  "/fix/", "/webhooks/", "/disclosures/"])  # fmt: skip
def test_an_empty_page_says_what_will_appear(browser: Browser, fake: Fake, username: str, path: str) -> None:
    fake.empty = True
    seen = browser.sign_in(username).see(path)
    page.check(seen)
    assert seen.by_class("vacant"), seen.main()
