"""What is wrong with an installation, and the next command to type."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from middleware import clock, mirror, vault
from middleware.backup.contents import STAGED
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.ledger import Ledger, Refused, Unavailable, connect, wallet
from middleware.models.lease import Lease
from middleware.models.submission import Submission

BEHIND_BLOCKS = 20
WORKER_SILENT = timedelta(seconds=15)
STUCK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth knowing, and the command to type next ("" when no single one helps). A note is not urgent."""

    what: str
    next: str = ""
    is_problem: bool = True


def findings(config: Config) -> list[Finding]:
    """Everything found wrong, the network first: most of the rest follows from it."""
    return [*_network(config), *_secrets(config), *_data(config)]


def _network(config: Config) -> Iterator[Finding]:
    if config.ledger_driver == "sandbox":
        return
    try:
        said = importlib.import_module("network.doctor").findings(config.state)
    except ModuleNotFoundError:
        return
    for one in said:
        yield Finding(one.what, one.next, one.is_problem)


def _secrets(config: Config) -> Iterator[Finding]:
    if (config.state / STAGED).exists():
        yield Finding("a restore was broken off; nothing starts before it is finished", "lonja restore FILE")
    if not config.genesis_file.exists():
        yield Finding(f"there is no {config.genesis_file}", "lonja genesis")
    try:
        vault.check(config)
    except Error as error:
        yield Finding(error.message, "lonja setup")


def _data(config: Config) -> Iterator[Finding]:
    database = Database(config)
    try:
        if not inspect(database.engine).has_table(Submission.__tablename__):
            yield Finding(f"the database {config.database_name} has no tables", "lonja migrate")
            return
        yield from _registry(database)
        ledger = connect(config)
        try:
            yield from _ledger(database, ledger)
        finally:
            ledger.close()
    except (SQLAlchemyError, Error) as error:
        yield Finding(f"the database {config.database_name} does not answer: {error}", "lonja migrate")
    finally:
        database.close()


def _registry(database: Database) -> Iterator[Finding]:
    with database.reading() as session:
        leases = session.scalars(select(Lease).where(Lease.owner != "")).all()
        if not any(clock.now() - lease.renewed_at < WORKER_SILENT for lease in leases):
            yield Finding("no worker is running: commands wait", "lonja worker")
        old = select(func.count()).where(Submission.status != "done", Submission.created_at < clock.now() - STUCK)
        if count := session.scalar(old):
            yield Finding(f"{count} commands have had no outcome for ten minutes: see the worker's log")


def _ledger(database: Database, ledger: Ledger) -> Iterator[Finding]:
    try:
        tips = ledger.tips()
        said = ledger.query("version")
    except (Unavailable, Refused) as error:
        yield Finding(f"the ledger does not answer: {error}", "make network-up")
        return
    if said["ledger"] != wallet.ledger_hash(database.config):
        yield Finding("the chaincode was started with another genesis file than ours: its processes must be restarted")
    with database.reading() as session:
        place = mirror.place(session.connection()).number
    for organisation, tip in tips.items():
        if tip.height - 1 - place > BEHIND_BLOCKS:
            yield Finding(f"the mirror is at block {place}, {organisation} at {tip.height - 1}: is the worker running?")
    if ledger.organisation not in tips:
        yield Finding("our own peer does not say how far it is", "make network-up")
