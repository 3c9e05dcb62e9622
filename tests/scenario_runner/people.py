"""The verbs of onboarding that a door offers: what the operator writes down of a party."""

import hashlib
from collections.abc import Callable

from scripts.desk import path
from tests.scenario_runner.request import Request, Requests
from tests.scenario_runner.script import Statement
from tests.scenario_runner.world import World, instant


def _qualify(world: World, s: Statement) -> Requests:
    alias, investor_type = s.words
    party = world.party(alias)
    body = {"jurisdiction": s.option("in", "MX"), "investor_type": investor_type}
    body |= {
        "limit_minor": world.amount("EUR", s.option("limit", "0.00")),
        "good_till": instant(s.option("till", "+24h")),
    }
    body["commitment"] = hashlib.sha256(f"what was seen of {party}".encode()).hexdigest()
    yield Request(s.option("by", "operator"), path("parties", party, "qualification"), body)


VERBS: dict[str, Callable[[World, Statement], Requests]] = {"qualify": _qualify}
