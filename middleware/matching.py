"""The venue's part of the worker: folds facts into the book, and signs what the book says is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware import clock
from middleware.database import Database
from middleware.errors import Error
from middleware.fact import Fact
from middleware.ledger import Ledger, command, wallet
from middleware.market.book import Book, Execution
from middleware.models.instrument import Instrument
from middleware.models.order import OPEN, Order
from middleware.models.party import Party, PartyKey

log = structlog.get_logger(__name__)
VALID_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Signed:
    """An execution with the venue's signature."""

    execution: Execution
    jws: str


class Matcher:
    """One venue's book as of the last block applied."""

    def __init__(self, database: Database, venue: str) -> None:
        self.venue = venue
        self._database = database
        self._book = Book(venue=venue)
        self._said = ""

    def restore(self, ledger: Ledger) -> None:
        """Make the book from the mirror, which must be as far as the ledger is. Execution numbers come from there."""
        with self._database.reading() as session:
            for name, fields in _told_again(session, self.venue):
                self._book.apply(name, fields)
            codes = session.scalars(select(Instrument.instrument).where(Instrument.kind != "currency")).all()
        for code in codes:
            (found,) = ledger.query("get", f"book/{code}")["items"]
            if found["value"] is not None:
                self._book.apply("TradeExecuted", _only_number(code, found["value"]["last_execution"]))

    def apply(self, facts: Sequence[Fact]) -> None:
        """Fold a block."""
        for fact in facts:
            self._book.apply(fact.name, fact)

    def differs(self, facts: Sequence[Fact]) -> bool:
        """Whether the ledger refused a number that the book thought was next: then the book must be made anew."""
        return any(
            fact.name == "CommandRefused"
            and (fact["party"], fact["function"], fact["reason"]) == (self.venue, "trade:execute", "number")
            for fact in facts
        )

    def due(self, after: int, limit: int) -> list[Signed]:
        """The executions due now, signed. None while the platform does not keep the venue's key: others match then."""
        executions = self._book.due(clock.now(), after, limit)
        if not executions:
            return []
        with self._database.reading() as session:
            try:
                kid, key = wallet.signing_key(session, self.venue, "trade:execute")
            except Error as error:
                self._say(str(error))
                return []
        ledger = wallet.ledger_hash(self._database.config)
        expires_at = clock.now() + VALID_FOR
        signed = []
        for execution in executions:
            payload = command.encode(
                ledger=ledger,
                party=self.venue,
                id=execution.id,
                function="trade:execute",
                args=execution.args,
                expires_at=expires_at,
            )
            signed.append(Signed(execution, command.sign(key, kid, payload)))
        return signed

    def lapsed(self, limit: int) -> list[str]:
        """Orders that the venue may expire."""
        return self._book.lapsed(clock.now(), limit)

    @property
    def halted(self) -> dict[str, str]:
        """Instruments whose matching stopped, and why."""
        return self._book.halted

    def _say(self, problem: str) -> None:
        if problem != self._said:
            log.warning("no matching", venue=self.venue, problem=problem)
            self._said = problem


def _told_again(session: Session, venue: str) -> list[tuple[str, dict[str, Any]]]:
    """The facts that would have made the book what it is: open orders as they stand, by time, then who is stopped."""
    told: list[tuple[str, dict[str, Any]]] = []
    for party, roles in session.execute(select(Party.party, Party.roles)):
        if "venue" in roles:
            told.append(("PartyAdmitted", {"party": party, "roles": roles}))
    columns = Instrument.instrument, Instrument.kind, Instrument.currency
    for code, kind, currency in session.execute(select(*columns)):
        told.append(("InstrumentRegistered", {"instrument": code, "kind": kind, "currency": currency}))
    orders = select(Order).where(Order.venue == venue, Order.book == "ledger", Order.status.in_(OPEN))
    orders = orders.order_by(Order.sequence, Order.ordinal)  # replaced orders are not where they were placed
    for order in session.scalars(orders):
        told.append(("OrderPlaced", _placed(order)))
        if order.filled:
            told.append(("TradeExecuted", _filled(order)))
    for party in session.scalars(select(Party.party).where(Party.status == "suspended")):
        told.append(("PartySuspended", {"party": party}))
    compromised = select(PartyKey.party, PartyKey.n).where(PartyKey.status == "compromised")
    for party, n in session.execute(compromised):
        told.append(("KeyRevoked", {"party": party, "n": str(n), "status": "compromised"}))
    for code in session.scalars(select(Instrument.instrument).where(Instrument.status == "suspended")):
        told.append(("InstrumentSuspended", {"instrument": code}))
    return told


def _placed(order: Order) -> dict[str, Any]:
    return {
        "order": order.id,
        "owner": order.owner,
        "kid": order.kid,
        "venue": order.venue,
        "book": order.book,
        "instrument": order.instrument,
        "side": order.side,
        "quantity": str(order.quantity),
        "limit_minor": str(order.limit_minor),
        "good_till": _text(order.good_till),
        "sequence": str(order.sequence),
    }


def _filled(order: Order) -> dict[str, Any]:
    other = "sell" if order.side == "buy" else "buy"
    fields = _only_number(order.instrument, "0")
    fields |= {order.side: order.id, f"{order.side}_filled": str(order.filled), f"{order.side}_status": order.status}
    return fields | {other: ""}


def _only_number(instrument: str, number: str) -> dict[str, Any]:
    return {"instrument": instrument, "number": number, "buy": "", "sell": ""}


def _text(instant: datetime | None) -> str:
    return clock.text(instant) if instant else ""
