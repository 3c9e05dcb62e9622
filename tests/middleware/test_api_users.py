"""Signing in, guessing, signing out, changing a password."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from middleware import clock
from middleware.config import Config
from middleware.errors import Error
from middleware.installation import Installation
from middleware.migrations import run
from middleware.models.base import Registry
from middleware.services import users
from middleware.wsgi import create_app

PASSWORD = "a password of alice"


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    run.upgrade(config)
    made = create_app(config)
    with _installation(made).writing() as session:
        users.add(session, username="alice", party="ALICE", password=PASSWORD)
    yield made
    _installation(made).close()


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


def _installation(app: Flask) -> Installation:
    found: Installation = app.extensions["lonja"]
    return found


def _sign_in(http: FlaskClient, password: str = PASSWORD, username: str = "alice") -> Any:
    return http.post("/v1/tokens", json={"username": username, "password": password})


def _token(http: FlaskClient, password: str = PASSWORD) -> dict[str, str]:
    answer = _sign_in(http, password)
    assert answer.status_code == 201
    return {"Authorization": f"Bearer {answer.json['token']}"}


def test_a_token_is_shown_once_and_kept_as_a_hash(app: Flask, http: FlaskClient) -> None:
    answer = _sign_in(http).json
    assert answer["token"].startswith("lonja_test_")
    assert answer["user"]["party"] == "ALICE"
    assert answer["user"]["status"] == "unknown"  # the ledger does not know this party
    with _installation(app).reading() as session:
        tables = [session.execute(select(table)).all() for table in Registry.metadata.sorted_tables]
    content = repr(tables)
    assert answer["token"] not in content
    assert PASSWORD not in content
    assert "$argon2id$" in content


def test_wrong_names_and_wrong_passwords_are_told_alike(http: FlaskClient) -> None:
    one, two = _sign_in(http, "wrong"), _sign_in(http, PASSWORD, "nobody")
    assert one.status_code == two.status_code == 401
    assert one.json["detail"] == two.json["detail"]
    assert one.json["reason"] == "credentials"


def test_guessing_is_slowed_down_and_right_passwords_do_not_count(http: FlaskClient) -> None:
    for _ in range(12):
        assert _sign_in(http).status_code == 201
    for _ in range(10):
        assert _sign_in(http, "wrong").status_code == 401
    answer = _sign_in(http)
    assert (answer.status_code, answer.json["code"], answer.json["reason"]) == (429, "unavailable", "rate")
    assert answer.headers["Retry-After"] == "60"
    assert _sign_in(http, "wrong", "somebody-else").status_code == 401


def test_a_token_ends_by_signing_out(http: FlaskClient) -> None:
    headers = _token(http)
    assert http.get("/v1/users/me", headers=headers).status_code == 200
    assert http.delete("/v1/tokens/current", headers=headers).status_code == 204
    assert http.get("/v1/users/me", headers=headers).status_code == 401
    assert http.delete("/v1/tokens/current", headers=headers).status_code == 401


def test_a_token_expires(http: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = _token(http)
    later = clock.now() + timedelta(hours=12, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert http.get("/v1/users/me", headers=headers).status_code == 401


def test_a_token_that_was_seen_a_moment_ago_expires_too(http: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = _token(http)
    assert http.get("/v1/users/me", headers=headers).status_code == 200
    later, seconds = clock.now() + timedelta(hours=13), clock.monotonic() + 6
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(clock, "monotonic", lambda: seconds)
    assert http.get("/v1/users/me", headers=headers).status_code == 401


def test_a_new_password_ends_the_other_tokens(http: FlaskClient) -> None:
    mine, other = _token(http), _token(http)
    body = {"current_password": PASSWORD, "new_password": "another password"}
    assert http.post("/v1/users/me/password", json=body, headers=mine).status_code == 204
    assert http.get("/v1/users/me", headers=mine).status_code == 200
    assert http.get("/v1/users/me", headers=other).status_code == 401
    assert _sign_in(http).status_code == 401
    assert _sign_in(http, "another password").status_code == 201


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [("wrong", "another password", "/current_password"), (PASSWORD, "short", "/new_password")],
)
def test_a_password_is_changed_by_whoever_knows_it_into_a_long_one(
    http: FlaskClient, current: str, new: str, pointer: str
) -> None:
    body = {"current_password": current, "new_password": new}
    answer = http.post("/v1/users/me/password", json=body, headers=_token(http))
    assert answer.status_code == 422
    assert answer.json is not None
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert current not in answer.get_data(as_text=True) or current == "wrong"
    assert new not in answer.get_data(as_text=True)


def test_a_party_that_is_not_admitted_yet_has_no_rights(http: FlaskClient) -> None:
    headers = _token(http)
    assert http.get("/v1/orders", headers=headers).json == {"items": [], "has_more": False, "next": None}
    assert http.post("/v1/orders/preview", json={}, headers=headers).status_code == 403


def test_adding_the_same_user_again_changes_nothing(app: Flask, http: FlaskClient) -> None:
    with _installation(app).writing() as session:
        again = users.add(session, username="alice", party="ALICE", password="yet another password")
        assert again.party == "ALICE"
    assert _sign_in(http).status_code == 201
    with _installation(app).writing() as session, pytest.raises(Error) as refused:
        users.add(session, username="alice", party="BRUNO", password=PASSWORD)
    assert refused.value.code == "duplicate"


def test_the_operators_terminal_sets_a_lost_password(app: Flask, http: FlaskClient) -> None:
    headers = _token(http)
    with _installation(app).writing() as session:
        users.set_password(session, "alice", "a new password")
        assert [user.username for user in users.list_all(session)] == ["alice"]
    _installation(app).known.forget()
    assert http.get("/v1/users/me", headers=headers).status_code == 401
    assert _sign_in(http, "a new password").status_code == 201
