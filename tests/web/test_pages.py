"""Every page, for everyone who may open it, full and empty, in every language."""

from __future__ import annotations

import flask_babel
import pytest
from flask import Flask

from tests.web import fake_listed as listed
from tests.web import fake_negotiations as agreed
from tests.web import fake_offerings as offered
from tests.web import fake_people as people
from tests.web import fake_promises as promised
from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import ACCOUNTS, ACTS, ALICES, HASH, ORDERS, TRADE, WITHDRAWALS, Fake, uid
from tests.web.fake_drafts import DRAFTS
from tests.web.fake_letters import LETTERS
from web.language import LANGUAGES

TRADER = [
    *("/documents/", *(f"/documents/{row['id']}" for row in promised.PUBLICATIONS)),
    *("/", "/markets/", "/markets/ACME", "/markets/ZINC", "/orders/", "/orders/?shown=closed", "/orders/?shown=all"),
    *("/orders/new", "/orders/new?instrument=ACME&side=sell&quantity=3&limit_minor=25.00", "/trades/"),
    *(f"/trades/{TRADE['id']}", "/holdings/", "/deposits/", "/withdrawals/", "/withdrawals/new", "/transfers/"),
    *(f"/withdrawals/{WITHDRAWALS[1]['id']}", "/transfers/new", "/accounts/", f"/accounts/{ALICES}", "/ledger/"),
    *("/submissions/", f"/submissions/ALICE:{uid(105)}", "/settings/"),
    *(f"/orders/{order['id']}" for order in ORDERS),
    *(
        "/inbox/",
        "/entries/",
        "/entries/?status=declined",
        "/mandates/",
        "/mandates/new",
        "/claims/",
        "/claims/?shown=all",
    ),
    *(f"/entries/{row['id']}" for row in listed.ENTRIES if row["owner"] == "ALICE"),
    *(f"/claims/{row['id']}" for row in listed.CLAIMS),
    *("/portfolio/", "/statements/2026-11", f"/statements/2026-10?account={ALICES}", "/certificates/"),
    *("/notifications/", "/notifications/?shown=unread", f"/verify/{HASH}", "/verify/"),
    *("/letters/", "/letters/?instrument=ACME", *(f"/letters/{row['id']}" for row in LETTERS)),
    *("/negotiations/", "/negotiations/?shown=over", "/negotiations/new", "/instructions/"),
    *("/instructions/?shown=alleged", f"/instructions/{agreed.HASH}"),
    *(f"/negotiations/{row['id']}" for row in agreed.NEGOTIATIONS),
    f"/negotiations/{agreed.NEGOTIATIONS[0]['id']}?party=FONDO1",
    *("/offerings/", "/offerings/?shown=going", "/offerings/?shown=over", "/subscriptions/"),
    *(f"/offerings/{row['id']}" for row in offered.OFFERINGS),
]
OMNIBUS = f"/disclosures/of/{ACCOUNTS[5]['id']}"
BROKER = [
    *("/", "/entries/", f"/entries/{listed.ENTRIES[0]['id']}", "/entries/new", f"/entries/blocks/{listed.uid(700)}"),
    *("/orders/", "/orders/?status=open&side=buy&client_id=A-1&placed_from=2026-11-01", f"/orders/{ORDERS[7]['id']}"),
    *("/confirmations/", "/confirmations/?shown=sent", "/mandates/", "/fix/", "/fix/messages/901"),
    *(f"/confirmations/{row['id']}" for row in listed.CONFIRMATIONS),
    *(f"/fix/{row['comp_id']}" for row in listed.SESSIONS),
    *(
        "/fix/CASA1?direction=in&type=D&text=ACME",
        "/webhooks/",
        "/webhooks/new",
        "/webhooks/1",
        "/webhooks/2?shown=failed",
    ),
]
LISTED = [
    *(
        "/executions/",
        "/executions/?shown=all",
        "/claims/",
        f"/claims/{listed.CLAIMS[0]['id']}",
        "/fix/",
        "/fix/CASA1-DC",
    ),
    *(f"/executions/{row['number']}" for row in listed.EXECUTIONS),
]
ISSUER = [
    *("/", "/instruments/", "/instruments/ACME", "/instruments/ACME/register", "/instruments/ZINC/register"),
    *("/instruments/ACME/register?by=custodian", "/instruments/ACME/register?as_of=2026-01-15&kind=direct"),
    *("/letters/", "/letters/new", "/letters/new?instrument=ACME", f"/letters/{LETTERS[0]['id']}"),
    *("/setup/", "/setup/?instrument=ZINC", "/documents/", "/documents/?instrument=ACME", "/instruments/ZINC"),
    *("/instruments/ACME/terms/new", "/instruments/ZINC/terms/new", "/instruments/ACME/authorisations/new"),
    *("/instruments/ACME/issuances/new", "/acts/", "/orders/new"),
    *(
        "/offerings/",
        "/offerings/new",
        f"/offerings/{offered.OFFERINGS[1]['id']}",
        f"/offerings/{offered.OFFERINGS[3]['id']}",
    ),
    *(f"/allotments/{offered.OFFERINGS[n]['id']}" for n in (0, 2, 3, 4)),
]
OFFICE = [
    *("/", "/instruments/", "/instruments/MXN.BANCO1", "/instruments/new", "/acts/", "/acts/?shown=all", "/parties/"),
    *("/attestations/", "/parties/new", "/parties/ALICE", "/accounts/", f"/accounts/{ALICES}"),
    *(f"/acts/{act['id']}" for act in ACTS),
]
DESKS = {
    "alice": TRADER,
    "acme": ISSUER,
    "gestora": ["/", "/inbox/", f"/entries/{listed.ENTRIES[2]['id']}", "/mandates/"],
    "casa": BROKER,
    "mercado": ["/", *LISTED, "/orders/", "/trades/"],
    "custodian": [
        *(
            *OFFICE,
            "/accounts/new",
            "/accounts/new?owner=ALICE",
            "/transfers/",
            "/holdings/",
            "/accounts/?shown=omnibus",
        ),
        *(f"/accounts/{ACCOUNTS[5]['id']}", f"{OMNIBUS}/new", "/disclosures/", "/confirmations/", "/orders/"),
        f"/disclosures/{listed.DISCLOSURES[0]['id']}",
        *("/instructions/", f"/instructions/{agreed.HASH}"),
        *("/offerings/", f"/offerings/{offered.OFFERINGS[3]['id']}", f"/allotments/{offered.OFFERINGS[3]['id']}"),
    ],
    "operator": [
        *(*OFFICE, "/users/", "/users/new", *LISTED, "/fix/new", "/parties/BRUNO", "/parties/?verified=due"),
        *("/applications/", "/applications/?shown=all", "/applications/?shown=expired"),
        *(f"/applications/{row['id']}" for row in people.APPLICATIONS if "change" not in row["may"]),
    ],
    "bank": [
        "/",
        "/drafts/",
        "/drafts/?shown=all",
        *(f"/drafts/{row['id']}" for row in DRAFTS),
        "/deposits/",
        *("/deposits/new", "/attestations/", "/attestations/new"),
        "/withdrawals/",
        f"/withdrawals/{WITHDRAWALS[0]['id']}",
    ],
    "venue": ["/", "/markets/ACME", "/trades/", "/orders/"],
    "newcomer": ["/", "/orders/new", "/applications/mine", f"/applications/{people.DRAFT['id']}"],
    "carla": ["/applications/mine", f"/applications/{people.APPLICATIONS[12]['id']}"],
    "bruno": ["/applications/mine", f"/applications/{people.APPLICATIONS[13]['id']}"],
}
PAGES = [(username, path) for username, paths in DESKS.items() for path in paths]


@pytest.mark.parametrize(("username", "path"), PAGES)
def test_a_page_is_sound(browser: Browser, username: str, path: str) -> None:
    page.check(browser.sign_in(username).see(path))


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize(("username", "path"), PAGES)
def test_a_page_is_sound_in_another_language_with_nothing_left_in_english(
    app: Flask, browser: Browser, untranslated: list[str], username: str, path: str, language: str
) -> None:
    seen = browser.sign_in(username, language).see(path)
    page.check(seen)
    assert seen.root.get("lang") == language
    assert untranslated == []


@pytest.mark.parametrize("username", ["alice", "acme", "custodian", "operator", "bank", "venue"])
@pytest.mark.parametrize("path", ["/", "/markets/", "/markets/ACME", "/orders/", "/holdings/", "/trades/", "/deposits/",
                                  "/withdrawals/", "/transfers/", "/instruments/", "/accounts/", "/portfolio/",
                                  "/statements/2026-11", "/certificates/", "/notifications/", "/documents/",
                                  "/offerings/", "/negotiations/", "/instructions/", "/letters/"])  # fmt: skip
def test_an_empty_page_says_what_will_appear(browser: Browser, fake: Fake, username: str, path: str) -> None:
    fake.empty = True
    seen = browser.sign_in(username).see(path)
    page.check(seen)
    if path not in ("/", "/markets/ACME"):
        assert seen.by_class("vacant"), seen.main()


def test_the_door_is_sound_before_anyone_is_signed_in(browser: Browser) -> None:
    for path in ("/sign-in", "/sign-up", "/verify/", f"/verify/{HASH}"):
        page.check(browser.see(path))


@pytest.mark.parametrize("path", ["/", "/sign-in", "/orders/", "/markets/ACME"])
def test_sandbox_stands_on_every_page_when_the_ledger_is_one(browser: Browser, fake: Fake, path: str) -> None:
    fake.sandbox = True
    if path != "/sign-in":
        browser.sign_in("alice")
    assert "sandbox" in browser.see(path).text()


def test_sandbox_stands_nowhere_on_a_real_ledger(browser: Browser) -> None:
    assert "sandbox" not in browser.sign_in("alice").see("/").text().lower()


def test_a_status_has_its_definition_for_hover_and_focus(browser: Browser) -> None:
    seen = browser.sign_in("alice").see("/orders/?shown=all")
    stated = seen.by_class("stated")
    assert len(stated) >= len(ORDERS)
    for node in stated:
        assert node.get("tabindex") == "0"
        assert any(inner.get("role") == "tooltip" and seen.text(inner) for inner in node.iter())


def test_who_holds_the_key_is_said_where_it_signed(browser: Browser) -> None:
    text = browser.sign_in("alice").see(f"/orders/{ORDERS[1]['id']}").main()
    assert "key held by the platform" in text
    assert HASH in text


def test_final_is_said_only_of_a_block_that_both_organisations_have(browser: Browser) -> None:
    """The fake custodian is one block behind: block 122 is ordered, block 120 is final."""
    browser.sign_in("alice")
    assert browser.see(f"/trades/{TRADE['id']}").by_class("progress-steps")
    steps = browser.see(f"/orders/{ORDERS[2]['id']}")
    words = {(node.text or "").strip() for node in steps.by_class("stated")}
    assert {"Ordered", "Final"} <= words
    assert "Settled" not in words


def test_amounts_are_exact_far_beyond_what_a_float_can_hold(browser: Browser) -> None:
    assert "900,719,925,474,099.31" in browser.sign_in("bank").see("/").main()


MISSED: list[str] = []


class Missing:
    """Stands behind a catalogue and takes down what the catalogue did not have."""

    def gettext(self, text: str) -> str:
        MISSED.append(text)
        return text

    def ngettext(self, one: str, many: str, count: int) -> str:
        MISSED.append(one)
        return one if count == 1 else many

    ugettext, ungettext = gettext, ngettext


@pytest.fixture
def untranslated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sentences a page that is not English asked for and its catalogue did not have."""
    get = flask_babel.Domain.get_translations

    def watched(self: flask_babel.Domain) -> object:
        found = get(self)
        if not str(flask_babel.get_locale()).startswith("en") and not hasattr(found, "watched"):
            found.add_fallback(Missing())
            found.watched = True
        return found

    monkeypatch.setattr(flask_babel.Domain, "get_translations", watched)
    MISSED.clear()
    return MISSED


def test_the_watch_for_missing_sentences_sees_one(app: Flask, untranslated: list[str]) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        flask_babel.gettext("Never translated")
    assert untranslated == ["Never translated"]
