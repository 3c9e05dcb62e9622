"""Executions of exchanges: what was traded outside becomes a command of the exchange; what cannot is parked.

Each is stored once for its reference, in one commit with the message that told of it and with the command it becomes:
`trade:report` once both sides are known, `claim:open` for a bust or a correction of what was reported. The exchange's
key signs, which the platform keeps for it.
"""

import base64
import hashlib
import re
import unicodedata
from typing import Any

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from middleware import clock, ids, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.execution import Execution
from middleware.models.order import Order
from middleware.services import routes, submissions
from middleware.services.submissions import Intent

BOTH = "both"
SIDES = ("buy", "sell")
REPORT, CLAIM = "trade:report", "claim:open"
OTHER_SIDE, UNREADABLE = "other_side", "message"
_SEEN = ("reported", "claimed")
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,35}", re.ASCII)
_LONGEST_REASON = 140
_HOPS = 4  # a correction of a correction of a side that went into another row
log = structlog.get_logger(__name__)


def receive(
    session: Session,
    principal: Principal,
    *,
    kind: str,
    reference: str,
    side: str,
    quantity: int,
    price_minor: int | None,
    raw: str,
    match: str = "",
    buy: str = "",
    sell: str = "",
    instrument: str = "",
    refers_to: str = "",
    problem: str = "",
) -> Execution:
    """Take an execution, bust or correction; `buy` and `sell` are our names for its orders. The use case commits.

    A reference that was told before is the first one again. `problem` is what cannot be read in the message.
    """
    name = reference or ledger_reference(raw)
    known = find(session, principal.party, name)
    if known is not None:
        return known
    said: dict[str, Any] = {"kind": kind, "side": side, "match": match, "buy": buy, "sell": sell, "raw": raw}
    said |= {"instrument": instrument, "quantity": quantity, "price_minor": price_minor or 0, "refers_to": refers_to}
    row = _stored(session, principal.party, name, **said)
    if not problem and price_minor is None:
        problem = "its price is none in this currency"
    if not problem and not reference:
        problem = "it has no reference of its own"
    if problem:
        park(row, problem, code="invalid", reason=UNREADABLE)
    else:
        decide(session, row)
    return row


def release(
    session: Session, principal: Principal, *, client_id: str, status: str, reason: str, reference: str
) -> None:
    """The exchange has ended an order: what it reserves is freed. The use case commits."""
    said = {"status": status, "reason": plain(reason)}
    _say_of_order(session, principal, "order:release", client_id, said, reference)


def amend(session: Session, principal: Principal, *, client_id: str, outcome: str, reason: str, reference: str) -> None:
    """The exchange has replaced an order, or will not. The use case commits."""
    said = {"outcome": outcome, "reason": plain(reason)}
    _say_of_order(session, principal, "order:amend", client_id, said, reference)


def ledger_reference(reference: str) -> str:
    """What the ledger calls an execution: the exchange's own name where it has the form, 1 to 35 letters, digits or -.

    Any other is X and the first 34 of the 52 characters that its SHA-256 has in base32.
    """
    if _REFERENCE.fullmatch(reference):
        return reference
    return "X" + base64.b32encode(hashlib.sha256(reference.encode()).digest()).decode()[:34]


def plain(text: str) -> str:
    """A reason in the exchange's words as the ledger takes it: one line of printable characters."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(one if _is_plain(one) else " " for one in composed).strip()[:_LONGEST_REASON].strip()


def _is_plain(character: str) -> bool:
    return character.isprintable() and character != "\ufffd" and not unicodedata.category(character).startswith("M")


def find(session: Session, venue: str, reference: str) -> Execution | None:
    """What an exchange has told under a reference."""
    return session.scalar(select(Execution).where(Execution.venue == venue, Execution.reference == reference))


def decide(session: Session, row: Execution) -> None:
    """Send it to the ledger, let it wait for its other side, or park it. The use case commits."""
    row.buy, row.sell = (routes.order_of(session, row.venue, name) or name for name in (row.buy, row.sell))
    row.instrument = _instrument(session, row) or row.instrument
    if row.kind != "trade":
        _claim(session, row)
    elif unknown := _unknown(session, row):
        park(row, unknown, code="not_found", reason="order")
    elif row.side == BOTH:
        _report(session, row)
    else:
        _pair(session, row)


def park(row: Execution, message: str, *, code: str, reason: str) -> None:
    """Put it aside for operator and exchange to look at. Nothing of it has moved."""
    log.warning("alarm: an execution is parked", venue=row.venue, reference=row.reference, problem=message)
    turn(row, "parked", code=code, reason=reason, message=message)


def turn(row: Execution, status: str, **more: str) -> None:
    """Its next status; why it was parked is forgotten, unless `more` says it."""
    for name, value in ({"code": "", "reason": "", "message": ""} | more).items():
        setattr(row, name, value)
    row.status, row.changed_at = status, clock.now()


def _stored(session: Session, venue: str, reference: str, **said: Any) -> Execution:
    now = clock.now()
    nothing = dict.fromkeys(("code", "reason", "message", "note"), "")
    row = Execution(id=ids.new(), venue=venue, reference=reference, status="waiting", **said, **nothing)
    row.received_at = row.changed_at = now
    session.add(row)
    session.flush()
    return row


def _instrument(session: Session, row: Execution) -> str:
    orders = (session.get(Order, name) for name in (row.buy, row.sell) if name)
    return next((order.instrument for order in orders if order is not None), "")


def _unknown(session: Session, row: Execution) -> str:
    """Which of the sides that it names is no order here."""
    for side in SIDES if row.side == BOTH else (row.side,):
        name = getattr(row, side)
        if not name:
            return f"it names no order on the {side} side"
        if session.get(Order, name) is None:
            return f"there is no order {name}, which it names on the {side} side"
    return ""


def _pair(session: Session, row: Execution) -> None:
    """Two sides of one match are one execution, under the name of the first. Until then each waits."""
    same = [getattr(Execution, name) == getattr(row, name) for name in ("venue", "kind", "match", "quantity")]
    same += [Execution.price_minor == row.price_minor, Execution.match != "", Execution.side.in_(SIDES)]
    lonely = (Execution.status == "parked") & (Execution.reason == OTHER_SIDE)
    waits = or_(Execution.status == "waiting", lonely)
    query = select(Execution).where(*same, Execution.side != row.side, waits).order_by(Execution.number)
    other = session.scalars(query.limit(1)).first()
    if other is None:
        turn(row, "waiting")
        return
    other.side, other.buy, other.sell = BOTH, other.buy or row.buy, other.sell or row.sell
    row.refers_to = other.reference
    turn(row, "paired")
    _report(session, other)


def _report(session: Session, row: Execution) -> None:
    args = {name: str(getattr(row, name)) for name in ("instrument", "buy", "sell", "quantity", "price_minor")}
    _send(session, row, REPORT, {**args, "reference": ledger_reference(row.reference)})


def _claim(session: Session, row: Execution) -> None:
    trade = _trade(session, row)
    if trade is None:
        park(row, f"nobody has told of {row.refers_to}, which it is about", code="not_found", reason="execution")
        return
    row.refers_to = trade.reference
    if trade.status in ("waiting", "parked", "dismissed"):
        _before_settling(session, row, trade)
    elif _said_for_the_other_side(session, row):
        turn(row, "paired")
    else:
        numbers = (row.quantity, row.price_minor) if row.kind == "correct" else (0, 0)
        args = {"execution": ledger_reference(trade.reference), "kind": row.kind, "quantity": str(numbers[0])}
        args |= {"price_minor": str(numbers[1]), "notice": ledger_reference(row.reference)}
        _send(session, row, CLAIM, args)


def _trade(session: Session, row: Execution) -> Execution | None:
    """What it is about: the trade itself, also where it names a lone side or an earlier correction of it."""
    found = find(session, row.venue, row.refers_to)
    for _ in range(_HOPS):
        if found is None or (found.kind == "trade" and found.status != "paired"):
            return found
        found = find(session, row.venue, found.refers_to)
    return None


def _before_settling(session: Session, row: Execution, trade: Execution) -> None:
    """Nothing has moved, so there is nothing to claim: the trade is forgotten, or goes on with its right numbers."""
    turn(row, "dismissed")
    row.note = f"{trade.reference} had not settled: it was {trade.status}"
    if trade.status == "dismissed":
        return
    if row.kind == "bust":
        turn(trade, "dismissed")
        trade.note = f"taken back by {row.reference}"
        return
    trade.quantity, trade.price_minor = row.quantity, row.price_minor
    trade.note = f"corrected by {row.reference}"
    if trade.status == "waiting":
        decide(session, trade)


def _said_for_the_other_side(session: Session, row: Execution) -> bool:
    """A bust or a correction that comes once for each side is one claim."""
    names = ("venue", "kind", "refers_to", "quantity", "price_minor")
    same = [getattr(Execution, name) == getattr(row, name) for name in names]
    other = (Execution.side != row.side, Execution.status.in_(_SEEN), Execution.number < row.number)
    return row.side in SIDES and session.scalar(select(Execution.number).where(*same, *other).limit(1)) is not None


def _send(session: Session, row: Execution, function: str, args: dict[str, str]) -> None:
    """Under the row's own id. What cannot be signed is parked; while nothing can be stored, the caller tries again."""
    try:
        relay.enqueue(session, function=function, args=args, signer=row.venue, id=row.id)
    except Error as error:
        if error.code == "unavailable":
            raise
        park(row, error.message, code=error.code, reason=error.reason)
    else:
        turn(row, "reported")


def _say_of_order(
    session: Session, principal: Principal, function: str, client_id: str, said: dict[str, str], reference: str
) -> None:
    """The same word of the exchange about an order is the same command, however often it comes."""
    order = routes.order_of(session, principal.party, client_id)
    if not order:
        raise Error("not_found", f"{principal.party} was never sent {client_id}", reason="order")
    id = ids.member(ids.split(order)[1], f"{function}/{principal.party}/{reference}")
    submissions.send(session, principal, Intent(id), function, {"order": order, **said})


@on("TradeReported", "ClaimOpened")
def mark_settled(fact: Fact, rows: Rows) -> None:
    """The ledger has taken what the exchange reported."""
    _mark(fact, rows, status="settled" if fact.name == "TradeReported" else "claimed")


@on("CommandRefused")
def mark_parked(fact: Fact, rows: Rows) -> None:
    """The ledger has not, and says why."""
    if fact["function"] in (REPORT, CLAIM):
        why = {name: fact[name] for name in ("code", "reason", "message")}
        _mark(fact, rows, status="parked", **why)


def _mark(fact: Fact, rows: Rows, **values: str) -> None:
    """Nothing happens for what was reported elsewhere, or in a replay: its row is not `reported` any more."""
    mine = (Execution.venue == fact.command.party, Execution.id == fact.command.id, Execution.status == "reported")
    rows.connection.execute(update(Execution).where(*mine).values(**values, changed_at=fact.at))
    rows.event(fact, "execution", fact.command.id, [fact.command.party])
