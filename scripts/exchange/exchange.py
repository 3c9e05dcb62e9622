"""The exchange at work: inputs go through the journal to the floor, its words through a queue to the engine."""

import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from scripts.exchange.floor import Floor, tags
from scripts.exchange.journal import Journal
from scripts.exchange.orders import Told

LOOK_SECONDS = 0.5


class Word(NamedTuple):
    """A message to be sent; `again` when it may have been sent before."""

    number: int
    told: Told
    again: bool


class Exchange:
    """Takes inputs from any thread. `send` is called from one thread of ours."""

    def __init__(self, floor: Floor, journal: Journal, send: Callable[[Told, bool], None]) -> None:
        self._floor = floor
        self._journal = journal
        self._send = send
        self._lock = threading.Lock()
        self._words: queue.SimpleQueue[Word | None] = queue.SimpleQueue()
        self._said: dict[str, list[Word]] = {}  # what followed from a FIX message, by its 11
        self._number = 0
        self._silent: list[dict[str, Any]] | None = None
        self._stopping = threading.Event()
        self._recover()

    def start(self) -> None:
        """Begin to speak, and to look for orders past their time."""
        for work in (self._speak, self._watch):
            threading.Thread(target=work, daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self._words.put(None)

    def receive(self, input: dict[str, Any]) -> None:
        """A FIX message; the engine counts it as received when this returns."""
        with self._lock:
            if self._silent is None:
                self._take(input)
            else:
                self._silent.append(input)

    def command(self, input: dict[str, Any]) -> Any:
        """What somebody at the exchange does, or asks."""
        with self._lock:
            match input["do"]:
                case "ping":
                    return True
                case "orders":
                    return self._floor.orders()
                case "trades":
                    return self._floor.trades()
                case "silent":
                    self._silent = self._silent or []
                case "speak":
                    waiting, self._silent = self._silent or [], None
                    for one in waiting:
                        self._take(one)
                case _:
                    return self._do({**input, "at": now()})
        return "done"

    def _take(self, input: dict[str, Any]) -> None:
        """A message that may be a repeat is answered as it was the first time."""
        name = tags(input)[11]
        if input.get("again") and name in self._said:
            for word in self._said[name]:
                self._words.put(word._replace(again=True))
            return
        self._do(input)

    def _do(self, input: dict[str, Any]) -> str:
        self._journal.write(input)
        for word in self._follow(input):
            self._words.put(word)
        return "done"

    def _follow(self, input: dict[str, Any]) -> list[Word]:
        words = []
        for told in self._floor.apply(input):
            self._number += 1
            words.append(Word(self._number, told, False))
        if "fields" in input:
            self._said.setdefault(tags(input)[11], words)
        return words

    def _recover(self) -> None:
        """The book as it was; what may not have been handed to the engine is said again, and says so."""
        handed, empty = self._journal.handed, True
        for input in self._journal.read():
            empty = False
            for word in self._follow(input):
                if word.number > handed:
                    self._words.put(word._replace(again=True))
        if empty:
            self._do({"do": "opened", "at": f"{datetime.now(UTC):%y%m%d%H%M%S}"})

    def _speak(self) -> None:
        while (word := self._words.get()) is not None:
            self._send(word.told, word.again)
            if word.number > self._journal.handed:
                self._journal.handed = word.number

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            with self._lock:
                for client_id in self._floor.lapsed(now()):
                    self._do({"do": "expire", "order": client_id, "at": now()})


def now() -> str:
    """This instant as FIX writes it."""
    return f"{datetime.now(UTC):%Y%m%d-%H:%M:%S.%f}"[:-3]
