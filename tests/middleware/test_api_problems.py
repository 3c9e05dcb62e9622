"""What is wrong is said the same way everywhere: a problem document that names it, never a stack trace."""

import json
from typing import Any

import pytest
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from middleware import ids
from middleware.config import Config
from middleware.errors import Error
from middleware.wsgi import MOST_BYTES, create_app
from tests.middleware.contract import PROBLEM
from tests.middleware.door import Door

PREVIEW = "/orders/preview"


def problem(response: TestResponse, status: int, code: str, reason: str) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == PROBLEM
    body: dict[str, Any] = json.loads(response.get_data())
    assert (body["status"], body["code"], body["reason"]) == (status, code, reason)
    assert body["type"] == f"urn:lonja:problem:{code}"
    assert body["detail"]
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert "Traceback" not in response.get_data(as_text=True)
    return body


def test_the_document_is_valid_openapi_and_names_every_route(config: Config) -> None:
    app = create_app(config)
    document = app.test_client().get("/v1/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    validate(document)
    routes = {rule.rule for rule in app.url_map.iter_rules() if not rule.rule.endswith("openapi.json")}
    assert len(document["paths"]) == len(routes)
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method != "parameters":
                assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}
                assert operation["summary"]
    assert list(document["components"]["responses"]["DEFAULT_ERROR"]["content"]) == [PROBLEM]


def test_an_unknown_address_is_404(door: Door) -> None:
    problem(door.party("ALICE").get("/nothing"), 404, "not_found", "route")
    problem(door.party("ALICE").get("/orders/ALICE:1"), 404, "not_found", "route")
    problem(door.party("ALICE").get("/parties/a%00b"), 404, "not_found", "route")
    problem(door.party("ALICE").get("/parties/%ff%fe"), 404, "not_found", "route")


def test_a_wrong_method_is_405_and_says_which_are_right(door: Door) -> None:
    answer = door.party("ALICE").send("DELETE", "/orders")
    problem(answer, 405, "invalid", "method")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_no_token_is_401(door: Door) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer lonja_test_{'a' * 43}"}):
        answer = door.nobody.send("GET", "/orders", headers=headers)
        problem(answer, 401, "unauthenticated", "token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_cookie_is_no_token(door: Door) -> None:
    client = door.app.test_client()
    client.set_cookie("Authorization", f"Bearer {door.party('ALICE').token}")
    assert client.get("/v1/orders").status_code == 401


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "property name"),
        (b'{"a":1', "delimiter"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'\xef\xbb\xbf{"quantity":"1"}', "BOM"),
        (b'{"quantity":"1","quantity":"2"}', "'quantity' stands in it twice"),
        (b'{"quantity":NaN}', "NaN"),
        (b'{"quantity":Infinity}', "Infinity"),
        (b'{"quantity":"\\ud800"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"quantity":' + b"9" * 5_000 + b"}", "digits"),
        (b"{} {}", "Extra data"),
    ],
)
def test_what_is_not_json_is_400_and_says_why(door: Door, body: bytes, says: str) -> None:
    answer = door.party("ALICE").send("POST", PREVIEW, data=body, content_type="application/json")
    found = problem(answer, 400, "invalid", "malformed")
    assert says in found["detail"]


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_json_that_is_no_object_is_refused(door: Door, body: bytes) -> None:
    answer = door.party("ALICE").send("POST", PREVIEW, data=body, content_type="application/json")
    problem(answer, 422, "invalid", "fields")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_media_type_is_415(door: Door, media: str) -> None:
    problem(door.party("ALICE").send("POST", PREVIEW, data=b"{}", content_type=media), 415, "invalid", "content_type")


def test_a_large_body_is_413_before_it_is_read(door: Door) -> None:
    for size in (MOST_BYTES + 1, 10_000_000):
        body = b'{"quantity":"' + b"1" * size + b'"}'
        answer = door.party("ALICE").send("POST", PREVIEW, data=body, content_type="application/json")
        problem(answer, 413, "invalid", "size")


def test_a_failure_of_ours_is_500_without_a_word_about_it(config: Config) -> None:
    app = create_app(config)
    app.logger.disabled = True

    def broken() -> None:
        raise RuntimeError("secret detail")

    app.view_functions["health.livez"] = broken
    answer = app.test_client().get("/livez")
    found = problem(answer, 500, "internal", "defect")
    assert "secret" not in json.dumps(found)

    def refused() -> None:
        raise Error("internal", "secret detail")

    app.view_functions["health.livez"] = refused
    assert "secret" not in json.dumps(problem(app.test_client().get("/livez"), 500, "internal", "defect"))


def test_a_database_that_does_not_answer_is_503_with_a_time_to_come_back(config: Config) -> None:
    broken = create_app(config)  # it has no tables
    answer = broken.test_client().get("/v1/orders", headers={"Authorization": f"Bearer lonja_test_{'a' * 43}"})
    found = problem(answer, 503, "unavailable", "database")
    assert answer.headers["Retry-After"] == str(found["retry_after"])
    ready = broken.test_client().get("/readyz")
    assert ready.status_code == 503


def test_answers_carry_the_headers_that_keep_browsers_out(door: Door) -> None:
    for answer in (
        door.party("ALICE").get("/orders"),
        door.nobody.get("/orders"),
        door.app.test_client().get("/livez"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_request_id_is_taken_over_when_it_is_harmless(door: Door) -> None:
    id = ids.new()
    assert door.party("ALICE").send("GET", "/orders", headers={"X-Request-Id": id}).headers["X-Request-Id"] == id
    for harmful in ("a b", "<script>", "x" * 65, "é"):
        answer = door.party("ALICE").send("GET", "/orders", headers={"X-Request-Id": harmful})
        assert answer.headers["X-Request-Id"] != harmful


def test_every_wrong_field_is_named_at_once(door: Door) -> None:
    answer = door.party("ALICE").post(PREVIEW, {"quantity": "-4", "side": "hold", "colour": "red"})
    found = problem(answer, 422, "invalid", "fields")
    assert {error["pointer"] for error in found["errors"]} == {
        *("/account", "/cash_account", "/instrument", "/limit_minor"),
        *("/quantity", "/side", "/colour"),
    }
    assert '"-4" is not a whole number' in next(e["message"] for e in found["errors"] if e["pointer"] == "/quantity")
