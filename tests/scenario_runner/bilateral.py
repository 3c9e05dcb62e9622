"""The verbs of what two parties agree between themselves."""

import hashlib
from collections.abc import Callable

from scripts.desk import Json, path
from tests.scenario_runner.request import Request, Requests
from tests.scenario_runner.script import Statement
from tests.scenario_runner.world import World, instant


def terms(world: World, alias: str) -> str:
    """The hash that a name in the file stands for, whoever of the two enters it."""
    return hashlib.sha256(f"terms {alias} {world.suffix}".encode()).hexdigest()


def _instruct(world: World, s: Statement) -> Requests:
    alias, owner, side, counterparty, instrument, quantity, amount = s.words
    body = {
        "side": side,
        "account": world.account(s.option("account", owner)).id,
        "cash_account": world.account(s.option("cash", owner)).id,
        "counterparty": world.party(counterparty),
        "instrument": world.instrument(instrument).code,
        "quantity": quantity,
        "amount_minor": world.money(instrument, amount),
        "terms": terms(world, alias),
        "good_till": instant(s.option("till", "+24h")),
    }

    def learn(_: Json) -> None:
        world.firsts.setdefault(alias, owner)

    yield Request(s.option("by", owner), "/instructions", body, learn=learn)


def _retract(world: World, s: Statement) -> Requests:
    where = path("instructions", terms(world, s.words[0]), "cancellation")
    yield Request(s.option("by", world.firsts[s.words[0]]), where, {})


VERBS: dict[str, Callable[[World, Statement], Requests]] = {"instruct": _instruct, "retract": _retract}
