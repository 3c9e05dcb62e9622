"""Compare SQL with the ledger key by key, and the ledger with itself: what is held is what was issued."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock, mirror
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import Ledger
from middleware.models.account import Account
from middleware.models.act import Act
from middleware.models.cash import Deposit, Withdrawal
from middleware.models.command import Command
from middleware.models.execution import Claim
from middleware.models.holding import Holding
from middleware.models.instruction import Instruction
from middleware.models.instrument import Instrument
from middleware.models.mandate import Mandate
from middleware.models.offering import Offering
from middleware.models.order import OPEN, Order
from middleware.models.party import Party, PartyKey
from middleware.models.qualification import Qualification
from middleware.models.submission import Submission
from middleware.models.subscription import Subscription
from middleware.models.trade import Trade

PAGE = 1000
LEVEL_WITHIN_SECONDS = 30.0
TRIES = 5

Record = dict[str, str]
Records = dict[str, Record]
Raw = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reconciliation found: at which block, how many records of each class, and every difference as a line."""

    block: int
    counts: dict[str, int]
    differences: list[str]


def reconcile(database: Database, ledger: Ledger) -> Outcome:
    """Compare at one block. While others trade, it is tried again; Error `unavailable` when it never stands still."""
    for _ in range(TRIES):
        block = _level(database, ledger)
        raw = {name: dict(_list(ledger, name)) for name in CLASSES}
        with database.reading() as session:
            same = mirror.place(session.connection()).number == block == _height(ledger) - 1
            if same:
                return _compare(session, raw, block)
    raise Error("unavailable", "the ledger did not stand still; try again when nobody trades", reason="moving")


def _level(database: Database, ledger: Ledger) -> int:
    """Wait until the mirror has the ledger's last block; answers its number."""
    started = clock.monotonic()
    while True:
        last = _height(ledger) - 1
        with database.reading() as session:
            place = mirror.place(session.connection()).number
        if place == last:
            return place
        if clock.monotonic() - started > LEVEL_WITHIN_SECONDS:
            message = f"the mirror is at block {place}, the ledger at {last}: is the worker running?"
            raise Error("unavailable", message, reason="behind")
        clock.sleep(0.1)


def _height(ledger: Ledger) -> int:
    height = ledger.heights().get(ledger.organisation)
    if height is None:
        raise Error("unavailable", "our own peer does not say how far it is", reason="ledger")
    return height


def _list(ledger: Ledger, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    after = ""
    while True:
        page = ledger.query("list", name, after, str(PAGE))
        for item in page["items"]:
            yield from _records(name, item["key"], item["value"])
        after = page["next"]
        if not after:
            return


def _records(name: str, key: str, value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The ledger keeps the outcomes of a party's commands in pages; here each stands for itself."""
    if name != "command":
        yield key, value
        return
    party = key.split("/")[1]
    for one in value["commands"]:
        yield f"command/{party}/{one['id']}", one


def _compare(session: Session, raw: Mapping[str, Raw], block: int) -> Outcome:
    differences: list[str] = []
    counts: dict[str, int] = {}
    for name, fields in CLASSES.items():
        ledger = {key: record for key, value in raw[name].items() if (record := _seen(name, value, fields))}
        sql = _SQL[name](session)
        counts[name] = len(ledger)
        differences += _differences(ledger, sql)
    differences += conservation(raw)
    differences += _outcomes(session, raw["command"])
    return Outcome(block, counts, differences)


def _differences(ledger: Records, sql: Records) -> Iterator[str]:
    for key in sorted(ledger.keys() | sql.keys()):
        if key not in sql:
            yield f"{key}: on the ledger, not in SQL"
        elif key not in ledger:
            yield f"{key}: in SQL, not on the ledger"
        else:
            for name, value in ledger[key].items():
                if sql[key].get(name) != value:
                    yield f"{key}: {name} is {sql[key].get(name)!r} in SQL, {value!r} on the ledger"


# Which fields of a ledger record SQL must have too.
CLASSES: dict[str, tuple[str, ...]] = {
    "party": ("organisation", "roles", "status", "keys", "qualification"),
    "account": ("owner", "custodian", "kind", "status"),
    "instrument": (
        *("kind", "issuer", "currency", "isin", "cfi", "class", "terms", "authorised", "issued", "lot", "tick_minor"),
        *("fee_bps", "fee_account", "minor_digits", "status", "investor_types", "jurisdictions"),
        *("attested_minor", "attested_as_of"),
    ),
    "holding": ("quantity", "reserved"),
    "order": (
        *("owner", "venue", "broker", "account", "cash_account", "instrument", "side", "quantity", "limit_minor"),
        *("max_fee_minor", "good_till", "status", "filled", "reserved", "fees_minor", "sequence", "kid", "held"),
        *("book", "pending_quantity", "pending_limit_minor", "pending_max_fee_minor"),
    ),
    "mandate": ("affirmation", "order_minor", "total_minor", "used_minor", "good_till", "status"),
    "execution": (
        *("trade", "instrument", "buy", "sell", "buyer_account", "seller_account", "status"),
        *("quantity", "price_minor"),
    ),
    "claim": ("venue", "reference", "kind", "quantity", "price_minor", "buyer", "seller", "accepted", "status"),
    "instruction": (
        *("owner", "counterparty", "side", "account", "cash_account", "instrument", "currency", "quantity"),
        *("amount_minor", "good_till", "kid", "held", "reserved", "status"),
    ),
    "offering": (
        *("issuer", "instrument", "currency", "cash_account", "kind", "document", "status"),
        *("price_min_minor", "price_max_minor", "minimum", "maximum", "ticket_minimum", "ticket_maximum"),
        *("opens_at", "closes_at", "allot_by", "subscriptions", "subscribed", "allotted", "parts", "part", "root"),
    ),
    "subscription": (
        *("account", "cash_account", "quantity", "limit_minor", "investor_type", "reserved", "sequence", "status"),
        *("allotted", "kid", "held"),
    ),
    "withdrawal": ("owner", "bank", "instrument", "account", "amount_minor", "destination_hash", "status"),
    "deposit": ("instrument", "account", "amount_minor", "command"),
    "act": ("function", "hash", "proposer", "organisation", "good_till", "status"),
    "command": ("hash", "code", "reason", "message"),
}


_QUALIFICATION = ("jurisdiction", "investor_type", "limit_minor", "commitment", "good_till")


def _pending(order: Mapping[str, Any]) -> Record:
    """A replacement that the exchange has not answered, as SQL has it."""
    terms = order["pending"] or {}
    return {f"pending_{name}": terms.get(name, "") for name in ("quantity", "limit_minor", "max_fee_minor")}


def _qualified(party: Mapping[str, Any]) -> Record:
    known = party.get("qualification") or {}
    return {"qualification": " ".join(known[name] for name in _QUALIFICATION if known)}


def _claimed(claim: Mapping[str, Any]) -> Record:
    return {"reference": claim["execution"], "accepted": ",".join(claim["accepted"])}


# What SQL says in another form than the ledger's record.
_OTHERWISE: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "order": _pending,
    "claim": _claimed,
    "party": _qualified,
}


def _seen(name: str, value: Mapping[str, Any], fields: tuple[str, ...]) -> Record | None:
    """A ledger record as text by field; None for a holding of nothing, which SQL may or may not have."""
    if name == "holding" and value["quantity"] == value["reserved"] == "0":
        return None
    value = {**value, **_OTHERWISE.get(name, dict)(value)}
    record = {field: value[field] for field in fields}
    record |= {field: ",".join(value[field]) for field in ("investor_types", "jurisdictions") if field in fields}
    if name == "party":
        record["keys"] = _keys((k["n"], k["public"], k["held"], k["status"]) for k in value["keys"])
        record["roles"] = ",".join(sorted(value["roles"]))
    if name == "withdrawal" and record["status"] == "requested":
        record["status"] = "pending"
    return {field: str(value) for field, value in record.items()}


def _keys(keys: Any) -> str:
    return " ".join("/".join(str(part) for part in key) for key in sorted(keys, key=lambda key: int(key[0])))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(value)
    return clock.text(value) if hasattr(value, "tzinfo") else str(value)


def _shown(class_: str, reference: str) -> str:
    return f"{class_}/{reference.replace(':', '/')}"


def _rows(session: Session, name: str, query: Any, key: Any) -> Records:
    """SQL rows as text by field, under the key that the ledger shows."""
    fields = CLASSES[name]
    return {key(row): {field: _text(_value(row, field)) for field in fields} for row in session.scalars(query)}


def _value(row: Any, field: str) -> Any:
    """A column by the ledger's name for it; `class` is no name that Python takes."""
    return getattr(row, field, getattr(row, f"{field}_", None))


def _parties(session: Session) -> Records:
    keys: dict[str, list[tuple[int, str, str, str]]] = defaultdict(list)
    for key in session.scalars(select(PartyKey)):
        keys[key.party].append((key.n, key.public, key.held, key.status))
    qualified = {row.party: row for row in session.scalars(select(Qualification))}
    records: Records = {}
    for party in session.scalars(select(Party)):
        known = qualified.get(party.party)
        records[f"party/{party.party}"] = {
            "organisation": party.organisation,
            "roles": ",".join(sorted(party.roles)),
            "status": party.status,
            "keys": _keys(keys[party.party]),
            "qualification": " ".join(_text(getattr(known, name)) for name in _QUALIFICATION if known),
        }
    return records


def _executions(session: Session) -> Records:
    """An exchange's executions: the trade as it was made, and what the last claim that settled has made of it."""
    last = select(Claim).where(Claim.status == "settled").order_by(Claim.ordinal)
    claims = {claim.trade: claim for claim in session.scalars(last)}
    records: Records = {}
    for trade in session.scalars(select(Trade).where(Trade.reference != "")):
        record = {field: _text(getattr(trade, field)) for field in CLASSES["execution"] if field != "trade"}
        record["trade"] = trade.id
        if claim := claims.get(trade.id):
            record |= {"quantity": str(claim.quantity), "price_minor": str(claim.price_minor)}
        records[f"execution/{trade.venue}/{trade.reference}"] = record
    return records


def _deposits(session: Session) -> Records:
    records: Records = {}
    for one in session.scalars(select(Deposit)):
        records[f"deposit/{one.bank}/{one.reference}"] = {
            "instrument": one.instrument,
            "account": one.account,
            "amount_minor": str(one.amount_minor),
            "command": one.id,
        }
    return records


_SQL: dict[str, Callable[[Session], Records]] = {
    "party": _parties,
    "account": lambda s: _rows(s, "account", select(Account), lambda row: _shown("account", row.id)),
    "instrument": lambda s: _rows(s, "instrument", select(Instrument), lambda row: f"instrument/{row.instrument}"),
    "holding": lambda s: _rows(
        s,
        "holding",
        select(Holding).where((Holding.quantity != 0) | (Holding.reserved != 0)),
        lambda row: _shown(f"holding/{row.instrument}", row.account),
    ),
    "order": lambda s: _rows(
        # One that was refused at the door has no record on the ledger; one that its exchange rejected has.
        s,
        "order",
        select(Order).where(Order.sequence.is_not(None)),
        lambda row: _shown("order", row.id),
    ),
    "mandate": lambda s: _rows(s, "mandate", select(Mandate), lambda row: f"mandate/{row.owner}/{row.agent}"),
    "execution": _executions,
    "claim": lambda s: _rows(s, "claim", select(Claim), lambda row: _shown("claim", row.id)),
    "instruction": lambda s: _rows(s, "instruction", select(Instruction), lambda row: f"instruction/{row.terms}"),
    "offering": lambda s: _rows(s, "offering", select(Offering), lambda row: _shown("offering", row.id)),
    "subscription": lambda s: _rows(
        s,
        "subscription",
        select(Subscription),
        lambda row: _shown("subscription", f"{row.offering}/{row.subscriber}"),
    ),
    "withdrawal": lambda s: _rows(s, "withdrawal", select(Withdrawal), lambda row: _shown("withdrawal", row.id)),
    "deposit": _deposits,
    "act": lambda s: _rows(s, "act", select(Act), lambda row: _shown("act", row.id)),
    # An execution's number stands for it on the ledger, so it has no record of its own there.
    "command": lambda s: _rows(
        s,
        "command",
        select(Command).where(Command.function != "trade:execute"),
        lambda row: f"command/{row.party}/{row.id}",
    ),
}


def conservation(raw: Mapping[str, Raw]) -> Iterator[str]:
    """I1, I2: what is held is what was issued. I3, I4: what is reserved is what what is open reserves."""
    held: dict[str, int] = defaultdict(int)
    reserved: dict[tuple[str, str], int] = defaultdict(int)
    for order in raw["order"].values():
        if order["status"] in OPEN:
            buy = order["side"] == "buy"
            place = (order["currency"], order["cash_account"]) if buy else (order["instrument"], order["account"])
            reserved[place] += int(order["reserved"])
    for withdrawal in raw["withdrawal"].values():
        if withdrawal["status"] == "requested":
            reserved[withdrawal["instrument"], withdrawal["account"]] += int(withdrawal["amount_minor"])
    for instruction in raw["instruction"].values():
        receives = instruction["side"] == "receive"
        place = ("currency", "cash_account") if receives else ("instrument", "account")
        reserved[instruction[place[0]], instruction[place[1]]] += int(instruction["reserved"])
    for subscription in raw["subscription"].values():
        currency = raw["offering"][_shown("offering", subscription["offering"])]["currency"]
        reserved[currency, subscription["cash_account"]] += int(subscription["reserved"])
    for key, holding in raw["holding"].items():
        quantity, aside = int(holding["quantity"]), int(holding["reserved"])
        held[holding["instrument"]] += quantity
        if not 0 <= aside <= quantity:
            yield f"{key}: {aside} reserved of {quantity} held"
        wanted = reserved.pop((holding["instrument"], holding["account"]), 0)
        if aside != wanted:
            yield f"{key}: {aside} is reserved, open orders and withdrawals reserve {wanted}"
    for (instrument, account), wanted in sorted(reserved.items()):
        if wanted:
            yield f"{_shown(f'holding/{instrument}', account)}: nothing is held, open orders reserve {wanted}"
    for registered in raw["instrument"].values():
        code, issued = registered["instrument"], int(registered["issued"])
        if held[code] != issued:
            yield f"instrument/{code}: {held[code]} is held, {issued} was issued"
        if registered["kind"] == "currency" and issued > int(registered["attested_minor"]):
            yield f"instrument/{code}: {issued} was issued, {registered['attested_minor']} is attested"
        if registered["authorised"] and issued > int(registered["authorised"]):
            yield f"instrument/{code}: {issued} was issued, {registered['authorised']} is authorised"


def _outcomes(session: Session, commands: Raw) -> Iterator[str]:
    """Every submission says what the ledger says: done where that is done, and with its outcome."""
    for one in session.scalars(select(Submission).where(Submission.function != "trade:execute")):
        known = commands.get(f"command/{one.party}/{one.id}")
        if known is None or known["hash"] != one.hash:
            continue
        said = (one.code, one.reason) if one.status == "done" else None
        if said != (known["code"], known["reason"]):
            outcome = known["code"] or "done"
            yield f"submission {one.party}:{one.id}: {one.status} {one.code} in SQL, {outcome} on the ledger"
