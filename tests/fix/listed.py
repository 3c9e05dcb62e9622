"""A listed market on a running product: the exchange with its session, brokers with mandates, and who trades there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psutil

from middleware import clock, ids
from middleware.database import Database
from middleware.fix.exchanges import Exchanges
from middleware.installation import Installation
from middleware.models.session import FixSession
from scripts.cast import PASSWORD
from scripts.exchange import control
from scripts.product import Product
from tests.fix.rows import made
from tests.middleware.door import USERS, Client, Door, Json, Owner, Share, eventually

EXCHANGE = "MERCADO"
ENOUGH_MINOR, ENOUGH = 10**10, 10_000


@dataclass
class Listed:
    """The market. What its tests trade is a share of their own."""

    door: Door
    product: Product
    exchange: str = EXCHANGE
    port: int = 0
    share: Share = field(init=False)

    def __post_init__(self) -> None:
        self._admit_exchange()
        self._add_session()
        self.operator: Client = self.door.party("OPERATOR")

    @property
    def code(self) -> str:
        return self.share.code

    def buyer(self) -> Owner:
        return self.door.owner(cash=ENOUGH_MINOR)

    def seller(self) -> Owner:
        owner = self.door.owner()
        self.share.give(owner, ENOUGH)
        return owner

    def broker(self) -> Owner:
        return self.door.owner("broker")

    def mandate(self, owner: Owner, broker: Owner, affirmation: str = "each") -> None:
        good_till = clock.text(clock.now() + timedelta(days=30))
        limits = {"order_minor": str(ENOUGH_MINOR), "total_minor": str(10 * ENOUGH_MINOR), "good_till": good_till}
        owner.client.command("/mandates", {"agent": broker.party, "affirmation": affirmation, **limits})

    def place(self, owner: Owner, side: str, quantity: int, limit_minor: int) -> str:
        """An order of his own at the exchange; its reference, once the ledger has reserved for it."""
        body = owner.order(side, self.code, quantity, limit_minor, venue=self.exchange)
        return str(owner.client.command("/orders", body)["order"]["id"])

    def order(self, owner: Owner, order: str) -> Json:
        found = owner.client.get(f"/orders/{order}").json
        assert found is not None
        return found

    def until(self, owner: Owner, order: str, **wanted: Any) -> Json:
        """The order, once it stands so."""

        def found() -> Json | None:
            seen = self.order(owner, order)
            return seen if all(seen[name] == value for name, value in wanted.items()) else None

        return eventually(found, 30)  # type: ignore[no-any-return]

    def held(self, owner: Owner, instrument: str) -> tuple[str, str]:
        """(available, reserved) of an owner."""
        found = owner.client.items("/holdings", instrument=instrument)
        return (found[0]["available"], found[0]["reserved"]) if found else ("0", "0")

    def reports(self, owner: Owner, order: str) -> list[str]:
        return [report["kind"] for report in owner.client.items(f"/orders/{order}/reports")]

    def until_reports(self, owner: Owner, order: str, *kinds: str) -> None:
        eventually(lambda: self.reports(owner, order) == list(kinds), 30)

    def ask(self, do: str, **more: str | int) -> Any:
        """Something that somebody at the exchange does."""
        return control.ask(control.path(self.product.config), do, **more)

    def at_exchange(self, *orders: str) -> None:
        """Once the exchange has all of these."""
        wanted = {ids.split(order)[1] for order in orders}
        eventually(lambda: wanted <= {order["client_id"] for order in self.ask("orders")}, 30)

    def reconciled(self) -> None:
        ended = self.product.lonja("reconcile")
        assert "reconcile: clean" in ended.stdout, ended.stdout + ended.stderr

    def _admit_exchange(self) -> None:
        if self.door.party("OPERATOR").get(f"/parties/{self.exchange}").status_code == 404:
            body = {"party": self.exchange, "name": "Mercado", "organisation": "", "roles": ["exchange"]}
            self.door.agree(self.door.party("OPERATOR").command("/parties", body))
            login = {"username": self.exchange.lower(), "party": self.exchange, "password": PASSWORD}
            assert self.door.party("OPERATOR").post("/users", login).status_code == 201
        USERS.setdefault(self.exchange, self.exchange.lower())

    def _add_session(self) -> None:
        config = self.product.config
        with Database(config).writing() as session:
            if session.get(FixSession, self.exchange) is None:
                link = {"party": self.exchange, "kind": "exchange", "host": "127.0.0.1"}
                link |= {"port": self.port or config.exchange_port, "status": "enabled", "state": "down"}
                session.add(made(FixSession, comp_id=self.exchange, **link))
                session.commit()


@contextmanager
def road(product: Product) -> Iterator[None]:
    """The road to the exchange: the product's own FIX process, or one in this process where it has none."""
    said = [" ".join(child.cmdline()) for child in psutil.Process(product.pid).children(recursive=True)]
    if any("middleware.fix" in words or words.endswith(" fix") for words in said):
        yield
        return
    installation = Installation(product.config)
    exchanges = Exchanges(installation, product.config.state / "fix" / "store")
    exchanges.start()
    yield
    exchanges.stop()
    installation.close()
