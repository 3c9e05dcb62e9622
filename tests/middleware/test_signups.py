"""Sign-ups: a login for an applicant, bounded, and of no use for anything else."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from middleware import clock, ids
from middleware.models.user import User
from middleware.services import signups
from tests.middleware.door import CURRENCY, Door


@pytest.fixture
def few(door: Door) -> Iterator[int]:
    """No more than are there already, and one."""
    installation = door.app.extensions["lonja"]
    before = installation.config
    with installation.reading() as session:
        lately = User.created_at > clock.now() - timedelta(hours=1)
        made = session.query(User).where(User.party.startswith(signups.PREFIX), lately).count()
    changed = dataclasses.replace(before, signups_per_hour=made + 1)
    for maker in (installation.database._writing, installation.database._reading):
        maker.kw["info"]["config"] = changed
    yield 1
    for maker in (installation.database._writing, installation.database._reading):
        maker.kw["info"]["config"] = before


def sign_up(door: Door, **more: str) -> dict[str, str]:
    body = {"username": f"u{ids.new()[-10:]}", "password": "a-first-password", "language": "en", **more}
    answer = door.nobody.post("/signups", body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.json is not None
    return answer.json


def test_somebody_signs_up_and_can_apply_and_nothing_else(door: Door) -> None:
    user = sign_up(door)
    assert (user["status"], user["roles"], user["party"][:2]) == ("unknown", [], "P-")
    assert user["username"].upper() not in user["party"]
    client = door.user(user["username"], "a-first-password")
    begun = client.post("/applications", {"kind": "natural_person", "roles": ["investor"]})
    assert begun.status_code == 201
    order = {"account": f"A1:{ids.new()}", "instrument": CURRENCY, "side": "buy", "quantity": "1", "limit_minor": "1"}
    assert client.post("/orders", order, key=ids.new()).status_code == 403
    for path in ("/users", "/orders/preview"):
        assert client.post(path, {}).status_code in (403, 422)
    assert client.items("/holdings") == []


def test_a_name_that_is_taken_or_none_is_refused(door: Door) -> None:
    for body, status in (
        ({"username": "alice", "password": "a-first-password"}, 409),
        ({"username": "A", "password": "a-first-password"}, 422),
        ({"username": "newcomer-1", "password": "short"}, 422),
        ({"username": "newcomer-1", "password": "a-first-password", "party": "ALICE"}, 422),
        ({}, 422),
    ):
        assert door.nobody.post("/signups", body).status_code == status, body


def test_so_many_in_an_hour_and_no_more(door: Door, few: int) -> None:
    assert few == 1
    sign_up(door)
    body = {"username": f"u{ids.new()[-10:]}", "password": "a-first-password"}
    answer = door.nobody.post("/signups", body)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"


def test_a_login_that_nobody_applied_with_is_forgotten(door: Door) -> None:
    unused, used = sign_up(door), sign_up(door)
    door.user(used["username"], "a-first-password").post("/applications", {"kind": "enterprise", "roles": ["issuer"]})
    with door.app.extensions["lonja"].writing() as session:
        old = clock.now() - signups.UNUSED_FOR - timedelta(seconds=1)
        session.execute(update(User).where(User.party.in_([unused["party"], used["party"]])).values(created_at=old))
        assert signups.tidy(session) == 1
        session.commit()
    names = {row["username"] for row in door.party("OPERATOR").items("/users")}
    assert used["username"] in names
    assert unused["username"] not in names
