"""Whether programs run on a state folder, and the claim that keeps them from starting."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from middleware.backup import sql
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.lease import at_work
from middleware.models.lease import Lease


def holder(config: Config) -> int | None:
    """The process that runs programs there; None when nobody does."""
    found: int | None = importlib.import_module("network.native.runner").holder(config.state)
    return found


def refuse_workers(config: Config) -> None:
    """Refuse while a process of the installation was seen lately, whoever started it."""
    if not all(path.exists() for path in sql.files(config)[:1]):
        return
    database = Database(config)
    try:
        with database.reading() as session:
            names = [lease.name for lease in session.scalars(select(Lease)) if at_work(lease)]
    except SQLAlchemyError:
        return  # it cannot be read: the very reason to restore
    finally:
        database.close()
    if names:
        raise Error("unavailable", f"still at work: {', '.join(names)}; stop it first", reason="running")


@contextmanager
def held(config: Config, what: str) -> Iterator[None]:
    """Hold the state folder for as long as the block lasts; refused while somebody else does, saying `what` then."""
    if (process := holder(config)) is not None:
        message = (
            f"{config.state} is in use by process {process}: stop it first (Ctrl-C there, or kill {process}), {what}"
        )
        raise Error("unavailable", message, reason="running")
    with importlib.import_module("network.native.runner").claimed(config.state):
        yield
