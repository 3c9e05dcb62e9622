"""The verbs of the listed market that a door offers: mandates, replacements, what a broker enters, lost keys."""

from collections.abc import Callable

from scripts.desk import Json, path
from tests.scenario_runner.request import Request, Requests
from tests.scenario_runner.script import Statement
from tests.scenario_runner.world import World, instant

BROKER = "casa"  # what it signs for others goes the way of entries
MUCH = "1000000.00"
OF_AN_ENTRY = ("account", "cash_account", "instrument", "side", "quantity", "limit_minor", "venue", "good_till")


def entry(by: str, body: Json, id: str) -> Request:
    """An order that a broker enters for an investor: an order at once where the mandate says so."""
    fields = {name: body[name] for name in (*OF_AN_ENTRY, "max_fee_minor") if name in body}
    return Request(by, "/entries", fields, id, entered=True)


def _mandate(world: World, s: Statement) -> Requests:
    owner, agent, affirmation = s.words
    body = {"agent": world.party(agent), "affirmation": affirmation, "good_till": instant(s.option("till", "+24h"))}
    body |= {f"{name}_minor": world.amount("EUR", s.option(name, MUCH)) for name in ("order", "total")}
    yield Request(s.option("by", owner), "/mandates", body)


def _unmandate(world: World, s: Statement) -> Requests:
    owner, agent = s.words
    yield Request(s.option("by", owner), path("mandates", world.party(agent), "revocation"), {})


def _replace(world: World, s: Statement) -> Requests:
    alias, terms = s.words
    order, instrument = world.known("order", alias), world.traded_in[alias]
    quantity, limit = world.priced(instrument, terms)
    body = {"quantity": quantity, "limit_minor": limit}
    if fee := s.option("fee"):
        body["max_fee_minor"] = world.money(instrument, fee)
    yield Request(s.option("by", world.owner_of(order)), path("orders", order, "replacement"), body)


def _revoke(world: World, s: Statement) -> Requests:
    party, number, reason = s.words
    where = path("parties", world.party(party), "keys", number, "revocation")
    yield Request(s.option("by", party), where, {"reason": reason})


VERBS: dict[str, Callable[[World, Statement], Requests]] = {
    "mandate": _mandate,
    "unmandate": _unmandate,
    "replace": _replace,
    "revoke": _revoke,
}
