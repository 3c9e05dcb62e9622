"""An owner's portfolio: what his party holds, what it cost, what it would fetch, and who says so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from middleware.auth import Principal
from middleware.market.cost import Cost
from middleware.models.account import Account
from middleware.models.execution import Claim
from middleware.models.holding import Holding, Movement
from middleware.models.instrument import Instrument
from middleware.models.trade import Trade
from middleware.services import cuts, prices
from middleware.services.pages import Row
from middleware.services.parties import named
from middleware.services.prices import Price


def show(session: Session, principal: Principal) -> Row:
    """The principal's own accounts as one: securities with cost, value and gains; cash; and the sums by currency."""
    held = _held(session, principal.party)
    costs = costs_of(session, principal.party)
    codes = sorted({row["instrument"] for row in held if row["kind"] != "currency"} | _sold(costs))
    instruments = _instruments(session, {*codes, *(row["instrument"] for row in held)})
    quoted = prices.latest(session, principal, codes)
    positions = [_position(instruments[code], held, costs.get(code, Cost()), quoted[code]) for code in codes]
    cash = [_amounts(row) for row in held if row["kind"] == "currency"]
    position = cuts.now(session)
    return {
        "party": principal.party,
        "as_of": position.at if position else None,
        "as_of_block": position.number if position else None,
        "positions": positions,
        "cash": cash,
        "totals": _totals(positions, cash),
    }


def costs_of(session: Session, party: str) -> dict[str, Cost]:
    """By instrument, what all movements of the party's accounts come to. Between his own accounts nothing changes."""
    corrected = _corrected(session, party)
    costs: dict[str, Cost] = defaultdict(Cost)
    for _, command in groupby(_movements(session, party), key=attrgetter("ordinal")):
        units, cash, transaction = _netted(command)
        if len(units) == 1:
            ((code, change),) = units.items()
            costs[code].move(change, cash)
        elif units:  # no act moves several securities against one payment: nobody could say which cost what
            for code, change in units.items():
                costs[code].move(change, 0)
        elif cash and transaction in corrected:
            costs[corrected[transaction]].move(0, cash)
    return dict(costs)


def _movements(session: Session, party: str) -> Iterator[Any]:
    query = select(Movement.ordinal, Movement.instrument, Instrument.kind, Movement.change, Movement.transaction)
    query = query.join(Instrument, Instrument.instrument == Movement.instrument)
    query = query.where(Movement.account.in_(_own(party)), Movement.change != 0).order_by(Movement.ordinal)
    yield from session.execute(query)


def _netted(command: Iterator[Any]) -> tuple[dict[str, int], int, str]:
    """What one command did to the party: units by instrument that are not nil together, cash, and its transaction."""
    units: dict[str, int] = defaultdict(int)
    cash, transaction = 0, ""
    for line in command:
        transaction = line.transaction
        if line.kind == "currency":
            cash += line.change
        else:
            units[line.instrument] += line.change
    return {code: change for code, change in units.items() if change}, cash, transaction


def _corrected(session: Session, party: str) -> dict[str, str]:
    """Transactions in which a claim about a trade of the party settled: there, cash alone corrects a price."""
    query = select(Claim.closed_transaction, Trade.instrument).join(Trade, Trade.id == Claim.trade)
    query = query.where((Claim.buyer == party) | (Claim.seller == party), Claim.status == "settled")
    return {row.closed_transaction: row.instrument for row in session.execute(query)}


def _held(session: Session, party: str) -> list[Row]:
    query = select(Holding.instrument, Instrument.kind, Instrument.minor_digits, Holding.quantity, Holding.reserved)
    query = query.join(Instrument, Instrument.instrument == Holding.instrument)
    sums: dict[str, Row] = {}
    for row in session.execute(query.where(Holding.account.in_(_own(party)), Holding.quantity > 0)).mappings():
        total = sums.setdefault(row["instrument"], {**row, "quantity": 0, "reserved": 0})
        total["quantity"] += row["quantity"]
        total["reserved"] += row["reserved"]
    return [sums[code] for code in sorted(sums)]


def _own(party: str) -> Any:
    return select(Account.id).where(Account.owner == party)


def _sold(costs: Mapping[str, Cost]) -> set[str]:
    """What is held no more, and has made a gain or a loss."""
    return {code for code, cost in costs.items() if cost.realised_minor}


def _instruments(session: Session, codes: set[str]) -> dict[str, Row]:
    names = (Instrument.instrument, Instrument.kind, Instrument.issuer, Instrument.currency)
    query = select(*names, named(Instrument.issuer).label("issuer_name")).where(Instrument.instrument.in_(codes))
    return {row["instrument"]: dict(row) for row in session.execute(query).mappings()}


def _position(instrument: Row, held: list[Row], cost: Cost, price: Price) -> Row:
    here = next((row for row in held if row["instrument"] == instrument["instrument"]), {"quantity": 0, "reserved": 0})
    quantity = here["quantity"]
    return {
        **instrument,
        "quantity": quantity,
        "reserved": here["reserved"],
        "available": quantity - here["reserved"],
        "uncosted": cost.uncosted,
        "cost_minor": cost.minor,
        "average_minor": cost.average_minor,
        "price_minor": price.minor,
        "price_source": price.source,
        "price_at": price.at,
        "price_by": price.by,
        "value_minor": None if price.minor is None else quantity * price.minor,
        "gain_minor": cost.gain_minor(price.minor),
        "realised_minor": cost.realised_minor,
    }


def _amounts(row: Row) -> Row:
    return {
        "instrument": row["instrument"],
        "digits": row["minor_digits"],
        "quantity": row["quantity"],
        "reserved": row["reserved"],
        "available": row["quantity"] - row["reserved"],
    }


def _totals(positions: list[Row], cash: list[Row]) -> list[Row]:
    sums: dict[str, Row] = {}
    for code in [row["instrument"] for row in cash] + [row["currency"] for row in positions]:
        sums.setdefault(code, {"currency": code, **dict.fromkeys(_SUMMED, 0), "unpriced": 0, "cash_minor": 0})
    for row in cash:
        sums[row["instrument"]]["cash_minor"] += row["quantity"]
    for row in positions:
        total = sums[row["currency"]]
        for name in _SUMMED:
            total[name] += row[name] or 0
        total["unpriced"] += row["price_minor"] is None and row["quantity"] > 0
    return [sums[code] for code in sorted(sums)]


_SUMMED = ("value_minor", "cost_minor", "gain_minor", "realised_minor")
