"""What brokers ask for by message: each message is stored in the same commit as what follows from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.orm import Session

from middleware import amounts, clock, ids, relay
from middleware import log as lines
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.entry import ClientId, Entry, Notice
from middleware.models.order import OPEN, Order
from middleware.models.party import Party
from middleware.services import (
    affirmations,
    confirmations,
    entries,
    instruments,
    mandates,
    messages,
    naming,
    orders,
    replacements,
    sessions,
)
from middleware.services.entries import Allocation, Ticket
from middleware.services.submissions import Intent

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Enter:
    """A new order. `price` as it is written; `again`: it may have been sent before under this name."""

    client_id: str
    instrument: str
    isin: str
    side: str
    price: str
    venue: str
    good_till: str
    allocations: Sequence[Allocation]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """A wish that an order, whole as it was entered, ends."""

    client_id: str
    original: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """A wish that an order gets other terms. `quantity` is the new one in all, what is filled included."""

    client_id: str
    original: str
    quantity: str
    price: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a broker says to the confirmation of a trade. status: received, affirmed, rejected."""

    confirmation: str
    status: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message from which nothing follows, and why."""

    client_id: str
    error: Error
    original: str = ""


Wish = Enter | Cancel | Replace | Answer | Refusal


@dataclass(frozen=True, slots=True)
class Asked:
    """One message of a session and what it asks for; None: it is only kept."""

    comp_id: str
    raw: str
    wish: Wish | None


def take(session: Session, asked: Sequence[Asked]) -> None:
    """Keep messages and do what they ask for. The use case commits, then calls `sent`. Known ones change nothing."""
    offices: dict[str, _Office] = {}
    for one in asked:
        if one.comp_id not in offices:
            offices[one.comp_id] = _Office.of(session, one.comp_id, asked)
        number = messages.keep(session, one.comp_id, "in", one.raw)
        if number and one.wish is not None:
            with lines.within(session=one.comp_id, message=number):
                _follow(session, offices[one.comp_id], one, number)


@dataclass(frozen=True, slots=True)
class _Office:
    """What the messages of one session that come together have in common."""

    comp_id: str
    principal: Principal
    tickets: Mapping[int, Ticket | Error]
    counter: entries.Counter
    held: object

    @classmethod
    def of(cls, session: Session, comp_id: str, asked: Sequence[Asked]) -> "_Office":
        """Look up once, for all orders among them, what each would look up."""
        principal, held = sessions.principal_of(session, comp_id), sessions.held(session, comp_id)
        named: dict[tuple[str, str], instruments.Named] = {}
        wishes = [one.wish for one in asked if one.comp_id == comp_id and isinstance(one.wish, Enter)]
        tickets = {id(wish): _ticket(session, comp_id, wish, named) for wish in wishes}
        good = [ticket for ticket in tickets.values() if isinstance(ticket, Ticket)]
        return cls(comp_id, principal, tickets, entries.Counter.of(session, principal.party, good), held)


def sent(session: Session) -> None:
    """After the commit: let the worker look."""
    relay.push(session)


def _follow(session: Session, office: _Office, asked: Asked, number: int) -> None:
    principal, wish = office.principal, asked.wish
    assert wish is not None  # noqa: S101 - take() has looked
    try:
        with session.begin_nested():
            if isinstance(wish, Refusal):
                raise wish.error
            _ACTS[type(wish)](session, office, wish)
    except Error as error:
        session.add(_refused(session, principal, asked.comp_id, wish, number, error))
    except Exception:
        log.error("alarm: a message could not be dealt with", session=asked.comp_id, message=number, exc_info=True)
        failed = Error("internal", "This could not be done; the operator has been told.")
        session.add(_refused(session, principal, asked.comp_id, wish, number, failed))


def _refused(session: Session, principal: Principal, comp_id: str, wish: Wish, number: int, error: Error) -> Notice:
    """What the broker is told: about his order, where it is one of his."""
    said = {"code": error.code, "reason": error.reason, "text": error.message, "message": number}
    named = naming.find(session, principal.party, getattr(wish, "original", ""))
    entered = entries.of_group(session, named.group) if named else []
    if entered:
        said |= {"entry": entered[0].id}
    group = entered[0].group if entered else ""
    return _notice("refused", principal, comp_id, getattr(wish, "client_id", ""), group, **said)


def _notice(kind: str, principal: Principal, comp_id: str, client_id: str, group: str, **more: Any) -> Notice:
    row = {"entry": "", "order": "", "owner": "", "code": "", "reason": "", "text": "", "message": None, **more}
    row |= {"broker": principal.party, "session": comp_id, "client_id": client_id, "group": group}
    return Notice(at=clock.now(), kind=kind, **row)


def _known(session: Session, principal: Principal, comp_id: str, wish: Enter | Cancel | Replace) -> bool:
    """Whether a message that may be a repeat is one: then its order is told again as it stands."""
    known = naming.used_today(session, principal.party, wish.client_id) if wish.again else None
    if known is None:
        return False
    first = entries.of_group(session, known.group)
    if first:
        session.add(_notice("standing", principal, comp_id, wish.client_id, known.group, entry=first[0].id))
    return bool(first)


def _enter(session: Session, office: _Office, wish: Enter) -> None:
    if _known(session, office.principal, office.comp_id, wish):
        return
    ticket = office.tickets[id(wish)]
    if isinstance(ticket, Error):
        raise ticket
    entries.add(session, office.principal, ticket, office.counter)


def _ticket(
    session: Session, comp_id: str, wish: Enter, known: dict[tuple[str, str], instruments.Named]
) -> Ticket | Error:
    """An order as a ticket: its instrument found, its price in minor units."""
    try:
        _exists(session, wish.venue)
        named = _named(session, wish, known)
        terms = {"instrument": named.instrument, "side": wish.side, "venue": wish.venue, "good_till": wish.good_till}
        terms["limit_minor"] = _price(wish.price, named)
    except Error as error:
        return error
    return Ticket(ids.new(), wish.client_id, terms, wish.allocations, session=comp_id)


def _named(session: Session, wish: Enter, known: dict[tuple[str, str], instruments.Named]) -> instruments.Named:
    key = (wish.instrument, wish.isin)
    if key not in known:
        field = "55" if wish.instrument else "48"
        known[key] = instruments.find(session, code=wish.instrument, isin=wish.isin, field=field)
    return known[key]


def _exists(session: Session, venue: str) -> None:
    known = session.get(Party, venue) if venue else None
    if venue and (known is None or not {"venue", "exchange"} & set(known.roles)):
        raise Error("not_found", f"ExDestination (100) is {venue}: there is no such venue", reason="venue", field="100")


def _price(text: str, named: instruments.Named) -> str:
    try:
        limit = amounts.to_minor(text, named.digits, field="44")
    except Error as error:
        raise Error("invalid", f"Price (44): {error.message}", reason="limit_minor", field="44") from None
    if not limit:
        raise Error("invalid", f"Price (44) is {text}; it must be positive", reason="limit_minor", field="44")
    return str(limit)


def _original(session: Session, principal: Principal, original: str) -> tuple[ClientId, list[Entry]]:
    """The order that a message is about. Another broker's does not exist here."""
    named = naming.find(session, principal.party, original)
    entered = entries.of_group(session, named.group) if named else []
    if named is None or not entered:
        message = f"OrigClOrdID (41) is {original}: {principal.party} has entered no such order"
        raise Error("not_found", message, reason="order", field="41")
    return named, entered


def _cancel(session: Session, office: _Office, wish: Cancel) -> None:
    principal, comp_id = office.principal, office.comp_id
    if _known(session, principal, comp_id, wish):
        return
    named, entered = _original(session, principal, wish.original)
    command = ids.new()
    _name(session, principal, comp_id, wish, "cancel", named.group, command)
    withdrawn = affirmations.take_back(session, principal, entered, client_id=wish.client_id)
    asked = [_cancel_order(session, principal, command, entry, len(entered)) for entry in entered if entry.order]
    if not withdrawn and not any(asked):
        raise Error("wrong_status", f"the order {wish.original} has ended already", reason="order", field="41")


def _cancel_order(session: Session, principal: Principal, command: str, entry: Entry, of: int) -> bool:
    """Ask for the end of one order; whether there was anything to end."""
    order = session.get(Order, entry.order)
    if order is None:
        message = f"the order {entry.client_id} is on its way to the ledger; ask again when it has answered"
        raise Error("wrong_status", message, reason="pending_new", field="41")
    if order.status not in OPEN:
        return False
    id = command if of == 1 else naming.member(command, entry.order)
    orders.prepare_cancel(session, principal, Intent(id), order=entry.order)
    return True


def _replace(session: Session, office: _Office, wish: Replace) -> None:
    principal, comp_id = office.principal, office.comp_id
    if _known(session, principal, comp_id, wish):
        return
    named, entered = _original(session, principal, wish.original)
    entry = _replaceable(session, principal, wish, entered)
    price = _price(wish.price, instruments.find(session, code=entry.instrument))
    command = ids.new()
    _name(session, principal, comp_id, wish, "replace", named.group, command)
    terms = {"quantity": wish.quantity, "limit_minor": price}
    replacements.prepare(session, principal, Intent(command), order=entry.order, **terms)


def _replaceable(session: Session, principal: Principal, wish: Replace, entered: Sequence[Entry]) -> Entry:
    if len(entered) > 1:
        message = f"{wish.original} is a block of {len(entered)} allocations: cancel it and enter another"
        raise Error("invalid", message, reason="block", field="41")
    (entry,) = entered
    if entry.status == affirmations.AWAITING:
        message = f"{wish.original} awaits its affirmation: cancel it and enter another"
        raise Error("wrong_status", message, reason="awaiting_affirmation", field="41")
    if session.get(Order, entry.order) is None:
        raise Error("wrong_status", f"the order {wish.original} is not open", reason="order", field="41")
    if mandates.of_agent(session, entry.owner, principal.party).affirmation != "none":
        message = f"the investor signs other terms of {wish.original} himself: cancel it and enter another"
        raise Error("forbidden", message, reason="affirmation", field="41")
    return entry


def _name(
    session: Session,
    principal: Principal,
    comp_id: str,
    wish: Cancel | Replace,
    kind: str,
    group: str,
    command: str,
) -> None:
    more = {"original": wish.original, "command": command}
    entries.name_once(session, principal, wish.client_id, kind=kind, group=group, by=comp_id, **more)


def _answer(session: Session, office: _Office, wish: Answer) -> None:
    confirmations.answer(
        session, office.principal, wish.confirmation, status=wish.status, reason=wish.reason, text=wish.text
    )


def cancel_all(session: Session, comp_id: str) -> int:
    """The session is gone and its profile says that its open orders go too. One commit; answers how many."""
    principal = sessions.principal_of(session, comp_id)
    done = 0
    for entry in entries.open_of_session(session, comp_id):
        try:
            with session.begin_nested():
                if entry.order:
                    _cancel_order(session, principal, ids.new(), entry, 1)
                else:
                    affirmations.take_back(session, principal, [entry])
            done += 1
        except Error as error:
            log.warning("not cancelled with its session", session=comp_id, entry=entry.id, problem=str(error))
    session.commit()
    relay.push(session)
    return done


_ACTS: Mapping[type[Any], Callable[[Session, _Office, Any], None]] = {
    Enter: _enter,
    Cancel: _cancel,
    Replace: _replace,
    Answer: _answer,
}
__all__ = ["Allocation", "Answer", "Asked", "Cancel", "Enter", "Refusal", "Replace", "cancel_all", "sent", "take"]
