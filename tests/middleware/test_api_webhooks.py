"""Webhooks over REST: entered, shown, changed and removed; wherever they could lead inside, refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from middleware.models.webhook import Delivery
from tests.middleware.door import Client, Door, Owner

WANTED = {"url": "https://93.184.216.34/lonja", "events": ["order.affirmed", "order.trade"]}


@pytest.fixture(scope="module")
def owner(door: Door) -> Owner:
    return door.owner()


@pytest.fixture(scope="module")
def hook(owner: Owner) -> dict[str, Any]:
    made = owner.client.post("/webhooks", WANTED)
    assert made.status_code == 201
    assert made.json is not None
    return made.json


def test_a_webhook_is_entered_and_its_secret_shown_once(hook: dict[str, Any], owner: Owner) -> None:
    shown = hook["webhook"]
    assert {name: shown[name] for name in WANTED} == WANTED
    assert (shown["party"], shown["status"], shown["old_secret_ends_at"]) == (owner.party, "active", None)
    assert hook["secret"].startswith("whsec_")
    assert owner.client.items("/webhooks") == [shown]
    assert owner.client.get(f"/webhooks/{shown['number']}").json == shown
    assert "whsec" not in str(owner.client.items("/webhooks"))


def test_the_same_address_twice_is_a_duplicate(hook: dict[str, Any], owner: Owner) -> None:
    again = owner.client.post("/webhooks", WANTED)
    assert again.status_code == 409
    assert again.json is not None
    assert (again.json["code"], again.json["errors"][0]["pointer"]) == ("duplicate", "/url")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/",
        "http://93.184.216.34/",
        "https://no-such-name.invalid/",
        "ftp://93.184.216.34/",
        "https://me:secret@93.184.216.34/",
        "https://93.184.216.34/#x",
        "",
        "https://93.184.216.34/" + "x" * 500,
    ],
)
def test_an_address_that_leads_inside_or_nowhere_is_refused(owner: Owner, url: str) -> None:
    _refused(owner.client, {**WANTED, "url": url}, "/url")


@pytest.mark.parametrize("events", [[], ["order.nothing"], ["*", "*"], "*", [None], ["ORDER.TRADE"]])
def test_events_that_there_are_not_are_refused(owner: Owner, events: Any) -> None:
    _refused(owner.client, {**WANTED, "events": events}, "/events")


def test_deliveries_are_listed_filtered_and_sent_again(door: Door, hook: dict[str, Any], owner: Owner) -> None:
    path = f"/webhooks/{hook['webhook']['number']}/deliveries"
    with door.app.extensions["lonja"].writing() as session:
        _deliver(session, hook["webhook"]["number"])
    (one,) = owner.client.items(path)
    assert (one["sequence"], one["message"], one["status"], one["http_status"]) == ("1", "R1.0", "failed", 500)
    assert owner.client.items(path, status="delivered") == []
    again = owner.client.send("POST", f"{path}/1/resend").json
    assert again == {**one, "status": "waiting", "attempts": 0, "next_at": again["next_at"]}
    assert owner.client.items(path, status="waiting") == [again]
    missing = owner.client.send("POST", f"{path}/2/resend")
    assert (missing.status_code, missing.json and missing.json["reason"]) == (404, "delivery")
    wrong = owner.client.get(path, status="nothing!")
    assert (wrong.status_code, wrong.json and wrong.json["errors"][0]["pointer"]) == (422, "?status")


def test_a_secret_is_rotated_and_the_old_one_has_a_day(hook: dict[str, Any], owner: Owner) -> None:
    rotated = owner.client.send("POST", f"/webhooks/{hook['webhook']['number']}/secret")
    assert rotated.status_code == 201
    assert rotated.json is not None
    assert rotated.json["secret"] != hook["secret"]
    assert rotated.json["webhook"]["old_secret_ends_at"] > "2026"


def test_a_webhook_that_is_active_stays_so_when_enabled(hook: dict[str, Any], owner: Owner) -> None:
    answer = owner.client.send("POST", f"/webhooks/{hook['webhook']['number']}/enabling")
    assert (answer.status_code, answer.json and answer.json["status"]) == (200, "active")


def test_a_webhook_is_removed(owner: Owner) -> None:
    made = owner.client.post("/webhooks", {**WANTED, "url": "https://93.184.216.34/gone"}).json
    assert made is not None
    path = f"/webhooks/{made['webhook']['number']}"
    assert owner.client.send("DELETE", path).status_code == 204
    assert owner.client.get(path).status_code == 404
    assert owner.client.send("DELETE", path).status_code == 404


@pytest.mark.parametrize("number", ["0", "x", "-1", "1.5", "9999999999", "999999999"])
def test_an_address_of_no_webhook_is_not_found(owner: Owner, number: str) -> None:
    for method, rule in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/secret")):
        assert owner.client.send(method, f"/webhooks/{number}{rule}").status_code == 404


def _refused(client: Client, body: dict[str, Any], pointer: str) -> None:
    answer = client.post("/webhooks", body)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"].startswith(pointer)


def _deliver(session: Session, webhook: int) -> None:
    at = datetime(2026, 11, 25, 18, 0, 0, tzinfo=UTC)
    row = Delivery(webhook=webhook, sequence=1, message="R1.0", event="order.trade", body="{}", status="failed")
    row.attempts, row.http_status, row.error, row.created_at, row.next_at = 11, 500, "HTTP 500", at, at
    session.add(row)
    session.commit()
