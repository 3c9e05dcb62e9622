"""Signing in, staying in, and what a browser is told to refuse."""

from __future__ import annotations

import json
import time

import pytest
from cryptography.fernet import Fernet
from flask import Flask

from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import PASSWORD, Fake
from tests.web.transport import Inside
from web import create_app
from web.config import Config
from web.security import POLICY

COOKIE = "lonja-8080"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(browser: Browser) -> None:
    asked = browser.get("/markets/ACME?x=1")
    assert asked.status_code == 303
    seen = browser.see(asked.headers["Location"])
    answer = browser.send(seen, "/sign-in", username="alice", password=PASSWORD)
    assert answer.headers["Location"] == "/markets/ACME?x=1"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "evil"]
)
def test_signing_in_never_leads_elsewhere(browser: Browser, elsewhere: str) -> None:
    seen = browser.see("/sign-in")
    answer = browser.send(seen, "/sign-in", username="alice", password=PASSWORD, next=elsewhere)
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_keeps_the_name_and_never_the_password(browser: Browser) -> None:
    answer = browser.send(browser.see("/sign-in"), "/sign-in", username="alice", password="guess-number-one")
    assert answer.status_code == 422
    seen = page.read(answer.text)
    page.check(seen)
    assert seen.form("/sign-in")["username"] == "alice"
    assert "guess-number-one" not in answer.text
    assert "User name or password is wrong." in seen.main()


def test_the_cookie_hides_the_token_and_is_strict(browser: Browser) -> None:
    answer = browser.send(browser.see("/sign-in"), "/sign-in", username="alice", password=PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in cookie
    assert "tok-alice" not in cookie
    kept = browser.client.get_cookie(COOKIE)
    assert kept is not None
    with pytest.raises(ValueError, match="."):
        json.loads(kept.value)


def test_over_tls_the_cookie_is_secure_and_bound_to_the_host() -> None:
    settings = Config(api_url="http://api.invalid", url="https://lonja.example", secret=Fernet.generate_key())
    app = create_app(settings, strict=True)
    app.extensions["lonja-api"].mount("http://", Inside(Fake().app))
    answer = app.test_client().get("/sign-in", base_url="https://lonja.example")
    assert answer.headers["Set-Cookie"].startswith("__Host-lonja=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Domain" not in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize("value", ["", "x", "gAAAAAB" + "A" * 90, "e30.aaaa.bbbb"])
def test_a_cookie_that_is_not_ours_is_nobody(browser: Browser, value: str) -> None:
    browser.client.set_cookie(COOKIE, value)
    assert browser.get("/").headers["Location"] == "/sign-in"


def test_a_cookie_of_another_console_is_nobody(browser: Browser) -> None:
    sealed = Fernet(Fernet.generate_key()).encrypt(b'{"token": "tok-alice", "user": {}}').decode()
    browser.client.set_cookie(COOKIE, sealed)
    assert browser.get("/").status_code == 303


def test_signing_out_ends_the_token_and_the_session(browser: Browser, fake: Fake) -> None:
    browser.sign_in("alice")
    answer = browser.send(browser.see("/"), "/sign-out")
    assert answer.headers["Location"] == "/sign-in"
    assert fake.sent[-1]["path"] == "tokens/current"
    assert browser.get("/").status_code == 303


def test_a_token_that_the_api_no_longer_takes_leads_to_the_sign_in_page(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in("alice")
    with browser.client.session_transaction() as kept:
        kept["token"] = "ended"
    assert browser.get("/orders/").headers["Location"] == "/sign-in?next=/orders/"
    assert browser.get("/orders/").headers["Location"].startswith("/sign-in")


def test_a_fragment_of_an_ended_session_sends_the_whole_page_to_sign_in(browser: Browser) -> None:
    answer = browser.get("/orders/", **{"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/orders/"


@pytest.mark.parametrize(
    ("username", "minutes", "stays"),
    [("operator", 14, True), ("operator", 16, False), ("alice", 59, True), ("alice", 61, False)],
)
def test_a_session_nobody_uses_ends(browser: Browser, username: str, minutes: int, stays: bool) -> None:
    browser.sign_in(username)
    with browser.client.session_transaction() as kept:
        kept["seen"] = int(time.time()) - minutes * 60
    assert (browser.get("/").status_code == 200) is stays


def test_a_page_that_refreshes_itself_does_not_count_as_use(browser: Browser) -> None:
    browser.sign_in("alice")
    with browser.client.session_transaction() as kept:
        kept["seen"] = long_ago = int(time.time()) - 600
    browser.get("/", **{"HX-Request": "true"})
    with browser.client.session_transaction() as kept:
        assert kept["seen"] == long_ago
    browser.get("/")
    with browser.client.session_transaction() as kept:
        assert kept["seen"] > long_ago


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nowhere", "/static/console.css"])
def test_every_answer_carries_the_policy(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    if not path.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/orders/", "/language", "/settings/password", "/settings/theme"]
)
def test_a_form_without_its_token_does_nothing(browser: Browser, fake: Fake, path: str) -> None:
    browser.sign_in("alice")
    before = len(fake.sent)
    answer = browser.client.post(path, data={"username": "alice", "password": PASSWORD})
    assert answer.status_code == 400
    page.check(page.read(answer.text))
    assert len(fake.sent) == before


def test_a_foreign_host_name_is_refused(browser: Browser) -> None:
    assert browser.client.get("/sign-in", headers={"Host": "evil.test"}).status_code == 400


def test_the_language_is_the_browsers_until_chosen(browser: Browser, fake: Fake) -> None:
    assert "Entrar" in browser.get("/sign-in", **{"Accept-Language": "es-MX,es;q=0.9"}).text
    assert "Sign in" in browser.get("/sign-in", **{"Accept-Language": "de"}).text
    browser.send(browser.see("/sign-in"), "/language", language="es")
    assert "Entrar" in browser.get("/sign-in", **{"Accept-Language": "en"}).text
    browser.sign_in("alice")
    browser.send(browser.see("/"), "/language", language="en")
    assert fake.sent[-1] | {"key": "", "prefer": ""} == {
        "method": "PATCH", "path": "users/me", "body": {"language": "en"}, "key": "", "prefer": ""
    }  # fmt: skip


def test_the_theme_is_kept(browser: Browser) -> None:
    browser.sign_in("alice")
    assert browser.see("/").root.get("data-bs-theme") is None
    browser.send(browser.see("/settings/"), "/settings/theme", theme="dark")
    assert browser.see("/").root.get("data-bs-theme") == "dark"


def test_the_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from web import config

    monkeypatch.setenv("LONJA_STATE", str(tmp_path))
    monkeypatch.setenv("LONJA_PORT_SHIFT", "35000")
    first = config.load()
    assert first == config.load()
    assert first.api_url == "http://127.0.0.1:43000"
    assert first.cookie == "lonja-43080"
    made = list(__import__("pathlib").Path(str(tmp_path)).iterdir())
    assert [(file.name, file.stat().st_mode & 0o777) for file in made] == [("console-key", 0o600)]


def test_signed_in_pages_are_closed_to_others(app: Flask, browser: Browser) -> None:
    """Every page but the door asks who is there."""
    open_to_all = {"sessions.sign_in", "static", "certificates.ask", "certificates.verify", "signups.new"}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in open_to_all:
            path = rule.build(dict.fromkeys(rule.arguments, "1"))
            assert path is not None
            assert browser.get(path[1]).status_code == 303, rule.endpoint
