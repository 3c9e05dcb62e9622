"""Every route stands in the policy table, and every line of the table is a route."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from middleware import policy
from middleware.config import load
from middleware.wsgi import create_app


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(load({"LONJA_STATE": str(tmp_path), "LONJA_LEDGER_DRIVER": "sandbox"}))
    yield app
    app.extensions["lonja"].close()


def test_every_route_is_in_the_policy_table(app: Flask) -> None:
    assert app.view_functions.keys() - policy.ACTIONS.keys() - policy.PUBLIC == set()


def test_every_action_is_a_route(app: Flask) -> None:
    assert (policy.ACTIONS.keys() | policy.PUBLIC) - app.view_functions.keys() == set()
    assert policy.ACTIONS.keys() & policy.PUBLIC == set()


def test_every_role_that_an_action_names_exists() -> None:
    named = set().union(*policy.ACTIONS.values())
    assert named <= set(policy.ROLES)


def test_routes_that_change_something_are_open_to_somebody_only(app: Flask) -> None:
    """Whoever is signed in may look; to act, a role is needed, but for one's own login and application."""
    own = {"tokens.end", "users.change_me", "users.change_password", "notifications.read"} | {"letters.receive"}
    own |= {f"applications.{one}" for one in ("create", "change", "discard", "submit", "attach", "detach", "erase")}
    writing = {
        r.endpoint for r in app.url_map.iter_rules() if (r.methods or set()) & {"POST", "PATCH", "PUT", "DELETE"}
    }
    open_to_all = {name for name in writing & policy.ACTIONS.keys() if policy.ACTIONS[name] == policy.SIGNED_IN}
    assert open_to_all == own
    assert writing & policy.PUBLIC == {"tokens.create", "signups.create"}
