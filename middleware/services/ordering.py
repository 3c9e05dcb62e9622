"""What an order is made of before it is signed: the checks that need the mirror, and the values left open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import String, bindparam, cast, select
from sqlalchemy.orm import Session

from middleware import amounts, clock
from middleware.errors import Error
from middleware.models.account import Account
from middleware.models.instrument import Instrument
from middleware.models.party import Party
from middleware.services.submissions import Intent

LEAST_OF_A_DAY = timedelta(hours=1)
OPEN = ("", "day")  # what says: you choose
LEFT_OPEN = ("venue", "good_till", "max_fee_minor")
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
class Wanted:
    """An order as somebody wants it: for whose account, under which id, and its fields."""

    party: str
    intent: Intent
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """What orders name, read once for many of them. `owners`: account → party."""

    owners: Mapping[str, str]
    instruments: Mapping[str, Any]
    venues: tuple[str, ...]
    day: str  # until when a day order is good

    @classmethod
    def of(cls, session: Session, orders: Sequence[Wanted]) -> "Desk":
        """The accounts and instruments that these orders name; the venues, where one leaves that open."""
        named = {order.fields[field] for order in orders for field in ("account", "cash_account")}
        codes = {order.fields["instrument"] for order in orders}
        connection = session.connection()
        owners = connection.execute(_OWNERS, {"ids": list(named)})
        terms = connection.execute(_TERMS, {"codes": list(codes)})
        no_venue = any(not order.fields.get("venue") for order in orders)
        return cls(
            owners={row.id: row.owner for row in owners},
            instruments={row.instrument: row for row in terms},
            venues=tuple(connection.scalars(_VENUES)) if no_venue else (),
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

    def args(self, wanted: Wanted) -> dict[str, str]:
        """The args of `order:place`, with a value for whatever was left open."""
        args = {name: wanted.fields.get(name, "") for name in NAMES}
        instrument = self.instrument(args["instrument"])
        for field in ("account", "cash_account"):
            if self.owners.get(args[field]) != wanted.party:
                message = f"{wanted.party} has no account {args[field]}"
                raise Error("not_found", message, reason="account", field=field)
        if not args["venue"]:
            args["venue"] = self._venue()
        if args["good_till"] in OPEN:
            args["good_till"] = self.day
        if not args["max_fee_minor"]:
            args["max_fee_minor"] = str(self._most_fee(instrument, args))
        return args

    def check(self, args: Mapping[str, str]) -> None:
        """Refuse what the ledger would refuse of an order's terms whoever signs it."""
        instrument = self.instrument(args["instrument"])
        quantity, limit = int(args["quantity"]), int(args["limit_minor"])
        if quantity % instrument.lot:
            message = f"the quantity {quantity} is no multiple of the lot {instrument.lot}"
            raise Error("invalid", message, reason="quantity", field="quantity")
        if limit % instrument.tick_minor:
            message = f"the limit {limit} is no multiple of the tick {instrument.tick_minor}"
            raise Error("invalid", message, reason="limit_minor", field="limit_minor")
        if clock.parse(args["good_till"]) <= clock.now():
            raise Error("invalid", f"{args['good_till']} has come already", reason="good_till", field="good_till")
        least = self._most_fee(instrument, args)
        if int(args["max_fee_minor"]) < least:
            message = f"the fee may be {least}, more than the {args['max_fee_minor']} that are allowed for it"
            raise Error("invalid", message, reason="max_fee_minor", field="max_fee_minor")

    def _most_fee(self, instrument: Any, args: Mapping[str, str]) -> int:
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


_OWNERS = select(Account.id, Account.owner).where(Account.id.in_(bindparam("ids", expanding=True)))
_TERMS = select(
    Instrument.instrument,
    Instrument.kind,
    Instrument.currency,
    Instrument.fee_bps,
    Instrument.lot,
    Instrument.tick_minor,
).where(Instrument.instrument.in_(bindparam("codes", expanding=True)))
_IS_VENUE = (Party.status == "active", cast(Party.roles, String).contains('"venue"'))
_VENUES = select(Party.party).where(*_IS_VENUE).order_by(Party.party)
