"""Trades and their settlements: seen by each side without the other's name."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from middleware import ids, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.account import Account
from middleware.models.instrument import Instrument
from middleware.models.order import Order
from middleware.models.submission import Submission
from middleware.models.trade import Settlement, Trade
from middleware.services import instruments, orders, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import existing, keepers, recorded
from middleware.services.submissions import Intent


def index(session: Session, principal: Principal, *, page: Page, instrument: str = "", order: str = "") -> Listing:
    """Trades that the principal took part in, or may see, newest first."""
    query = select(*Trade.__table__.columns).where(policy.visible(principal, Trade))
    if instrument:
        query = query.where(Trade.instrument == instrument)
    if order:
        query = query.where(or_(Trade.buy == order, Trade.sell == order))
    found = listing(session, query, Trade.ordinal, page=page, descending=True)
    kept = _kept(session, principal, found.items)
    return Listing([_view(principal, row, kept) for row in found.items], found.next)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One trade with its settlement and legs."""
    query = select(*Trade.__table__.columns).where(Trade.id == id, policy.visible(principal, Trade))
    found = session.execute(query).mappings().one_or_none()
    if found is None:
        raise Error("not_found", f"there is no trade {id}", reason="trade")
    row = dict(found)
    kept = _kept(session, principal, [row])
    settlement = session.scalar(select(Settlement).where(Settlement.id == id))
    view = _view(principal, row, kept)
    return {**view, "settlement": _settlement(principal, row, kept, settlement) if settlement else None}


def execute(session: Session, principal: Principal, intent: Intent, **args: str) -> Submission:
    """Propose an execution of two orders that name the principal's venue, found by a matcher of its own."""
    instruments.show(session, principal, args["instrument"], field="instrument")
    id = ids.execution_id(args["instrument"], int(args["number"]), args["buy"], args["sell"])
    if intent.id != id:
        message = f"the id of this execution is {id}: it derives from instrument, number, buy and sell"
        raise Error("invalid", message, reason="id", field="Idempotency-Key")
    submission = submissions.send(session, principal, intent, "trade:execute", args)
    session.commit()
    relay.push(session)
    return submission


def _kept(session: Session, principal: Principal, rows: list[Row]) -> frozenset[str]:
    """Which accounts of these trades the principal owns, keeps as custodian, or has an order of as broker or agent."""
    named = {row[side] for row in rows for side in ("buyer_account", "seller_account")}
    query = select(Account.id).where(Account.id.in_(named), policy.visible(principal, Account))
    entered = {row[side] for row in rows for side in ("buy", "sell")}
    follows = select(Order.account).where(Order.id.in_(entered), policy.visible(principal, Order))
    return frozenset(session.scalars(query)) | frozenset(session.scalars(follows))


def sides_shown(session: Session, principal: Principal, trade: Trade) -> frozenset[str]:
    """Which sides of a trade, buyer and seller, the principal may know by name."""
    row: Row = {column.name: getattr(trade, column.name) for column in Trade.__table__.columns}
    kept = _kept(session, principal, [row])
    return frozenset(side for side in ("buyer", "seller") if _shown(principal, row, kept, side))


def _view(principal: Principal, row: Row, kept: frozenset[str]) -> Row:
    shown = {side: _shown(principal, row, kept, side) for side in ("buyer", "seller")}
    view = dict(row)
    for side, order in (("buyer", "buy"), ("seller", "sell")):
        if not shown[side]:
            view |= dict.fromkeys((side, order, f"{side}_account", f"{side}_fee_minor"))
    buys, sells = row["buyer"] == principal.party, row["seller"] == principal.party
    view["side"] = "both" if buys and sells else "buy" if buys else "sell" if sells else None
    view["fee_minor"] = row["buyer_fee_minor"] if buys else row["seller_fee_minor"] if sells else None
    return view


def _shown(principal: Principal, row: Row, kept: frozenset[str], side: str) -> bool:
    account_is_kept = row[f"{side}_account"] in kept
    return policy.sees_trade_side(principal, party=row[side], account_is_kept=account_is_kept)


def _settlement(principal: Principal, row: Row, kept: frozenset[str], settlement: Settlement) -> Row:
    hidden = not (_shown(principal, row, kept, "buyer") and _shown(principal, row, kept, "seller"))
    legs = [_leg(leg, kept if hidden else None) for leg in settlement.legs]
    view = {name: getattr(settlement, name) for name in ("id", "status", "at", "block")}
    return {**view, "legs": legs}


def _leg(leg: dict[str, Any], only: frozenset[str] | None) -> Row:
    def shown(account: str) -> str | None:
        return account if only is None or account in only else None

    ends = {"from_account": shown(leg["from_account"]), "to_account": shown(leg["to_account"])}
    return {"instrument": leg["instrument"], "quantity": int(leg["quantity"]), **ends}


@on("TradeExecuted", "TradeReported")
def mirror_executed(fact: Fact, rows: Rows) -> None:
    """One execution, found by a venue's book or reported by an exchange: the trade, both orders, the last price."""
    signed = recorded(fact, rows)
    instrument = existing(rows, Instrument, fact["instrument"])
    names = ("instrument", "buy", "sell", "buyer", "seller", "buyer_account", "seller_account")
    row: Row = {name: fact[name] for name in names}
    row |= {name: int(fact[name]) for name in _NUMBERS}
    row |= {name: int(fact[name]) if name in fact else None for name in ("number", "after")}
    row |= {"id": fact["trade"], "venue": fact.command.party, "currency": instrument["currency"]}
    row |= {"reference": fact.get("reference", ""), "status": "settled"}
    rows.put(Trade, {**row, **signed})
    orders.fill(fact, rows, "buy", signed)
    orders.fill(fact, rows, "sell", signed)
    rows.put(Instrument, {**instrument, "last_price_minor": int(fact["price_minor"])})
    parties = {*keepers(rows, fact["buyer_account"]), *keepers(rows, fact["seller_account"]), fact.command.party}
    rows.event(fact, "trade", fact["trade"], parties | orders.followers(rows, fact["buy"], fact["sell"]))
    rows.event(fact, "book", fact["instrument"])


@on("SettlementSettled")
def mirror_settled(fact: Fact, rows: Rows) -> None:
    """Delivery versus payment, done."""
    row = {"id": fact["settlement"], "trade": fact["trade"], "status": "settled", "legs": list(fact["legs"])}
    rows.put(Settlement, {**row, **recorded(fact, rows)})


_NUMBERS = (
    "quantity",
    "price_minor",
    "amount_minor",
    "buyer_fee_minor",
    "seller_fee_minor",
)
