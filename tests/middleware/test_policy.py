"""One table says who may do what, and every route stands in it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from middleware import policy
from middleware.api.acts import ARGS
from middleware.auth import Principal
from middleware.config import Config
from middleware.errors import Error
from middleware.models.order import Order
from middleware.services import acts
from middleware.wsgi import create_app


def principal(party: str, *roles: str) -> Principal:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Principal(1, party.lower(), party, "en", now, "", frozenset(roles), "active")


def test_every_route_is_in_the_table_or_public(config: Config) -> None:
    routes = {rule.endpoint for rule in create_app(config).url_map.iter_rules()}
    assert routes == policy.ACTIONS.keys() | policy.PUBLIC


def test_the_table_names_known_roles_only() -> None:
    assert set().union(*policy.ACTIONS.values()) <= set(policy.ROLES)


def test_the_args_of_every_act_of_two_signatures_are_checked(config: Config) -> None:
    create_app(config)
    assert ARGS.keys() == set(acts.FUNCTIONS)


def test_what_is_missing_from_the_table_is_open_to_nobody() -> None:
    with pytest.raises(Error) as refused:
        policy.allow(principal("OPERATOR", *policy.ROLES), "orders.give_away")
    assert (refused.value.code, refused.value.reason) == ("forbidden", "role")


@pytest.mark.parametrize(
    ("action", "roles"),
    [("orders.place", "investor"), ("cash.confirm_deposit", "bank"), ("acts.approve", "custodian"), ("users.me", "")],
)
def test_a_role_of_the_table_is_let_in(action: str, roles: str) -> None:
    policy.allow(principal("P", *roles.split()), action)


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("orders.place", "broker venue"),
        ("cash.confirm_deposit", "operator"),
        ("users.create", "custodian"),
        ("keys.add", ""),
    ],
)
def test_any_other_role_is_kept_out_with_a_sentence(action: str, roles: str) -> None:
    with pytest.raises(Error) as refused:
        policy.allow(principal("SOMEBODY", *roles.split()), action)
    assert refused.value.code == "forbidden"
    assert "SOMEBODY" in refused.value.message
    assert action in refused.value.message


def test_the_operator_and_the_regulator_see_everything() -> None:
    for role in policy.OVERSEERS:
        query = select(Order).where(policy.visible(principal("X", role), Order))
        assert "owner" not in str(query.whereclause)


def test_an_event_is_told_to_those_it_concerns() -> None:
    investor, custodian = principal("ALICE", "investor"), principal("CUSTODIA1", "custodian")
    assert policy.may_know(investor, [])
    assert policy.may_know(investor, ["ALICE"])
    assert not policy.may_know(investor, ["BRUNO", "@custodian"])
    assert policy.may_know(custodian, ["BRUNO", "@custodian"])
    assert policy.may_know(principal("CNBV", "regulator"), ["BRUNO"])
