"""The verbs of offerings. What nobody has to sign, the worker does: those lines wait until it is done."""

import time
from collections.abc import Callable, Iterator

from middleware import clock
from scripts.desk import Json, path
from tests.scenario_runner.request import Request, Requests
from tests.scenario_runner.script import Mistake, Statement
from tests.scenario_runner.world import World, instant

WORKER_SECONDS = 30.0


def _offer(world: World, s: Statement) -> Requests:
    alias, instrument, minimum, terms = s.words
    maximum, lowest = world.priced(instrument, terms)
    issuer = world.instrument(instrument).issuer
    body = {
        "instrument": world.instrument(instrument).code,
        "cash_account": world.account(s.option("cash", issuer)).id,
        "kind": s.option("kind", "public"),
        "price_min_minor": lowest,
        "price_max_minor": world.money(instrument, s.option("to")) if s.option("to") else lowest,
        "minimum": minimum,
        "maximum": maximum,
        "ticket_minimum": s.option("ticket", "1"),
        "ticket_maximum": s.option("most", "0"),
        "tiers": list(_tiers(s.option("tiers"))),
    }
    for name, field, otherwise in _TIMES:
        body[field] = world.ids.setdefault(f"{field} {alias}", instant(s.option(name, otherwise)))
    id, by = world.id("offering", alias), s.option("by", issuer)
    world.made[f"offering {alias}"] = f"{world.party(by)}:{id}"
    world.traded_in[alias] = instrument
    yield Request(by, "/offerings", body, id)


_TIMES = (("opens", "opens_at", "+0s"), ("closes", "closes_at", "+1h"), ("allot_by", "allot_by", "+48h"))


def _tiers(text: str) -> Iterator[Json]:
    for one in filter(None, text.split(",")):
        kind, _, quantity = one.partition(":")
        yield {"investor_type": kind, "quantity": quantity}


def _of(world: World, s: Statement, *more: str) -> str:
    return path("offerings", world.known("offering", s.words[0]), *more)


def _issuer(world: World, s: Statement) -> str:
    return world.instrument(world.traded_in[s.words[0]]).issuer


def _invite(world: World, s: Statement) -> Requests:
    parties = [world.party(alias) for alias in s.words[1].split(",")]
    yield Request(s.option("by", _issuer(world, s)), _of(world, s, "invitations"), {"parties": parties})


def _subscribe(world: World, s: Statement) -> Requests:
    alias, party, terms = s.words
    account = s.option("account", party)
    quantity, limit = world.priced(world.traded_in[alias], terms)
    body = {
        "account": world.account(account).id,
        "cash_account": world.account(s.option("cash", account)).id,
        "quantity": quantity,
        "limit_minor": limit,
    }
    yield Request(s.option("by", party), _of(world, s, "subscriptions"), body)


def _unsubscribe(world: World, s: Statement) -> Requests:
    yield Request(s.option("by", s.words[1]), _of(world, s, "withdrawal"), {})


def _calloff(world: World, s: Statement) -> Requests:
    reason = {"reason": "as the scenario says"}
    yield Request(s.option("by", _issuer(world, s)), _of(world, s, "cancellation"), reason)


def _allot(world: World, s: Statement) -> Requests:
    body = {"price_minor": world.money(world.traded_in[s.words[0]], s.words[1])}
    if allotted := s.option("allotted"):
        body["allotted"] = allotted
    act: Json = {}
    learn: Callable[[Json], None] = lambda answer: act.update(answer["act"])  # noqa: E731
    yield Request(s.option("by", _issuer(world, s)), _of(world, s, "allotment"), body, learn=learn)
    yield Request("custodian", path("acts", act["id"], "approval"), {"hash": act["hash"]})


VERBS: dict[str, Callable[[World, Statement], Requests]] = {
    "offer": _offer,
    "invite": _invite,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "calloff": _calloff,
    "allot": _allot,
}


def found(world: World, s: Statement) -> Json:
    """The offering as its issuer sees it."""
    return world.desk(_issuer(world, s)).get(_of(world, s))


def subscription(world: World, s: Statement) -> Json:
    """A subscription as its party sees it."""
    return world.desk(s.words[1]).get(_of(world, s, "subscriptions", world.party(s.words[1])))


def closed(world: World, s: Statement) -> None:
    """Until nobody can subscribe any more, and a moment longer: the ledger's clock has seconds."""
    left = (clock.parse(found(world, s)["closes_at"]) - clock.now()).total_seconds()
    time.sleep(max(0.0, left) + 0.1)


def settled(world: World, s: Statement) -> None:
    """Until the worker has settled every part."""
    _until(world, s, lambda offering: offering["status"] == "settled")


def refunded(world: World, s: Statement) -> None:
    """Until the worker has released every reservation."""
    if s.words[1:]:
        raise Mistake("over REST nobody is released alone")
    _until(world, s, lambda offering: offering["status"] != "open" and offering["done"] == offering["subscribers"])


def _until(world: World, s: Statement, done: Callable[[Json], bool]) -> None:
    deadline = time.monotonic() + WORKER_SECONDS
    while not done(offering := found(world, s)):
        if time.monotonic() > deadline:
            left = offering["subscribers"] - offering["done"]
            raise TimeoutError(f"{s.words[0]} is {offering['status']}, and {left} subscriptions are open")
        time.sleep(0.05)
