"""What we say to an exchange: new orders, cancels and replaces in FIX 4.4."""

from collections.abc import Mapping

from middleware import amounts, clock
from middleware.fix.message import PARTIES, Outgoing, stamp
from middleware.services import routes

TYPES = {"new": "D", "cancel": "F", "replace": "G"}
SIDES = {"buy": "1", "sell": "2"}
LIMIT, GOOD_TILL = "2", "6"
BROKER, INVESTOR, CUSTODIAN = "1", "5", "28"  # 452
ISIN = "4"  # 22
Party = tuple[str, str]


def message_of(outgoing: routes.Outgoing, *, again: bool) -> Outgoing:
    """What goes over the line. `again`: it may have been sent before."""
    parties = tuple({448: party, 447: "D", 452: role} for party, role in parties_of(outgoing))
    return Outgoing(TYPES[outgoing.kind], fields_of(outgoing), ((PARTIES, parties),), again)


def fields_of(outgoing: routes.Outgoing) -> Mapping[int, str]:
    """The body, without its groups. Our own name for the message is 11; the broker's stays in 526."""
    fields = {11: outgoing.client_id, 55: outgoing.instrument, 54: SIDES[outgoing.side], 60: stamp(clock.now())}
    fields[38] = str(outgoing.quantity)
    if outgoing.isin:
        fields |= {48: outgoing.isin, 22: ISIN}
    if outgoing.original:
        fields[41] = outgoing.original
    if outgoing.broker_client_id:
        fields[526] = outgoing.broker_client_id
    if outgoing.kind != "cancel":
        fields |= _terms(outgoing)
    return fields


def parties_of(outgoing: routes.Outgoing) -> list[Party]:
    """(448, 452): who stands behind the order."""
    named = ((outgoing.broker, BROKER), (outgoing.custodian, CUSTODIAN), (outgoing.owner, INVESTOR))
    return [(party, role) for party, role in named if party]


def _terms(outgoing: routes.Outgoing) -> dict[int, str]:
    return {
        1: outgoing.account,
        15: outgoing.currency.partition(".")[0],
        40: LIMIT,
        44: amounts.to_text(outgoing.limit_minor, outgoing.minor_digits),
        59: GOOD_TILL,
        126: outgoing.good_till.strftime("%Y%m%d-%H:%M:%S"),
    }
