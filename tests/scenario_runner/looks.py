"""The verbs that look: what the API shows, compared with what the scenario says."""

from collections.abc import Callable

from scripts.desk import Json, path
from tests.scenario_runner import offered
from tests.scenario_runner.bilateral import terms
from tests.scenario_runner.script import Statement
from tests.scenario_runner.world import World


class Differs(Exception):
    """What is there is not what the scenario says."""


def look(world: World, s: Statement) -> bool:
    """Compare; False when the verb is not one that looks. Raises Differs."""
    verb = _LOOKS.get(s.verb)
    if verb is None:
        return False
    verb(world, s)
    return True


def _holding(world: World, s: Statement) -> None:
    account, instrument = world.account(s.words[0]), world.instrument(s.words[1])
    held = list(
        world.desk(account.custodian).every("/holdings", account=account.id, instrument=instrument.code, empty="yes")
    )
    found = held[0] if held else {"available": "0", "reserved": "0"}
    for name, wanted in s.pairs(2).items():
        _same(name, found[name], world.amount(s.words[1], wanted))


def _order(world: World, s: Statement) -> None:
    id, alias = world.known("order", s.words[0]), world.traded_in[s.words[0]]
    found = world.desk(world.owner_of(id)).get(path("orders", id))
    _same("status", found["status"], s.words[1])
    for name, wanted in s.pairs(2).items():
        is_money = name == "reserved" and found["side"] == "buy"
        _same(name, found[name], world.money(alias, wanted) if is_money else wanted)


def _mandated(world: World, s: Statement) -> None:
    owner, agent, status = s.words[:3]
    found = next(world.desk(owner).every("/mandates", owner=world.party(owner), agent=world.party(agent)), None)
    if found is None:
        raise Differs(f"{owner} has given {agent} no mandate")
    _same("status", found["status"], status)
    for name, wanted in s.pairs(3).items():
        _same(name, found[f"{name}_minor"], world.amount("EUR", wanted))


def _trade(world: World, s: Statement) -> None:
    alias, number, buy, sell, terms, *fees = s.words
    quantity, price = world.priced(alias, terms)
    found = next((trade for trade in _trades_of(world, alias) if trade["number"] == number), None)
    if found is None:
        raise Differs(f"{alias} has no trade {number}")
    wanted = {"quantity": quantity, "price_minor": price}
    wanted |= {"buy": world.known("order", buy), "sell": world.known("order", sell)}
    if fees:
        wanted |= {"buyer_fee_minor": world.money(alias, fees[1]), "seller_fee_minor": world.money(alias, fees[2])}
    for name, value in wanted.items():
        _same(name, found[name], value)


def _trades(world: World, s: Statement) -> None:
    _same("the number of trades", str(len(_trades_of(world, s.words[0]))), s.words[1])


def _trades_of(world: World, alias: str) -> list[Json]:
    return list(world.operator.every("/trades", instrument=world.instrument(alias).code))


def _issued(world: World, s: Statement) -> None:
    found = world.operator.get(path("instruments", world.instrument(s.words[0]).code))
    _same("issued", found["issued"], world.amount(s.words[0], s.words[1]))


def _attested(world: World, s: Statement) -> None:
    found = world.operator.get(path("instruments", world.instrument(s.words[0]).code))
    _same("attested", found["attested_minor"], world.amount(s.words[0], s.words[1]))


def _terms(world: World, s: Statement) -> None:
    alias, version, kind = s.words[:3]
    found = world.operator.get(path("instruments", world.instrument(alias).code))
    _same("the version", found["terms"], version)
    _same("the class", found["class"] or "none", kind)
    for name, wanted in s.pairs(3).items():
        _same(name, found[name], world.isins.get(wanted, wanted))


def _withdrawal(world: World, s: Statement) -> None:
    found = world.operator.get(path("withdrawals", world.known("withdrawal", s.words[0])))
    _same("status", found["status"], s.words[1])


def _instruction(world: World, s: Statement) -> None:
    alias, status = s.words
    _same("status", world.operator.get(path("instructions", terms(world, alias)))["status"], status)


def _offering(world: World, s: Statement) -> None:
    found = offered.found(world, s)
    _same("status", found["status"], s.words[1])
    for name, wanted in s.pairs(2).items():
        _same(name, found[{"subscribed": "demand", "issued": "placed"}[name]], wanted)


def _subscription(world: World, s: Statement) -> None:
    found = offered.subscription(world, s)
    _same("status", found["status"], s.words[2])
    for name, wanted in s.pairs(3).items():
        _same(name, found[name], world.money(world.traded_in[s.words[0]], wanted) if name == "reserved" else wanted)


def _same(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise Differs(f"{what} is {found}, not {wanted}")


_LOOKS: dict[str, Callable[[World, Statement], None]] = {
    "holding": _holding,
    "order": _order,
    "mandated": _mandated,
    "trade": _trade,
    "trades": _trades,
    "issued": _issued,
    "attested": _attested,
    "withdrawal": _withdrawal,
    "terms": _terms,
    "instruction": _instruction,
    "offering": _offering,
    "subscription": _subscription,
    "closed": offered.closed,
    "settle": offered.settled,
    "refund": offered.refunded,
}
