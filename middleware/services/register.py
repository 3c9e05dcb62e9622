"""The issuer's live register: who holds an instrument, as of the last block."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from middleware import policy
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.account import Account
from middleware.models.holding import Holding
from middleware.models.instrument import Instrument
from middleware.models.position import Position
from middleware.services import disclosures
from middleware.services.pages import Page, Row, decode, encode, refused
from middleware.services.parties import named


def show(session: Session, principal: Principal, code: str, *, page: Page) -> Row:
    """Holders by quantity, largest first, with each one's share of what is issued in hundredths of a per cent."""
    instrument = session.get(Instrument, code)
    if instrument is None or not policy.register_visible(principal, instrument):
        raise Error("not_found", f"there is no register of {code}", reason="instrument")
    position = as_of(session)
    rows = _holders(session, code, page)
    holders, more = rows[: page.limit], len(rows) > page.limit
    disclosed = disclosures.latest(session, code)
    for holder in holders:
        holder["share_bps"] = holder["quantity"] * 10_000 // instrument.issued if instrument.issued else 0
        holder |= _behind(holder, disclosed.get(holder["account"]))
    return {
        "instrument": code,
        "as_of_block": position.number if position else None,
        "as_of": position.at if position else None,
        "issued": instrument.issued,
        "total": _total(session, code),
        "holders": holders,
        "custodians": _custodians(session, code),
        "has_more": more,
        "next": encode([holders[-1]["quantity"], holders[-1]["account"]]) if more else "",
    }


def as_of(session: Session) -> Position | None:
    """The last block that this answer knows."""
    return session.get(Position, "mirror")


def _holders(session: Session, code: str, page: Page) -> list[Row]:
    query = (
        select(
            Account.owner,
            named(Account.owner).label("name"),
            Holding.account,
            Account.custodian,
            Account.kind,
            Holding.quantity,
            Holding.reserved,
        )
        .join(Account, Account.id == Holding.account)
        .where(Holding.instrument == code, Holding.quantity > 0)
    )
    if page.starting_after:
        match decode(page.starting_after):
            case [int(quantity), str(account)]:
                same = and_(Holding.quantity == quantity, Holding.account > account)
                query = query.where(or_(Holding.quantity < quantity, same))
            case _:
                raise refused(page.starting_after)
    query = query.order_by(Holding.quantity.desc(), Holding.account).limit(page.limit + 1)
    return [dict(row) for row in session.execute(query).mappings()]


def _behind(holder: Row, disclosure: Row | None) -> Row:
    """For whom an omnibus account holds, as its custodian has disclosed it, and how much he has not explained."""
    if holder["kind"] != "omnibus":
        return {"disclosure": "", "disclosed_as_of": None, "clients": [], "undisclosed": 0}
    if disclosure is None:
        return {"disclosure": "", "disclosed_as_of": None, "clients": [], "undisclosed": holder["quantity"]}
    clients = [{"client": leaf.client, "quantity": leaf.quantity} for leaf in disclosure["parts"]]
    named = {"disclosure": disclosure["id"], "disclosed_as_of": disclosure["as_of"]}
    return {**named, "clients": clients, "undisclosed": holder["quantity"] - disclosure["total"]}


def _custodians(session: Session, code: str) -> list[Row]:
    """Each custodian's part of what is issued, the largest first."""
    query = select(Account.custodian, named(Account.custodian).label("name"), Holding.quantity)
    query = query.join(Account, Account.id == Holding.account)
    parts: dict[str, Row] = {}
    for row in session.execute(query.where(Holding.instrument == code, Holding.quantity > 0)):
        part = parts.setdefault(
            row.custodian, {"custodian": row.custodian, "name": row.name, "quantity": 0, "accounts": 0}
        )
        part["quantity"] += row.quantity
        part["accounts"] += 1
    return sorted(parts.values(), key=lambda part: (-part["quantity"], part["custodian"]))


def _total(session: Session, code: str) -> int:
    # Added here, not by SQL: PostgreSQL sums 64-bit integers into decimals.
    return sum(session.scalars(select(Holding.quantity).where(Holding.instrument == code)))
