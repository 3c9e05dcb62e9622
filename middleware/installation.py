"""What one process of a door works with: the database, a turn for those who write, and news of what was committed."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from sqlalchemy.exc import DataError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from middleware import auth, log, room
from middleware.config import Config
from middleware.database import Database
from middleware.errors import Error
from middleware.models.submission import Submission
from middleware.services import orders
from middleware.services.events import Tail
from middleware.services.ledgers import Observer
from middleware.services.ordering import Wanted
from middleware.together import Together
from middleware.wake import Changes

STREAMS = 10
_NO_TABLE = "42P01"  # PostgreSQL's word for it; SQLite says that it does not work
MAKERS = 2  # long papers and workbooks that are made at once
WAITERS = 12  # requests that may wait for the ledger at once: half of the threads, the others go on answering


class Installation:
    """One for each process, made after the fork."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.database = Database(config)
        self.changes = Changes(self.database)
        self.observer = Observer(config)
        self.known = auth.Known()
        self.tail = Tail(self.reading)
        self.streams = threading.BoundedSemaphore(STREAMS)
        self.makers = threading.BoundedSemaphore(MAKERS)
        self.waiters = threading.BoundedSemaphore(WAITERS)
        self.orders = Together(self._place)
        self._turn = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for queries, closed at the end."""
        with _in_words(), self.database.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session for one use case, which commits. Threads of this process take turns instead of polling SQLite."""
        with _in_words(), self._turn, self.database.writing() as session:
            yield session

    def _place(self, wanted: Sequence[Wanted]) -> list[Submission | Error]:
        """Those that came together are stored by the request of one; its name is not that of the others."""
        named = log.within(request="") if len(wanted) > 1 else nullcontext()
        with named, self.writing() as session:
            return orders.place(session, wanted)

    def close(self) -> None:
        """Give connections back."""
        self.database.close()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        message = "A text or a number is not one that can be kept: it has a NUL character, or is too large."
        raise Error("invalid", message, reason="value") from error
    except (OperationalError, ProgrammingError) as error:
        if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", "") != _NO_TABLE:
            raise
        if room.is_missing(error.orig):
            raise room.refusal("the database") from error
        message = "The database does not answer; nothing was changed. Try again in a few seconds."
        raise Error("unavailable", message, reason="database", details={"retry_after": 5}) from error
