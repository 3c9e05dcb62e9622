"""What an order is made of before it is signed: the checks that need the mirror, and the values left open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import String, bindparam, cast, select
from sqlalchemy.orm import Session

from middleware import amounts, clock
from middleware.auth import Principal
from middleware.errors import Error
from middleware.models.account import Account
from middleware.models.instrument import Instrument
from middleware.models.party import Party

LEAST_OF_A_DAY = timedelta(hours=1)
NAMES = (
    "venue",
    "broker",
    "account",
    "cash_account",
    "instrument",
    "side",
    "quantity",
    "limit_minor",
    "good_till",
    "max_fee_minor",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What one party needs to place orders, read once for a whole bulk of them."""

    party: str
    accounts: frozenset[str]
    instruments: Mapping[str, Any]
    venues: tuple[str, ...]
    day: str  # until when a day order is good

    @classmethod
    def of(cls, session: Session, principal: Principal, orders: Sequence[Mapping[str, str]]) -> "Desk":
        """What these orders name: accounts of the principal's party, instruments; and the venues."""
        named = {order[field] for order in orders for field in ("account", "cash_account")}
        codes = {order["instrument"] for order in orders}
        connection = session.connection()
        own = connection.scalars(_OWN, {"owner": principal.party, "ids": list(named)})
        terms = connection.execute(_TERMS, {"codes": list(codes)})
        return cls(
            party=principal.party,
            accounts=frozenset(own),
            instruments={row.instrument: row for row in terms},
            venues=tuple(connection.scalars(_VENUES)) if any(not order.get("venue") for order in orders) else (),
            day=clock.text(end_of_day(clock.now())),
        )

    def instrument(self, code: str) -> Any:
        """An instrument that orders can name."""
        found = self.instruments.get(code)
        if found is None:
            raise Error("not_found", f"there is no instrument {code}", reason="instrument", field="instrument")
        if found.kind == "currency":
            message = f"{code} is a currency; it pays, it is not traded"
            raise Error("invalid", message, reason="instrument", field="instrument")
        return found

    def args(self, wanted: Mapping[str, str], first: Mapping[str, Any]) -> dict[str, str]:
        """The args of `order:place`. `first` are those of the first try: what was left open keeps its first value."""
        instrument = self.instrument(wanted["instrument"])
        for field in ("account", "cash_account"):
            if wanted[field] not in self.accounts:
                message = f"{self.party} has no account {wanted[field]}"
                raise Error("not_found", message, reason="account", field=field)
        args = {name: wanted.get(name, "") for name in NAMES}
        if not args["venue"]:
            args["venue"] = first.get("venue") or self._venue()
        if args["good_till"] in ("", "day"):
            args["good_till"] = first.get("good_till") or self.day
        if not args["max_fee_minor"]:
            args["max_fee_minor"] = first.get("max_fee_minor") or str(self.most_fee(instrument, args))
        return args

    def most_fee(self, instrument: Any, args: Mapping[str, str]) -> int:
        """The fee on the whole quantity at the limit, rounded down: what the ledger asks a buyer to allow for."""
        amount = amounts.multiply(int(args["quantity"]), int(args["limit_minor"]), field="quantity")
        return amounts.fee(amount, instrument.fee_bps)

    def _venue(self) -> str:
        if len(self.venues) != 1:
            choice = ", ".join(self.venues) or "none"
            raise Error("invalid", f"say at which venue: there are {choice}", reason="venue", field="venue")
        return self.venues[0]


def end_of_day(now: datetime) -> datetime:
    """Until when a day order is good: 23:59:59 UTC, of tomorrow when less than an hour of today is left."""
    end = datetime.combine(now.astimezone(UTC).date(), time(23, 59, 59), UTC)
    return end if end - now >= LEAST_OF_A_DAY else end + timedelta(days=1)


_OWN = select(Account.id).where(Account.owner == bindparam("owner"), Account.id.in_(bindparam("ids", expanding=True)))
_TERMS = select(
    Instrument.instrument,
    Instrument.kind,
    Instrument.currency,
    Instrument.fee_bps,
    Instrument.lot,
    Instrument.tick_minor,
).where(Instrument.instrument.in_(bindparam("codes", expanding=True)))
_VENUES = select(Party.party).where(cast(Party.roles, String).contains('"venue"')).order_by(Party.party)
