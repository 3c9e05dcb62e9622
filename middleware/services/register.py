"""The register: who holds an instrument, as of the last block or of an earlier one."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from middleware.auth import Principal
from middleware.services import cuts, disclosures, lines
from middleware.services.cuts import Cut
from middleware.services.lines import Last, Line, Narrowed, Sum
from middleware.services.pages import Page, Row, decode, encode, refused


def show(
    session: Session,
    principal: Principal,
    code: str,
    *,
    page: Page,
    wanted: Narrowed | None = None,
    block: str = "",
    as_of: str = "",
) -> Row:
    """Holders by quantity, largest first, with each one's share of what is issued in hundredths of a per cent."""
    wanted = wanted or Narrowed()
    cut = cuts.of(session, principal, code, block=block, as_of=as_of)
    wanted = lines.found(session, wanted)
    found = list(lines.read(session, cut, wanted, after=_last(page), limit=page.limit + 1))
    shown, more = found[: page.limit], len(found) > page.limit
    parts = lines.sums(session, cut)
    quantity, accounts = lines.matching(session, cut, wanted)
    return {
        "instrument": code,
        "as_of_block": cut.block,
        "as_of_hash": cut.hash,
        "as_of": cut.at,
        "past": cut.past,
        "issued": cut.issued,
        "total": sum(part.quantity for part in parts),
        "accounts": sum(part.accounts for part in parts),
        "matching": quantity,
        "matching_accounts": accounts,
        "holders": holders(session, cut, shown),
        "custodians": custodians(session, parts),
        "has_more": more,
        "next": encode([shown[-1].quantity, shown[-1].account]) if more else "",
    }


def holders(session: Session, cut: Cut, shown: list[Line]) -> list[Row]:
    """Lines as they are shown: named, with their share, and with whom an omnibus account has disclosed."""
    named = lines.names(session, [line.owner for line in shown])
    omnibus = [line.account for line in shown if line.kind == "omnibus"]
    disclosed = disclosures.latest(session, cut.instrument, omnibus, until=cut.until) if omnibus else {}
    return [
        {
            **line._asdict(),
            "name": named.get(line.owner, line.owner),
            "share_bps": line.quantity * 10_000 // cut.issued if cut.issued else 0,
            **_behind(line, disclosed.get(line.account)),
        }
        for line in shown
    ]


def _last(page: Page) -> Last | None:
    if not page.starting_after:
        return None
    match decode(page.starting_after):
        case [int(quantity), str(account)]:
            return quantity, account
        case _:
            raise refused(page.starting_after)


def _behind(line: Line, disclosure: Row | None) -> Row:
    """For whom an omnibus account holds, as its custodian has disclosed it, and how much he has not explained."""
    if line.kind != "omnibus":
        return {"disclosure": "", "disclosed_as_of": None, "clients": [], "undisclosed": 0}
    if disclosure is None:
        return {"disclosure": "", "disclosed_as_of": None, "clients": [], "undisclosed": line.quantity}
    clients = [{"client": leaf.client, "quantity": leaf.quantity} for leaf in disclosure["parts"]]
    stated = {"disclosure": disclosure["id"], "disclosed_as_of": disclosure["as_of"]}
    return {**stated, "clients": clients, "undisclosed": line.quantity - disclosure["total"]}


def custodians(session: Session, parts: Sequence[Sum]) -> list[Row]:
    """Each custodian's part of what is issued, the largest first."""
    named = lines.names(session, [part.custodian for part in parts])
    found: dict[str, Row] = {}
    for part in parts:
        code = part.custodian
        row = found.setdefault(code, {"custodian": code, "name": named.get(code, code), "quantity": 0, "accounts": 0})
        row["quantity"] += part.quantity
        row["accounts"] += part.accounts
    return sorted(found.values(), key=lambda row: (-row["quantity"], row["custodian"]))
