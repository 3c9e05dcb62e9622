"""When something is wrong: a polite page with the request's number, never a traceback."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web import page
from tests.web.conftest import Browser
from tests.web.fake_api import PASSWORD, Fake
from tests.web.transport import Inside
from web import refusals
from web.client import Client, Problem


def test_a_page_that_is_not_there_and_one_that_is_not_yours_look_the_same(browser: Browser) -> None:
    browser.sign_in("alice")
    pages = [browser.get(path) for path in ("/nowhere", "/orders/BRUNO:0192f0c1-0000-7000-8000-000000000999")]
    assert [answer.status_code for answer in pages] == [404, 404]
    texts = {page.read(answer.text).main().split("Request")[0] for answer in pages}
    assert len(texts) == 1
    page.check(page.read(pages[0].text))


@pytest.mark.parametrize("path", ["/", "/orders/", "/markets/ACME", "/orders/new"])
def test_while_the_api_is_away_pages_say_so(browser: Browser, fake: Fake, inside: Inside, path: str) -> None:
    browser.sign_in("alice")
    fake.down = True
    answer = browser.get(path)
    assert answer.status_code == 503
    page.check(page.read(answer.text))
    assert "req-from-api" in answer.text
    inside.unreachable = True
    assert browser.get(path).status_code == 503


def test_the_door_opens_while_the_api_is_away(browser: Browser, inside: Inside) -> None:
    inside.unreachable = True
    seen = browser.see("/sign-in")
    page.check(seen)
    assert browser.send(seen, "/sign-in", username="alice", password=PASSWORD).status_code == 503


def test_a_fault_of_ours_is_a_page_with_a_number(app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "sessions.sign_in", lambda: 1 // 0)
    answer = browser.get("/sign-in")
    assert answer.status_code == 500
    page.check(page.read(answer.text))
    assert answer.headers["X-Request-Id"] in answer.text
    assert "ZeroDivision" not in answer.text


def test_a_body_that_is_too_large_is_a_page(browser: Browser) -> None:
    browser.sign_in("acme")
    answer = browser.client.post(
        "/instruments/ACME/issuances", data={"quantity": "9" * 300_000}, content_type="multipart/form-data"
    )
    assert answer.status_code == 413
    page.check(page.read(answer.text))


def test_the_wrong_method_is_a_page(browser: Browser) -> None:
    browser.sign_in("alice")
    answer = browser.get("/sign-out")
    assert answer.status_code == 405
    page.check(page.read(answer.text))


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"<html>Bad gateway</html>", "text/html", "internal"),
        (b'["a"]', "application/json", "internal"),
        (b"", "", "internal"),
        (b'{"code": "invalid", "detail": "No."}', "application/problem+json", "invalid"),
    ],
)
def test_any_answer_can_be_read_as_a_problem(body: bytes, content_type: str, code: str) -> None:
    import requests

    odd = Flask("odd")
    odd.add_url_rule("/v1/x", view_func=lambda: (body, 418, {"Content-Type": content_type or "text/plain"}))
    http = requests.Session()
    http.mount("http://", Inside(odd))
    with pytest.raises(Problem) as caught:
        Client(http, "http://api.invalid").get("/x")
    assert caught.value.status == 418
    assert caught.value.code == code
    assert caught.value.message


KEPT, NOTHING = {"es": "queda guardado", "fr": "est conservé"}, {"es": "nada cambió", "fr": "rien n’a changé"}


@pytest.mark.parametrize("language", KEPT)
def test_whose_command_found_no_room_is_not_told_that_it_is_kept(app: Flask, language: str) -> None:
    def said(reason: str) -> str:
        return refusals.sentence(Problem(503, "unavailable", "The API's own words.", reason)).text

    with app.test_request_context(headers={"Accept-Language": language}):
        assert KEPT[language] in said("ledger")
        for reason in ("database", "disk"):
            assert NOTHING[language] in said(reason)
