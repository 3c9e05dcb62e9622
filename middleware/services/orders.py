"""Orders: placed, cancelled, expired, and folded from what the ledger says became of them. Lists stand in blotter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from middleware import amounts, clock, ids, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.account import Account
from middleware.models.instrument import Instrument
from middleware.models.order import Order
from middleware.models.submission import Submission
from middleware.services import blotter, holdings, mandates, reports, submissions
from middleware.services.blotter import PLACE
from middleware.services.ordering import LEFT_OPEN, OPEN, Desk, Wanted
from middleware.services.pages import Row
from middleware.services.recording import existing, keepers, number, recorded, text
from middleware.services.submissions import Intent


def place(session: Session, orders: Sequence[Wanted]) -> list[Submission | Error]:
    """Send limit orders to the ledger, which reserves what each may cost. An answer for each, in order; one commit."""
    return place_prepared(session, orders, prepare(session, orders))


def prepare(session: Session, orders: Sequence[Wanted]) -> list[relay.Wish | Error]:
    """Check orders against what the mirror knows, which takes no lock: a wish for the relay or a refusal for each."""
    desk = Desk.of(session, orders)
    return [_prepared(session, desk, order) for order in orders]


def place_prepared(
    session: Session, orders: Sequence[Wanted], prepared: Sequence[relay.Wish | Error]
) -> list[Submission | Error]:
    """Send what `prepare` found good."""
    answers = _enqueue(session, prepared)
    answers = _enqueue(session, [_again(session, *one) for one in zip(orders, prepared, answers, strict=True)])
    session.commit()  # from here none of them can be lost
    relay.push(session)
    return answers


def _prepared(session: Session, desk: Desk, order: Wanted) -> relay.Wish | Error:
    try:
        args = desk.args(order)
        if order.intent.jws:
            submissions.verify(session, order.intent.jws)
    except Error as error:
        return error
    intent = order.intent
    return relay.Wish(function=PLACE, args=args, signer=order.party, id=intent.id, jws=intent.jws or None)


def _enqueue(session: Session, things: Sequence[relay.Wish | Submission | Error]) -> list[Submission | Error]:
    """Wishes become what the relay answers; the rest stays."""
    wishes = [thing for thing in things if isinstance(thing, relay.Wish)]
    answers = iter(relay.enqueue_many(session, wishes) if wishes else ())
    return [next(answers) if isinstance(thing, relay.Wish) else thing for thing in things]


def _again(
    session: Session, order: Wanted, wish: relay.Wish | Error, answer: Submission | Error
) -> relay.Wish | Submission | Error:
    """What to do about an id that was used before: in a repeat, what was left open keeps its first value."""
    if isinstance(wish, Error) or not isinstance(answer, Error) or answer.code != "duplicate":
        return answer
    first = submissions.first_args(session, order.party, order.intent, PLACE)
    kept = {name: first[name] for name in LEFT_OPEN if name in first and order.fields.get(name, "") in OPEN}
    return replace(wish, args={**wish.args, **kept}) if kept else answer


def preview(session: Session, party: str, wanted: Mapping[str, str]) -> Row:
    """What an order would reserve, and what would be left. Nothing is sent."""
    order = Wanted(party, Intent(""), wanted)
    desk = Desk.of(session, [order])
    args, instrument = desk.args(order), desk.instrument(wanted["instrument"])
    quantity, limit, fee = (int(args[name]) for name in ("quantity", "limit_minor", "max_fee_minor"))
    amount = amounts.multiply(quantity, limit, field="quantity")
    buys = args["side"] == "buy"
    reserved = amounts.add(amount, fee, field="max_fee_minor") if buys else quantity
    what = instrument.currency if buys else instrument.instrument
    where = args["cash_account"] if buys else args["account"]
    available = holdings.available(session, instrument=what, account=where)
    money = session.get(Instrument, instrument.currency)
    return {
        **args,
        "amount_minor": amount,
        "good_till": clock.parse(args["good_till"]),
        "reserved": reserved,
        "reserved_instrument": what,
        "reserved_account": where,
        "available": available,
        "available_after": available - reserved,
        "sufficient": available >= reserved,
        "fee_bps": instrument.fee_bps,
        "lot": instrument.lot,
        "tick_minor": instrument.tick_minor,
        "currency": instrument.currency,
        "currency_digits": money.minor_digits if money else 0,
    }


def cancel(session: Session, principal: Principal, intent: Intent, *, order: str) -> Submission:
    """Take an order off the book and release what it had reserved; at an exchange, ask it to."""
    submission = prepare_cancel(session, principal, intent, order=order)
    session.commit()
    relay.push(session)
    return submission


def prepare_cancel(session: Session, principal: Principal, intent: Intent, *, order: str) -> Submission:
    """As cancel; the use case commits."""
    row = blotter.show(session, principal, order)
    if principal.party not in (row["owner"], row["broker"], order.partition(":")[0]):
        raise Error("forbidden", f"the order {order} is not {principal.party}'s", reason="owner")
    return submissions.send(session, principal, intent, "order:cancel", {"order": order})


def expire(session: Session, principal: Principal, intent: Intent, *, order: str) -> Submission:
    """Free what an order reserves that can never execute any more."""
    blotter.show(session, principal, order)
    return _about(session, principal, intent, "order:expire", order)


def _about(session: Session, principal: Principal, intent: Intent, function: str, order: str) -> Submission:
    submission = submissions.send(session, principal, intent, function, {"order": order})
    session.commit()
    relay.push(session)
    return submission


@on("OrderPlaced")
def mirror_placed(fact: Fact, rows: Rows) -> None:
    """An order whose cost is reserved: it is on the book."""
    row = {name: fact[name] for name in _TEXTS}
    row |= {name: int(fact[name]) for name in ("quantity", "limit_minor", "max_fee_minor", "sequence", "reserved")}
    row |= {"id": fact["order"], "owner": fact["owner"], "currency": _currency(rows, fact["instrument"])}
    row |= {"good_till": clock.parse(fact["good_till"]), "status": "new", **_UNTOUCHED, **_NO_REFUSAL, **_OPEN}
    row |= {"book": fact["book"]}
    row |= {**recorded(fact, rows), "kid": fact["kid"], "held": fact["held"]}
    rows.put(Order, row)
    mandates.use(rows, row["owner"], row["kid"], row["quantity"] * row["limit_minor"] + row["max_fee_minor"])
    tell(fact, rows, row)
    reports.add(fact, rows, "new", row)
    rows.event(fact, "book", fact["instrument"])


@on("CommandRefused")
def mirror_rejected(fact: Fact, rows: Rows) -> None:
    """An order that the ledger did not take: kept with the ledger's sentence. Its args may be anything."""
    id = ids.reference(fact.command.party, fact.command.id)
    if fact["function"] != PLACE or rows.get(Order, id) is not None:
        return
    args = fact["args"]
    row: Row = {name: text(args.get(name)) for name in _TEXTS}
    row |= {name: number(args.get(name)) for name in ("quantity", "limit_minor", "max_fee_minor")}
    row |= {"id": id, "owner": _owner(rows, row["account"], fact), "currency": _currency(rows, row["instrument"])}
    row |= {"good_till": _instant(args.get("good_till")), "status": "rejected", "sequence": None, "reserved": 0}
    row |= {"book": "ledger"}
    row |= {**_UNTOUCHED, "code": fact["code"], "reason": fact["reason"], "message": fact["message"]}
    row |= {**closed(fact, recorded(fact, rows)), **recorded(fact, rows)}
    rows.put(Order, row)
    tell(fact, rows, row)
    reports.add(fact, rows, "rejected", row, **_refusal(fact))


@on("CommandRefused")
def mirror_kept(fact: Fact, rows: Rows) -> None:
    """A cancel or a replacement that the ledger did not take: the order stays as it is, and its broker hears why."""
    kind = {"order:cancel": "cancel_refused", "order:replace": "replace_refused"}.get(fact["function"])
    row = rows.get(Order, text(fact["args"].get("order"))) if kind else None
    if kind and row is not None and fact.command.party in (row["owner"], row["broker"], row["id"].partition(":")[0]):
        reports.add(fact, rows, kind, row, **_refusal(fact))


@on("OrderCancelRequested")
def mirror_cancel_requested(fact: Fact, rows: Rows) -> None:
    """Somebody who may wants an order off an exchange's book. It stays reserved until the exchange has released it."""
    row = existing(rows, Order, fact["order"])
    tell(fact, rows, row)
    reports.add(fact, rows, "pending_cancel", row)


@on("OrderCancelled", "OrderExpired", "OrderRejected")
def mirror_ended(fact: Fact, rows: Rows) -> None:
    """An order that left its book; what it reserved is available again."""
    status = _ENDS[fact.name]
    row = {**existing(rows, Order, fact["order"]), "status": status, "reserved": 0, **_NOTHING_PENDING}
    why = fact.get("reason", "")
    row |= {**closed(fact, recorded(fact, rows)), "message": why}
    rows.put(Order, row)
    tell(fact, rows, row)
    reports.add(fact, rows, status, row, text=why)
    rows.event(fact, "book", row["instrument"])


def fill(fact: Fact, rows: Rows, side: str, signed: Row) -> None:
    """One order's side of an execution. side: buy or sell."""
    row = dict(existing(rows, Order, fact[side]))
    fee = fact["buyer_fee_minor" if side == "buy" else "seller_fee_minor"]
    row |= {"status": fact[f"{side}_status"], "filled": int(fact[f"{side}_filled"])}
    row |= {"reserved": int(fact[f"{side}_reserved"]), "fees_minor": row["fees_minor"] + int(fee)}
    row["spent_minor"] += int(fact["amount_minor"])
    if row["status"] == "filled":
        row |= closed(fact, signed)
    rows.put(Order, row)
    tell(fact, rows, row)
    last = {"last_quantity": int(fact["quantity"]), "last_price_minor": int(fact["price_minor"]), "fee_minor": int(fee)}
    named = {"trade": fact["trade"], "reference": fact.get("reference", "")}
    reports.add(fact, rows, "trade", row, side=side, **last, **named)


def tell(fact: Fact, rows: Rows, row: Mapping[str, Any]) -> None:
    """Whom a change of an order concerns: owner, custodian, venue and broker."""
    signer = row["id"].partition(":")[0]
    parties = {row["owner"], row["venue"], row["broker"], signer, *keepers(rows, row["account"])} - {""}
    rows.event(fact, "order", row["id"], parties)


def followers(rows: Rows, *orders: str) -> set[str]:
    """Brokers of orders, and agents who signed them: whom their trades concern beside owner and custodian."""
    named = {existing(rows, Order, order)["broker"] for order in orders} | {order.partition(":")[0] for order in orders}
    return named - {""}


def closed(fact: Fact, signed: Mapping[str, Any]) -> Row:
    """The columns that say by what an order ended, and who signed that."""
    return {
        "closed_at": fact.at,
        "closed_block": fact.block,
        "closed_transaction": fact.transaction,
        "closed_kid": signed["kid"],
        "closed_held": signed["held"],
    }


def _owner(rows: Rows, account: str, fact: Fact) -> str:
    """Whose order it would have been: an agent signs for the owner of the account."""
    row = rows.get(Account, account)
    return row["owner"] if row else fact.command.party


def _refusal(fact: Fact) -> Row:
    return {"code": fact["code"], "reason": fact["reason"], "text": fact["message"]}


def _currency(rows: Rows, instrument: str) -> str:
    row = rows.get(Instrument, instrument)
    return row["currency"] if row else ""


def _instant(value: Any) -> Any:
    try:
        return clock.parse(value)
    except Error:
        return None


_ENDS = {"OrderCancelled": "cancelled", "OrderExpired": "expired", "OrderRejected": "rejected"}
_TEXTS = ("venue", "broker", "account", "cash_account", "instrument", "side")
_NOTHING_PENDING = {"pending_quantity": None, "pending_limit_minor": None, "pending_max_fee_minor": None}
_UNTOUCHED = {"filled": 0, "spent_minor": 0, "fees_minor": 0, **_NOTHING_PENDING}
_NO_REFUSAL = {"code": "", "reason": "", "message": ""}
_OPEN = {"closed_at": None, "closed_block": None, "closed_transaction": "", "closed_kid": "", "closed_held": ""}
