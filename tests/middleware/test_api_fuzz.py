"""Whatever is made up from the OpenAPI document, and against it, in four roles: a promised answer, and never a 5xx.

What is made up alone seldom gets past the first look-up: so three of four requests name things that there are in their
address, and half carry the body of the authorisation matrix with a few fields made up. LONJA_FUZZ_EXAMPLES goes deeper.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.middleware.authorisation_requests import REQUESTS, filled
from tests.middleware.matrix import Matrix

ROLES = ("investor", "issuer", "operator", "bank")
EXAMPLES = int(os.environ.get("LONJA_FUZZ_EXAMPLES") or 4)  # of each operation, each sent by every role
LEFT_OUT = ["/v1/events", "/v1/tokens/current", "/v1/users/me/password", "/readyz"]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MADE_UP, NAMED, MIXED = "made up", "named", "mixed"  # all of it; all but the address; all but some of the body
FEW = 0.2
_ARGUMENT = re.compile(r"{(\w+)}")
pytestmark = pytest.mark.product


@pytest.fixture(scope="module")
def world(matrix: Matrix) -> Iterator[Matrix]:
    yield matrix
    matrix.again()


@pytest.mark.timeout(3600)  # as deep as somebody wants
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_nothing_that_is_made_up_breaks_the_door(world: Matrix, method: str) -> None:
    app = world.market.door.app
    document = schemathesis.openapi.from_wsgi("/v1/openapi.json", app).exclude(path=LEFT_OUT).include(method=method)
    operations = [result.ok() for result in document.get_all_operations()]
    assert operations
    for operation in operations:
        _try(world, operation)
        if method != "GET":
            world.again()


def _try(world: Matrix, operation: Any) -> None:
    @given(case=operation.as_strategy(), how=st.sampled_from([MADE_UP, NAMED, MIXED, MIXED]), random=st.randoms())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: schemathesis.Case, how: str, random: Any) -> None:
        (case.headers or {}).pop("Prefer", None)  # nobody carries commands out here, so waiting for one is only slow
        some = _some(case.body, random) if how == MIXED else None
        for role in ROLES:
            if how != MADE_UP:
                _name(world, case, role, some)
            headers = {"Authorization": f"Bearer {world.clients[role].token}"}
            case.validate_response(case.call(headers=headers), checks=CHECKS)

    attempt()


def _some(body: Any, random: Any) -> dict[str, Any] | None:
    """A few of the fields that were made up."""
    return {name: value for name, value in body.items() if random.random() < FEW} if isinstance(body, dict) else None


def _name(world: Matrix, case: schemathesis.Case, role: str, some: dict[str, Any] | None) -> None:
    """Let a request name things that there are: in its address and, where some fields are given, in its body."""
    wanted, names = REQUESTS[_ARGUMENT.sub(r"<\1>", case.operation.label)], world.names("own", role)
    form = _ARGUMENT.sub(r"(?P<\1>[^/]+)", case.operation.path.replace(".", "[.]"))
    found = re.fullmatch(form, filled(wanted.path, names))
    assert found, case.operation.path
    case.path_parameters = found.groupdict()
    if some is not None and isinstance(wanted.body, Mapping):
        case.body = {**filled(wanted.body, names), **some}
