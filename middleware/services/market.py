"""The market of an instrument, seen from outside: depth without names, last price, recent trades."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import clock
from middleware.auth import Principal
from middleware.models.order import OPEN, Order
from middleware.models.trade import Trade
from middleware.services import cuts, instruments
from middleware.services.pages import Row

LEVELS, TRADES = 20, 50


def book(session: Session, principal: Principal, code: str) -> Row:
    """Twenty price levels a side, best first, and the last fifty trades."""
    instrument = instruments.show(session, principal, code)
    bids, asks = _levels(session, code, "buy"), _levels(session, code, "sell")
    position = cuts.now(session)
    return {
        "instrument": code,
        "currency": instrument["currency"],
        "as_of_block": position.number if position else None,
        "bids": bids,
        "asks": asks,
        "best_bid": bids[0]["limit_minor"] if bids else None,
        "best_ask": asks[0]["limit_minor"] if asks else None,
        "last_price_minor": instrument["last_price_minor"],
        "trades": _trades(session, code),
    }


def _levels(session: Session, code: str, side: str) -> list[Row]:
    # An order past its good_till never executes, swept or not, so it is no part of the market.
    open_quantity = func.sum(Order.quantity - Order.filled)
    query = (
        select(Order.limit_minor, open_quantity.label("quantity"), func.count().label("orders"))
        .where(Order.instrument == code, Order.side == side, Order.status.in_(OPEN), Order.good_till > clock.now())
        .group_by(Order.limit_minor)
        .order_by(Order.limit_minor.desc() if side == "buy" else Order.limit_minor.asc())
        .limit(LEVELS)
    )
    rows = session.execute(query).mappings()
    return [{**row, "quantity": int(row["quantity"])} for row in rows]


def _trades(session: Session, code: str) -> list[Row]:
    query = (
        select(Trade.number, Trade.price_minor, Trade.quantity, Trade.at, Trade.block)
        .where(Trade.instrument == code)
        .order_by(Trade.ordinal.desc())
        .limit(TRADES)
    )
    return [dict(row) for row in session.execute(query).mappings()]
