"""One worker at a time: a lease with a fencing number, checked inside every SQL transaction of its holder."""

import socket
from datetime import timedelta

import psutil
from sqlalchemy import Connection, insert, select, update

from middleware import clock
from middleware.database import Database
from middleware.models.lease import Lease as Row

GOOD_FOR = timedelta(seconds=10)
RENEW_EVERY_SECONDS = 2.0


class LostLease(Exception):
    """Another process has taken over: stop at once, without another write."""


class Wanted(Exception):
    """Somebody asks the holder to step aside: finish, release, and wait for the lease again."""


class Lease:
    """The right to be the one that does something in this installation."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._fencing = 0
        me = psutil.Process()
        self._owner = f"{socket.gethostname()}/{me.pid}/{me.create_time():.2f}"

    def take(self, *, ask: str = "") -> str:
        """Take the lease if it is free; answers "" when we have it, or who has it.

        With `ask`, which says what for, the holder is asked to step aside.
        """
        with self._database.writing() as session:
            row = session.execute(select(Row).where(Row.name == self._name)).scalar_one_or_none()
            here = update(Row).where(Row.name == self._name)
            if row is not None and at_work(row):
                if ask:
                    session.execute(here.values(wanted_by=ask))
                    session.commit()
                return row.owner
            if row is not None and row.wanted_by and not ask and _fresh(row):
                return row.wanted_by
            self._fencing = 1 if row is None else row.fencing + 1
            values = {"owner": self._owner, "fencing": self._fencing, "wanted_by": "", "renewed_at": clock.now()}
            session.execute(insert(Row).values(name=self._name, **values) if row is None else here.values(**values))
            session.commit()
        return ""

    def take_within(self, seconds: float, *, ask: str) -> bool:
        """Ask for the lease until we have it; whether we got it in time."""
        started = clock.monotonic()
        while self.take(ask=ask):
            if clock.monotonic() - started > seconds:
                return False
            clock.sleep(0.2)
        return True

    def guard(self, connection: Connection) -> None:
        """Renew the lease as part of a transaction; raises LostLease when it is not ours any more."""
        change = update(Row).where(Row.name == self._name, Row.owner == self._owner, Row.fencing == self._fencing)
        if connection.execute(change.values(renewed_at=clock.now())).rowcount != 1:
            raise LostLease(f"another process has taken the lease {self._name!r}")

    def renew(self) -> None:
        """Say that we are still there; raises Wanted when somebody asks for the lease."""
        with self._database.writing() as session:
            self.guard(session.connection())
            wanted = session.scalar(select(Row.wanted_by).where(Row.name == self._name))
            session.commit()
        if wanted:
            raise Wanted(wanted)

    def release(self) -> None:
        """Let the next one take it at once. Nothing happens when it is not ours any more."""
        with self._database.writing() as session:
            mine = update(Row).where(Row.name == self._name, Row.owner == self._owner, Row.fencing == self._fencing)
            session.execute(mine.values(owner="", renewed_at=clock.now()))
            session.commit()


def at_work(row: Row) -> bool:
    """Whether somebody holds this lease and was seen lately."""
    return bool(row.owner) and _fresh(row) and not _dead(row.owner)


def _fresh(row: Row) -> bool:
    return clock.now() - row.renewed_at < GOOD_FOR


def _dead(owner: str) -> bool:
    """Whether the owner was a process of this machine that is gone: then there is no need to wait for its time."""
    host, pid, started = owner.split("/")
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        return process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - float(started)) > 1
    except psutil.NoSuchProcess:
        return True
