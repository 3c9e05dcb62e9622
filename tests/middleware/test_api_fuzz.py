"""Whatever is made up from the OpenAPI document, and against it: a promised answer, and never a 5xx."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from middleware import ids, policy
from middleware.ledger import wallet
from middleware.migrations import run
from middleware.mirror import Fold, load_handlers
from middleware.services import tokens, users
from middleware.wsgi import create_app
from tests.middleware.ledgers import Chain, outcome
from tests.middleware.sandboxes import installed

PASSWORD = "a password of everybody"
EXAMPLES = 20  # of each operation


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A door with a user whose party has every role; what it accepts waits for a worker that never comes."""
    folder: Path = tmp_path_factory.mktemp("fuzz")
    config = installed(folder)
    config.genesis_file.write_text(
        '{"version":"1","name":"fuzz","organisations":[{"id":"operator","msp_id":"OperatorMSP"}]}'
    )
    run.upgrade(config)
    made = create_app(config)
    here = made.extensions["lonja"]
    load_handlers()
    with here.writing() as session:
        key = wallet.create(session, "EVERYBODY", 1, ["*"])
        session.commit()
    known = {name: key[name] for name in ("n", "public", "scope", "held")}
    fact = {"fact": "PartyAdmitted", "party": "EVERYBODY", "organisation": "operator", "roles": list(policy.ROLES)}
    chain, fold = Chain(), Fold(here.database.engine)
    fold.apply(chain.blocks[0])
    fold.apply(chain.submit(["e30.e30.x"], [outcome("EVERYBODY", ids.new(), "act:approve", {**fact, "key": known})]))
    with here.writing() as session:
        user = users.add(session, username="everybody", party="EVERYBODY", password=PASSWORD)
        made.config["TOKEN"], _ = tokens.issue(session, user)
    yield made
    here.close()


LEFT_OUT = ["/v1/events", "/v1/tokens/current", "/v1/users/me/password", "/metrics", "/readyz"]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_nothing_that_is_made_up_breaks_the_door(app: Flask, method: str) -> None:
    document = schemathesis.openapi.from_wsgi("/v1/openapi.json", app).exclude(path=LEFT_OUT).include(method=method)
    operations = [result.ok() for result in document.get_all_operations()]
    assert operations
    for operation in operations:
        _try(app, operation)


def _try(app: Flask, operation: Any) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: schemathesis.Case) -> None:
        response = case.call(headers={"Authorization": f"Bearer {app.config['TOKEN']}"})
        case.validate_response(response, checks=CHECKS)

    attempt()
