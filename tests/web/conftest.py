"""The console over the fake API, in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web import page
from tests.web.fake_api import PASSWORD, Fake
from tests.web.transport import Inside
from web import create_app
from web.config import Config


@dataclass
class Browser:
    """A person's browser without script: follows links, fills in forms as they stand on the page."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        answer = self.client.get(path, headers=headers)
        answer.close()
        return answer

    def see(self, path: str) -> page.Page:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:400])
        return page.read(answer.text)

    def send(self, seen: page.Page, action: str, **typed: str) -> TestResponse:
        """Send the form of `seen` that goes to `action`, with `typed` in its fields."""
        fields = seen.form(action) | typed
        return self.client.post(action, data=fields)

    def sign_in(self, username: str, language: str = "") -> Browser:
        seen = self.see("/sign-in")
        answer = self.send(seen, "/sign-in", username=username, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        if language:
            self.send(self.see("/settings/"), "/language", language=language)
        return self


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def inside(fake: Fake) -> Inside:
    return Inside(fake.app)


@pytest.fixture(scope="session")
def console() -> Flask:
    """Built once: its templates are compiled on the way."""
    settings = Config(api_url="http://api.invalid", url="http://127.0.0.1:8080", secret=Fernet.generate_key())
    app = create_app(settings, strict=True)
    app.testing = True
    return app


@pytest.fixture
def app(console: Flask, inside: Inside) -> Flask:
    console.extensions["lonja-api"].mount("http://", inside)
    console.extensions["lonja-sandbox"].clear()
    return console


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def signed_in(browser: Browser) -> Callable[..., Browser]:
    return browser.sign_in
