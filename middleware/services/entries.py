"""Entries: orders that a broker enters for investors, alone or as the allocations of a block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from middleware import amounts, clock, ids, policy, relay
from middleware.auth import Principal
from middleware.database import is_postgres
from middleware.errors import Error
from middleware.models.entry import ClientId, Entry
from middleware.models.mandate import Mandate
from middleware.models.order import OPEN, Order
from middleware.models.party import Party
from middleware.services import mandates, notices
from middleware.services.blotter import PLACE
from middleware.services.ordering import Desk, Wanted
from middleware.services.submissions import Intent
from middleware.signing import Signer, Wish

MOST_ALLOCATIONS = 1_000
ENTER = "entry"  # what a broker signs of an entry; it stays off the ledger, which has no such function


@dataclass(frozen=True, slots=True)
class Allocation:
    """One account's part of an order."""

    account: str
    cash_account: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as a broker enters it. `id` is made before the first try; `terms` are what all allocations share."""

    id: str
    client_id: str
    terms: Mapping[str, str]  # instrument, side, limit_minor, venue, good_till, max_fee_minor
    allocations: Sequence[Allocation]
    session: str = ""

    def fields(self, allocation: Allocation, broker: str) -> dict[str, str]:
        """One allocation as the fields of an order."""
        of_it = {"account": allocation.account, "cash_account": allocation.cash_account or allocation.account}
        return {**self.terms, **of_it, "quantity": allocation.quantity, "broker": broker}

    def id_of(self, n: int) -> str:
        """The id of the n-th allocation: the ticket's own where it is the only one."""
        return self.id if len(self.allocations) == 1 else ids.member(self.id, n)


def enter(session: Session, principal: Principal, ticket: Ticket) -> list[Entry]:
    """Enter an order for investors, who affirm it unless their mandate lets the broker sign. One commit."""
    entered = add(session, principal, ticket)
    session.commit()
    relay.push(session)
    return entered


@dataclass(frozen=True, slots=True)
class Counter:
    """What many tickets of one broker have in common, looked up once for all of them. `held` keeps rows at hand."""

    desk: Desk
    signer: Signer
    held: Sequence[object]

    @classmethod
    def of(cls, session: Session, broker: str, tickets: Sequence[Ticket]) -> "Counter":
        """For tickets that are new: nobody has seen their ids."""
        orders = [order for ticket in tickets for order in _orders(ticket, broker)]
        desk = Desk.of(session, orders)
        given = select(Mandate).where(Mandate.agent == broker, Mandate.owner.in_(set(desk.owners.values())))
        venues = select(Party).where(Party.party.in_({ticket.terms.get("venue", "") for ticket in tickets}))
        return cls(desk, Signer(session), [*session.scalars(given), *session.scalars(venues)])


def add(session: Session, principal: Principal, ticket: Ticket, counter: Counter | None = None) -> list[Entry]:
    """As enter; the use case commits. The same ticket again answers what is there; an error leaves nothing behind."""
    if not 1 <= len(ticket.allocations) <= MOST_ALLOCATIONS:
        message = f"a block has 1 to {MOST_ALLOCATIONS} allocations, not {len(ticket.allocations)}"
        raise Error("invalid", message, reason="allocations", field="allocations")
    if counter is None:
        if known := of_group(session, ticket.id):
            return _same(principal, ticket, known)
        counter = Counter.of(session, principal.party, [ticket])
    wanted = _wanted(session, principal, ticket, counter.desk)
    name_once(session, principal, ticket.client_id or ticket.id, kind="new", group=ticket.id, by=ticket.session)
    rows = [_row(session, principal, ticket, *one) for one in wanted]
    _sign(counter.signer, principal, rows)
    entered = [Entry(**row) for row in rows]
    session.add_all(entered)
    session.add_all(notices.of(entry, "entered", client_id=entry.client_id) for entry in entered)
    direct = [entry for entry in entered if entry.status == "direct"]
    _place(session, principal.party, direct)
    session.flush()
    return entered


def of_group(session: Session, group: str) -> list[Entry]:
    """All allocations of a broker's order."""
    return list(session.scalars(select(Entry).where(Entry.group == group).order_by(Entry.number)))


def name_once(
    session: Session, principal: Principal, client_id: str, *, kind: str, group: str, by: str, **more: str
) -> None:
    """Take a name that the broker gives to a message: once a day, for orders, cancels and replaces alike."""
    now = clock.now()
    row: dict[str, Any] = {
        "broker": principal.party,
        "day": f"{now:%Y-%m-%d}",
        "client_id": client_id,
        "session": by,
        "kind": kind,
    }
    row |= {"group": group, "original": "", "command": "", "status": "" if kind == "new" else "pending", "at": now}
    insert = _naming(is_postgres(session))
    if session.connection().execute(insert, row | more).scalar() is None:
        message = f"{principal.party} has used the name {client_id!r} today already"
        raise Error("duplicate", message, reason="client_id", field="client_id")


@cache
def _naming(on_postgres: bool) -> Any:
    insert = (postgresql if on_postgres else sqlite).insert(ClientId)
    return insert.on_conflict_do_nothing(index_elements=["broker", "day", "client_id"]).returning(ClientId.number)


def _same(principal: Principal, ticket: Ticket, known: Sequence[Entry]) -> list[Entry]:
    """A repetition says the same for the same accounts; what was left open keeps its first value."""
    said = [{**ticket.fields(one, principal.party), "client_id": ticket.client_id} for one in ticket.allocations]
    kept = [{**entry.args, "client_id": entry.client_id} for entry in known]
    same = len(said) == len(kept) and all(
        all(value in ("", "day", had.get(name)) for name, value in one.items())
        for one, had in zip(said, kept, strict=True)
    )
    if not same or known[0].broker != principal.party:
        raise Error("duplicate", f"the id {ticket.id} was used for another order", reason="id", field="Idempotency-Key")
    return list(known)


def _orders(ticket: Ticket, broker: str) -> list[Wanted]:
    return [Wanted("", Intent(ticket.id_of(n)), ticket.fields(one, broker)) for n, one in enumerate(ticket.allocations)]


def _wanted(
    session: Session, principal: Principal, ticket: Ticket, desk: Desk
) -> list[tuple[str, dict[str, str], Mandate]]:
    """Each allocation: its id, the args of the order it would be, and the mandate that lets the broker enter it."""
    accounts = [one.account for one in ticket.allocations]
    if len(set(accounts)) != len(accounts):
        twice = next(account for account in accounts if accounts.count(account) > 1)
        raise Error("invalid", f"the account {twice} has two allocations", reason="allocations", field="allocations")
    if ticket.terms.get("venue"):
        _is_venue(session, ticket.terms["venue"])
    return [_allowed(session, principal, desk, order) for order in _orders(ticket, principal.party)]


def _is_venue(session: Session, code: str) -> None:
    party = session.get(Party, code)
    if party is None or not {"venue", "exchange"} & set(party.roles):
        raise Error("not_found", f"there is no venue {code}", reason="venue", field="venue")


def _allowed(session: Session, principal: Principal, desk: Desk, order: Wanted) -> tuple[str, dict[str, str], Mandate]:
    account = order.fields["account"]
    owner = desk.owners.get(account)
    if owner is None:
        raise Error("not_found", f"there is no account {account}", reason="account", field="account")
    try:
        mandate = mandates.of_agent(session, owner, principal.party)
    except Error:  # whose account it is, is nobody's business who may not act for him
        message = f"{principal.party} may enter nothing for the account {account}: there is no mandate in force"
        raise Error("forbidden", message, reason="mandate", field="account") from None
    args = desk.args(Wanted(owner, order.intent, order.fields))
    desk.check(args)
    cost = amounts.add(_amount(args), int(args["max_fee_minor"]), field="max_fee_minor")
    if cost > mandate.order_minor:
        message = f"an order that may cost {cost} is more than the {mandate.order_minor} of the mandate of {owner}"
        raise Error("insufficient", message, reason="order_minor", field="quantity")
    if mandate.affirmation == "none" and cost > mandate.total_minor - mandate.used_minor:
        left = mandate.total_minor - mandate.used_minor
        message = f"an order that may cost {cost} is more than the {left} that are left of the mandate of {owner}"
        raise Error("insufficient", message, reason="total_minor", field="quantity")
    return order.intent.id, args, mandate


def _amount(args: Mapping[str, str]) -> int:
    return amounts.multiply(int(args["quantity"]), int(args["limit_minor"]), field="quantity")


def _row(
    session: Session, principal: Principal, ticket: Ticket, id: str, args: dict[str, str], mandate: Mandate
) -> dict[str, Any]:
    now = clock.now()
    direct = mandate.affirmation == "none"
    minutes = session.info["config"].affirm_minutes
    return {
        "id": id,
        "group": ticket.id,
        "broker": principal.party,
        "owner": mandate.owner,
        "session": ticket.session,
        "client_id": ticket.client_id or ticket.id,
        **{name: args[name] for name in ("account", "instrument", "side")},
        **{name: int(args[name]) for name in ("quantity", "limit_minor")},
        "args": args,
        "status": "direct" if direct else "awaiting_affirmation",
        "reason": "",
        "order": ids.reference(principal.party, id) if direct else "",
        "affirm_by": _affirm_by(now, args["good_till"], minutes),
        "entered_at": now,
        "decided_at": now if direct else None,
        "decided_by": principal.party if direct else "",
    }


def _affirm_by(now: datetime, good_till: str, minutes: int) -> datetime:
    return min(now + timedelta(minutes=minutes), clock.parse(good_till))


def _sign(signer: Signer, principal: Principal, rows: Sequence[dict[str, Any]]) -> None:
    """The broker's own signature under each entry, by the key that the platform keeps for it."""
    for row in rows:
        wish = Wish(function=ENTER, args=row["args"], signer=principal.party, id=row["id"])
        signed = signer.row(wish)
        row |= {name: signed[name] for name in ("jws", "hash", "kid", "held")}


def _place(session: Session, signer: str, entries: Sequence[Entry]) -> None:
    wishes = [relay.Wish(function=PLACE, args=entry.args, signer=signer, id=entry.id) for entry in entries]
    for answer in relay.enqueue_many(session, wishes) if wishes else ():
        if isinstance(answer, Error):
            raise answer


def show(session: Session, principal: Principal, id: str) -> Entry:
    """One entry that the principal may see."""
    entry = session.scalar(select(Entry).where(Entry.id == id, policy.visible(principal, Entry)))
    if entry is None:
        raise Error("not_found", f"there is no entry {id}", reason="entry")
    return entry


def open_of_session(session: Session, comp_id: str) -> list[Entry]:
    """What came through a session and has not ended as an entry: it waits, or became an order."""
    live = Entry.status.in_(("awaiting_affirmation", "affirmed", "direct"))
    ended = select(Order.id).where(Order.status.not_in(OPEN))
    return list(session.scalars(select(Entry).where(Entry.session == comp_id, live, Entry.order.not_in(ended))))
