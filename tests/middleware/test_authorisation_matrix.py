"""Who may do what with whose, as `authorisation.txt` declares it: every route, every role, own things and others'."""

import re

import pytest

from middleware.config import Config
from middleware.wsgi import create_app
from tests.middleware.authorisation_requests import REQUESTS
from tests.middleware.matrix import ASKERS, Matrix, table

TABLE = table()
_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def test_every_route_stands_in_the_table_and_nothing_else_does(config: Config) -> None:
    routes = set()
    for rule in create_app(config).url_map.iter_rules():
        address = _ARGUMENT.sub(r"<\1>", rule.rule)
        routes |= {f"{method} {address}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert {row.address for row in TABLE} == routes
    assert {row.route for row in TABLE} == REQUESTS.keys()


def test_every_thing_is_asked_for_as_ones_own_and_as_anothers() -> None:
    whose: dict[str, list[str]] = {}
    for row in TABLE:
        whose.setdefault(row.route, []).append(row.whose)
    for route, found in whose.items():
        assert found == ["own", "other"] or (found == ["-"] and "<" not in route), route


@pytest.mark.product
@pytest.mark.timeout(900)
def test_everybody_is_answered_as_declared(matrix: Matrix) -> None:
    differ = []
    for row in TABLE:
        for asker in ASKERS:
            declared, answered = row.cells[asker].replace("led", "ok"), matrix.ask(row, asker)
            if answered != declared:
                differ.append(f"{row}, {asker}: {answered} and not {declared}")
    assert differ == []


@pytest.mark.product
def test_what_the_door_takes_in_vain_is_refused_by_the_ledger(matrix: Matrix) -> None:
    taken = [(row, asker) for row in TABLE for asker in ASKERS if row.cells[asker] == "led"]
    assert taken
    with matrix.market.working():
        answers = {f"{row}, {asker}": matrix.ask(row, asker, wait=20) for row, asker in taken}
    matrix.again()
    assert answers == dict.fromkeys(answers, "403")
