"""A market of a test's own: the founders over a sandbox, and a worker that the test starts and stops."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from middleware.database import Database
from middleware.migrations import run
from middleware.services import users
from middleware.wsgi import create_app
from scripts.cast import BALANCE_MINOR, CURRENCY, CURRENCY_TERMS, PASSWORD, SECOND
from tests.middleware.door import USERS, Door, eventually
from tests.middleware.sandboxes import Running, installed, sandbox

FOUNDERS = ("OPERATOR", "CUSTODIA1", "BOLSA", "BANCO1")


@dataclass(frozen=True)
class Market:
    """The REST door in this process. Nothing that it takes reaches the ledger while no worker runs."""

    door: Door

    @property
    def database(self) -> Database:
        found: Database = self.door.app.extensions["lonja"].database
        return found

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker for as long as the block lasts."""
        running = Running(Database(self.database.config))
        try:
            yield
        finally:
            running.stop()

    def open(self) -> None:
        """The founders have logins, and the bank's currency stands with a balance behind it."""
        with self.database.writing() as session:
            for party in FOUNDERS:
                users.add(session, username=USERS[party], party=party, password=PASSWORD)
            for party, username in SECOND.items():
                users.add(session, username=username, party=party, password=PASSWORD)
        operator, bank = self.door.party("OPERATOR"), self.door.party("BANCO1")
        eventually(lambda: "operator" in operator.get("/users/me").json["roles"])  # once genesis is mirrored
        self.door.agree(operator.command("/instruments", CURRENCY_TERMS))
        balance = {"instrument": CURRENCY, "balance_minor": str(BALANCE_MINOR), "reference": "OPENING"}
        bank.command("/attestations", {**balance, "as_of": "2026-01-01T00:00:00Z"})


@contextmanager
def market(folder: Path) -> Iterator[Market]:
    """An installation in a folder of its own."""
    config = installed(folder)
    run.upgrade(config)
    database = Database(config)
    with sandbox(config, database) as reached:
        app = create_app(reached)
        yield Market(Door(app))
        app.extensions["lonja"].close()
    database.close()
