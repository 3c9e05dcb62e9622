"""The verbs that send commands: each turns a statement into the requests it is made of."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from middleware import ids
from scripts.desk import Json, new_id, path
from tests.scenario_runner import bilateral, listed, offered, people, promised
from tests.scenario_runner.request import Request, Requests
from tests.scenario_runner.script import Mistake, Statement
from tests.scenario_runner.world import Account, Instrument, Sent, World, instant

RESOLUTION = hashlib.sha256(b"a resolution of the runner's choice").hexdigest()
PLENTY = "9000000000000"  # the balance behind a currency where the scenario does not say: deposits never meet it
DESTINATION = "032180000118359719"


def requests(world: World, s: Statement) -> Requests:
    """The requests of a statement, one after the other: a later one may need what the one before made."""
    verb = _VERBS.get(s.verb)
    if verb is None:
        raise Mistake(f"there is no verb {s.verb!r}")
    yield from verb(world, s)


def _party(world: World, s: Statement) -> Requests:
    alias = s.words[0]
    yield _admission(world, s, s.option("by", "operator"))
    yield _approval(world)
    world.parties[alias] = world.code(alias)


def _admission(world: World, s: Statement, by: str) -> Request:
    alias, roles = s.words
    terms = {"party": world.code(alias), "name": alias.title(), "organisation": s.option("organisation")}
    return Request(by, "/parties", {**terms, "roles": roles.split(",")}, learn=_act(world))


def _account(world: World, s: Statement) -> Requests:
    alias, owner = s.words
    custodian = s.option("custodian", "custodian")
    body = {"owner": world.party(owner), "kind": s.option("kind", "direct")}

    def learn(answer: Json) -> None:
        world.accounts[alias] = Account(answer["account"]["id"], owner, custodian)

    yield Request(s.option("by", custodian), "/accounts", body, learn=learn)


def _close(world: World, s: Statement) -> Requests:
    account = world.account(s.words[0])
    yield Request(s.option("by", account.custodian), path("accounts", account.id, "closure"), {})


def _move(world: World, s: Statement) -> Requests:
    alias, custodian = s.words
    yield _moving(world, s, s.option("by", world.account(alias).owner))
    approval = _approval(world)
    yield Request(custodian, approval.where, approval.body)
    world.accounts[alias] = replace(world.account(alias), custodian=custodian)


def _moving(world: World, s: Statement, by: str) -> Request:
    account, custodian = world.account(s.words[0]), world.party(s.words[1])
    return Request(by, path("accounts", account.id, "moves"), {"custodian": custodian}, learn=_act(world))


def _instrument(world: World, s: Statement) -> Requests:
    yield _registration(world, s, s.option("by", "operator"))
    yield _approval(world)
    made = world.instrument(s.words[0])
    if made.kind == "currency":
        yield _attested(world, s.words[0], s.option("attested", PLENTY), made.issuer)


def _attest(world: World, s: Statement) -> Requests:
    alias, balance = s.words
    by = s.option("by", world.instrument(alias).issuer)
    yield _attested(world, alias, balance, by, s.option("as_of", "+0s"))


def _attested(world: World, alias: str, balance: str, by: str, as_of: str = "+0s") -> Request:
    body = {"instrument": world.instrument(alias).code, "as_of": instant(as_of), "reference": "statement"}
    return Request(by, "/attestations", {**body, "balance_minor": world.amount(alias, balance)})


def _registration(world: World, s: Statement, by: str) -> Request:
    alias, kind = s.words[0], s.option("kind", "equity")
    is_currency = kind == "currency"
    issuer = s.option("issuer", "banco" if is_currency else "acme")
    currency = "" if is_currency else s.option("currency", "EUR")
    digits = int(s.option("digits", "2")) if is_currency else 0
    code = f"{alias}.{world.party(issuer)}" if is_currency else world.code(alias)
    fee_account = s.option("fee_account")
    terms = {
        "instrument": code,
        "kind": kind,
        "issuer": world.party(issuer),
        "currency": world.instrument(currency).code if currency else "",
        "isin": s.option("isin"),
        "authorised": s.option("authorised", "" if is_currency else "1000000"),
        "lot": s.option("lot", "1"),
        "tick_minor": "1" if is_currency else _tick(world, currency, s.option("tick", "0.01")),
        "fee_bps": s.option("fee_bps", "0"),
        "fee_account": world.account(fee_account).id if fee_account else "",
        "minor_digits": str(digits),
    }
    world.instruments[alias] = Instrument(code, kind, issuer, currency, digits)
    return Request(by, "/instruments", terms, learn=_act(world))


def _tick(world: World, currency: str, text: str) -> str:
    return world.amount(currency, text)


def _issue(world: World, s: Statement) -> Requests:
    yield _issuance(world, s, s.option("by", world.instrument(s.words[0]).issuer))
    yield _approval(world)


def _issuance(world: World, s: Statement, by: str) -> Request:
    alias, account, quantity = s.words
    instrument = world.instrument(alias)
    body = {"account": world.account(account).id, "quantity": world.amount(alias, quantity), "resolution": RESOLUTION}
    return Request(by, path("instruments", instrument.code, "issuances"), body, learn=_act(world))


def _credit(world: World, s: Statement) -> Requests:
    account, alias, quantity = s.words
    instrument = world.instrument(alias)
    if instrument.kind == "currency":
        yield _deposited(world, f"CREDIT-{new_id()}"[:35], account, alias, quantity, instrument.issuer)
        return
    issuer = instrument.issuer
    yield _issuance(world, Statement(s.line, s.text, "issue", [alias, issuer, quantity], {}, s.expected), issuer)
    yield _approval(world)
    if account != issuer:
        yield _transferred(world, issuer, account, alias, quantity, "other", issuer)


def _deposit(world: World, s: Statement) -> Requests:
    reference, account, alias, amount = s.words
    by = s.option("by", world.instrument(alias).issuer)
    yield _deposited(world, f"{reference}-{world.suffix}", account, alias, amount, by)


def _deposited(world: World, reference: str, account: str, alias: str, amount: str, by: str) -> Request:
    cash = {"instrument": world.instrument(alias).code, "account": world.account(account).id, "reference": reference}
    return Request(by, "/deposits", {**cash, "amount_minor": world.amount(alias, amount)})


def _transfer(world: World, s: Statement) -> Requests:
    giver, taker, alias, quantity = s.words
    by = s.option("by", world.account(giver).owner)
    yield _transferred(world, giver, taker, alias, quantity, s.option("reason", "gift"), by)


def _transferred(world: World, giver: str, taker: str, alias: str, quantity: str, reason: str, by: str) -> Request:
    accounts = {"from_account": world.account(giver).id, "to_account": world.account(taker).id}
    what = {"instrument": world.instrument(alias).code, "quantity": world.amount(alias, quantity), "reason": reason}
    return Request(by, "/transfers", {**accounts, **what})


def _withdraw(world: World, s: Statement) -> Requests:
    alias, account, currency, amount = s.words
    from_account = world.account(account)
    wish = {"instrument": world.instrument(currency).code, "account": from_account.id, "destination": DESTINATION}
    id, by = world.id("withdrawal", alias), s.option("by", from_account.owner)
    world.made[f"withdrawal {alias}"] = f"{world.party(by)}:{id}"
    yield Request(by, "/withdrawals", {**wish, "amount_minor": world.amount(currency, amount)}, id)


def _pay(world: World, s: Statement) -> Requests:
    where = path("withdrawals", world.known("withdrawal", s.words[0]), "payment")
    yield Request(s.option("by", "banco"), where, {"reference": s.option("reference", f"paid-{s.words[0]}")})


def _refuse(world: World, s: Statement) -> Requests:
    where = path("withdrawals", world.known("withdrawal", s.words[0]), "refusal")
    yield Request(s.option("by", "banco"), where, {"reason": "as the scenario says"})


def _place(world: World, s: Statement) -> Requests:
    alias, owner, side, instrument, terms = s.words
    account = s.option("account", owner)
    quantity, limit = world.priced(instrument, terms)
    by = s.option("by", owner)
    body = {
        "venue": world.party(s.option("venue", "bolsa")),
        "broker": world.party(s.option("broker")) if s.option("broker") else "",
        "account": world.account(account).id,
        "cash_account": world.account(s.option("cash", account)).id,
        "instrument": world.instrument(instrument).code,
        "side": side,
        "quantity": quantity,
        "limit_minor": limit,
        "good_till": world.ids.setdefault(f"good_till {alias}", instant(s.option("till", "+24h"))),
    }
    if fee := s.option("fee"):
        body["max_fee_minor"] = world.money(instrument, fee)
    id = world.id("order", alias)
    world.made[f"order {alias}"] = order = f"{world.party(by)}:{id}"
    world.owners[order], world.traded_in[alias] = owner, instrument
    yield listed.entry(by, body, id) if by == listed.BROKER else Request(by, "/orders", body, id)


def _cancel(world: World, s: Statement) -> Requests:
    order = world.known("order", s.words[0])
    yield Request(s.option("by", world.owner_of(order)), path("orders", order, "cancellation"), {})


def _expire(world: World, s: Statement) -> Requests:
    yield Request(s.option("by", "bolsa"), path("orders", world.known("order", s.words[0]), "expiry"), {})


def _execute(world: World, s: Statement) -> Requests:
    alias, buy, sell, terms = s.words
    quantity, price = world.priced(world.traded_in[buy], terms)
    instrument = world.instrument(world.traded_in[buy]).code
    pair = {"buy": world.known("order", buy), "sell": world.known("order", sell)}
    number = world.ids.get(f"number {alias}") or s.option("number", str(world.numbers.get(instrument, 0) + 1))
    world.ids[f"number {alias}"] = number
    body = {"instrument": instrument, "number": number, "after": s.option("after", "1"), **pair}
    id = ids.execution_id(instrument, int(number), pair["buy"], pair["sell"])
    by = s.option("by", "bolsa")
    body |= {"quantity": quantity, "price_minor": price}
    yield Request(by, "/trades", body, id, number=(instrument, int(number)))


def _suspension(world: World, s: Statement) -> Requests:
    name = s.words[0]
    noun, code = ("parties", "") if name == name.lower() else ("instruments", world.instrument(name).code)
    body = {"suspended": "yes" if s.verb == "suspend" else "no", "reason": "as the scenario says"}
    yield Request(s.option("by", "operator"), path(noun, code or world.party(name), "suspension"), body)


def _propose(world: World, s: Statement) -> Requests:
    alias, by, inner = s.words[0], s.words[1], s.inner()
    propose = _PROPOSED.get(inner.verb)
    if propose is None:
        raise Mistake(f"over REST {inner.verb} is not proposed")
    request = propose(world, inner, by)
    if inner.verb == "party":  # whether it will exist, the ledger knows; what follows may name it
        world.parties.setdefault(inner.words[0], world.code(inner.words[0]))
    request.id, request.learn = world.id("act", alias), _act(world, alias)
    yield request


_PROPOSED: dict[str, Callable[[World, Statement, str], Request]] = {
    "party": _admission,
    "instrument": _registration,
    "issue": _issuance,
    "move": _moving,
    "define": promised.definition,
    "authorise": promised.authorisation,
}


def _approve(world: World, s: Statement) -> Requests:
    act = world.known("act", s.words[0])
    digest = "0" * 64 if s.option("hash") == "other" else world.hashes[s.words[0]]
    yield Request(s.words[1], path("acts", act, "approval"), {"hash": digest})


def _again(world: World, _s: Statement) -> Requests:
    if world.last is None:
        raise Mistake("nothing was sent before")
    last: Sent = world.last
    yield Request(last.by, last.where, last.body, last.id)


def _act(world: World, alias: str = "-") -> Callable[[Json], None]:
    def learn(answer: Json) -> None:
        world.made[f"act {alias}"], world.hashes[alias] = answer["act"]["id"], answer["act"]["hash"]

    return learn


def _approval(world: World) -> Request:
    """The custodian approves what was proposed last."""
    return Request("custodian", path("acts", world.known("act", "-"), "approval"), {"hash": world.hashes["-"]})


def _twice(propose: Callable[[World, Statement, str], Request]) -> Callable[[World, Statement], Requests]:
    """What the issuer proposes and the custodian approves."""

    def done(world: World, s: Statement) -> Requests:
        request = propose(world, s, s.option("by", world.instrument(s.words[0]).issuer))
        request.learn = _act(world)
        yield request
        yield _approval(world)

    return done


_VERBS: dict[str, Callable[[World, Statement], Requests]] = {
    "party": _party,
    "account": _account,
    "close": _close,
    "move": _move,
    "instrument": _instrument,
    "issue": _issue,
    "credit": _credit,
    "transfer": _transfer,
    "attest": _attest,
    "deposit": _deposit,
    "withdraw": _withdraw,
    "pay": _pay,
    "refuse": _refuse,
    "place": _place,
    "cancel": _cancel,
    "expire": _expire,
    "execute": _execute,
    "suspend": _suspension,
    "reinstate": _suspension,
    "propose": _propose,
    "approve": _approve,
    "again": _again,
    **listed.VERBS,
    **people.VERBS,
    **bilateral.VERBS,
    **offered.VERBS,
    **promised.VERBS,
    "define": _twice(promised.definition),
    "authorise": _twice(promised.authorisation),
}
