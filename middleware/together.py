"""Group commit: what many threads want to write at the same moment goes into one transaction."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

Wanted = TypeVar("Wanted")
Answer = TypeVar("Answer")


class _Entry(Generic[Wanted, Answer]):
    __slots__ = ("answer", "done", "error", "wanted")

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.done = False
        self.answer: Answer | None = None
        self.error: BaseException | None = None


class Together(Generic[Wanted, Answer]):
    """Threads that come while one works wait for their turn; the next one takes all of them along.

    One alone waits for nobody. `work` answers one thing for each that it was given, in order; what it raises, all
    raise.
    """

    def __init__(self, work: Callable[[Sequence[Wanted]], Sequence[Answer]], *, most: int = 100) -> None:
        self._work = work
        self._most = most
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._queue: list[_Entry[Wanted, Answer]] = []

    def do(self, wanted: Wanted) -> Answer:
        """Have one thing done, with whatever else is waiting."""
        entry: _Entry[Wanted, Answer] = _Entry(wanted)
        with self._lock:
            self._queue.append(entry)
        with self._turn:
            while not entry.done:
                self._next()
        if entry.error is not None:
            raise entry.error
        return cast(Answer, entry.answer)

    def _next(self) -> None:
        with self._lock:
            entries, self._queue = self._queue[: self._most], self._queue[self._most :]
        try:
            answers = self._work([entry.wanted for entry in entries])
            for entry, answer in zip(entries, answers, strict=True):
                entry.answer = answer
        except BaseException as error:
            for entry in entries:
                entry.error = error
        for entry in entries:
            entry.done = True
