"""An installation whose mirror says what a test wants, without a ledger: orders, and what was told of them."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, select, update
from sqlalchemy.types import JSON

from middleware import clock, ids
from middleware.config import Config
from middleware.database import Database
from middleware.ledger import wallet
from middleware.models.account import Account
from middleware.models.base import Instant
from middleware.models.entry import ClientId, Entry
from middleware.models.execution import Execution, Route
from middleware.models.instrument import Instrument
from middleware.models.key import HostedKey
from middleware.models.order import Order
from middleware.models.party import Party
from middleware.models.report import Report
from middleware.models.session import FixSession
from middleware.models.submission import Submission

VENUE, BROKER, ISIN = "MERCADO", "CASA1", "MX01AC000005"
ACCOUNT = "CUSTODIA1:01a213de-0000-7000-8000-000000000001"


def made(model: Any, **fields: Any) -> Any:
    """A row with nothing in the columns that a test does not speak of."""
    nothing = {BigInteger: 0, Integer: 0, Boolean: False, Instant: clock.now(), JSON: []}
    for name, column in model.__mapper__.columns.items():
        if name not in fields and not column.nullable and column.autoincrement is not True:
            fields[name] = nothing.get(type(column.type), "")
    return model(**fields)


class Market:
    """MERCADO with its key and session, ACME in pesos, and orders as tests need them."""

    def __init__(self, database: Database, port: int) -> None:
        self.database = database
        self._block = 0
        currency = {"kind": "currency", "status": "active", "minor_digits": 2}
        share = {"kind": "equity", "status": "active", "currency": "MXN.BANCO1", "isin": ISIN}
        link = {"party": VENUE, "kind": "exchange", "host": "127.0.0.1", "port": port, "status": "enabled"}
        with database.writing() as session:
            wallet.create(session, VENUE, 1, ["*"])
            session.execute(update(HostedKey).values(status="active"))
            session.add(made(Instrument, instrument="MXN.BANCO1", **currency))
            session.add(made(Instrument, instrument="ACME", **share))
            session.add(made(Account, id=ACCOUNT, owner="FONDO1", custodian="CUSTODIA1", status="open"))
            session.add(made(Party, party=VENUE, roles=["exchange"], status="active"))
            session.add(made(FixSession, comp_id=VENUE, state="down", **link))
            session.commit()

    def order(self, side: str, quantity: int, limit_minor: int, owner: str = "FONDO1", *, entry: str = "") -> str:
        """An order that the ledger has admitted; its reference."""
        id = ids.reference(owner, ids.new())
        terms = {"side": side, "quantity": quantity, "limit_minor": limit_minor, "good_till": clock.after(3600)}
        terms |= {"venue": VENUE, "broker": BROKER, "owner": owner, "account": ACCOUNT, "instrument": "ACME"}
        with self.database.writing() as session:
            session.add(made(Order, id=id, status="new", book="exchange", currency="MXN.BANCO1", **terms))
            session.add(self.report("new", id, **terms))
            if entry:
                session.add(made(Entry, id=ids.new(), order=id, client_id=entry, status="direct", broker=BROKER))
            session.commit()
        return id

    def report(self, kind: str, order: str, **fields: Any) -> Report:
        """What the fold would have written, in a block of its own."""
        self._block += 1
        fields = {name: value for name, value in fields.items() if name != "good_till"}
        return made(Report, block=self._block, index=0, kind=kind, order=order, **{"venue": VENUE, **fields})  # type: ignore[no-any-return]

    def cancel(self, order: str, client_id: str = "") -> str:
        """A cancel that the ledger has passed on; the command's id."""
        command = ids.new()
        with self.database.writing() as session:
            session.add(self.report("pending_cancel", order, command=command))
            if client_id:
                named = {"command": command, "client_id": client_id, "status": "pending", "session": BROKER}
                session.add(made(ClientId, broker=BROKER, kind="cancel", **named))
            session.commit()
        return command

    def replace(self, order: str, quantity: int, limit_minor: int) -> str:
        """A replacement whose increase the ledger has reserved."""
        command = ids.new()
        pending = {"pending_quantity": quantity, "pending_limit_minor": limit_minor, "pending_max_fee_minor": 0}
        with self.database.writing() as session:
            session.execute(update(Order).where(Order.id == order).values(**pending))
            session.add(self.report("pending_replace", order, command=command))
            session.commit()
        return command

    def all(self, model: Any, *order: Any) -> list[Any]:
        """Every row of a table."""
        with self.database.reading() as session:
            return list(session.scalars(select(model).order_by(*order)))

    def commands(self) -> list[tuple[str, dict[str, Any]]]:
        """What was signed for the exchange, in order."""
        return [(one.function, one.args) for one in self.all(Submission, Submission.arrival)]

    def routes(self) -> dict[str, str]:
        """Our name for each message → how it stands."""
        return {one.client_id: one.status for one in self.all(Route)}

    def executions(self) -> list[Execution]:
        return self.all(Execution, Execution.number)


def prepared(config: Config) -> Config:
    """Signing works here: the hash of a genesis file is all that it needs."""
    config.genesis_file.write_text('{"version":"1"}')
    return config
