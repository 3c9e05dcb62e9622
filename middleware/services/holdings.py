"""Holdings and the movements they are made of."""

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from middleware import ids, policy
from middleware.auth import Principal
from middleware.mirror import Fact, Rows, on
from middleware.models.account import Account
from middleware.models.holding import Holding, Movement, RegisterPart
from middleware.models.instrument import Instrument
from middleware.services.instruments import currency_of
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.parties import named
from middleware.services.recording import existing, ordinal


def index(
    session: Session,
    principal: Principal,
    *,
    page: Page,
    instrument: str = "",
    account: str = "",
    owner: str = "",
    kind: str = "",
    empty: bool = False,
) -> Listing:
    """What the principal's party holds, or keeps for others, by instrument and account."""
    query = _QUERY.where(policy.visible(principal, Holding))
    for column, value in (
        (Holding.instrument, instrument),
        (Holding.account, account),
        (Account.owner, owner),
        (Instrument.kind, kind),
    ):
        if value:
            query = query.where(column == value)
    if not empty:
        query = query.where(Holding.quantity > 0)
    found = listing(session, query, Holding.instrument, Holding.account, page=page)
    return Listing([_valued(row) for row in found.items], found.next)


def available(session: Session, *, instrument: str, account: str) -> int:
    """What is held and not reserved."""
    holding = session.get(Holding, (instrument, account))
    return holding.quantity - holding.reserved if holding else 0


def held(session: Session, *, instrument: str, account: str) -> int:
    """What is held, reserved or not."""
    holding = session.get(Holding, (instrument, account))
    return holding.quantity if holding else 0


def movements(
    session: Session, principal: Principal, *, page: Page, instrument: str = "", account: str = ""
) -> Listing:
    """The lines of a statement, newest first."""
    query = select(*Movement.__table__.columns).where(policy.visible(principal, Movement))
    if instrument:
        query = query.where(Movement.instrument == instrument)
    if account:
        query = query.where(Movement.account == account)
    keys = (Movement.ordinal, Movement.instrument, Movement.account)
    return listing(session, query, *keys, page=page, descending=True)


@on("HoldingMoved")
def mirror_moved(fact: Fact, rows: Rows) -> None:
    """What a holding is now, and the line of its statement that made it so."""
    instrument, account = fact["instrument"], fact["account"]
    quantity, reserved = int(fact["quantity"]), int(fact["reserved"])
    before = rows.get(Holding, (instrument, account)) or {"quantity": 0, "reserved": 0}
    holding = {"instrument": instrument, "account": account, "quantity": quantity, "reserved": reserved}
    of = existing(rows, Account, account)
    kept = {"owner": of["owner"], "custodian": of["custodian"], "kind": of["kind"]}
    rows.put(Holding, {**holding, **kept, "block": fact.block})
    line = {
        **holding,
        "ordinal": ordinal(fact),
        "change": quantity - before["quantity"],
        "reserved_change": reserved - before["reserved"],
        "function": fact.command.function,
        "party": fact.command.party,
        "command": ids.reference(fact.command.party, fact.command.id),
        "block": fact.block,
        "transaction": fact.transaction,
        "at": fact.at,
    }
    rows.add(Movement, line)
    rows.event(fact, "holding", f"{instrument}/{account}", (of["owner"], of["custodian"]))
    if line["change"]:
        _count(rows, instrument, kept, before["quantity"], quantity)
        rows.event(fact, "register", instrument, [existing(rows, Instrument, instrument)["issuer"], "@custodian"])


def _count(rows: Rows, instrument: str, kept: Row, before: int, after: int) -> None:
    """Keep the sums of a register: they are asked for with every page of it."""
    key = {"instrument": instrument, "custodian": kept["custodian"], "kind": kept["kind"]}
    part = rows.get(RegisterPart, tuple(key.values())) or {"quantity": 0, "accounts": 0}
    accounts = part["accounts"] + bool(after) - bool(before)
    rows.put(RegisterPart, {**key, "quantity": part["quantity"] + after - before, "accounts": accounts})


def _valued(row: Row) -> Row:
    currency = row["kind"] == "currency"
    price = 1 if currency else row["last_price_minor"]
    return {
        **row,
        "available": row["quantity"] - row["reserved"],
        "value_minor": None if price is None else row["quantity"] * price,
    }


_QUERY = (
    select(
        Holding.instrument,
        Holding.account,
        Account.owner,
        named(Account.owner).label("owner_name"),
        Account.custodian,
        Instrument.kind,
        Holding.quantity,
        Holding.reserved,
        currency_of.label("currency"),
        case((Instrument.kind == "currency", Instrument.minor_digits), else_=0).label("digits"),
        Instrument.last_price_minor,
    )
    .join(Account, Account.id == Holding.account)
    .join(Instrument, Instrument.instrument == Holding.instrument)
)
