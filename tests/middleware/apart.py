"""A driver in a process of its own, spoken to as if it were here: two drivers do not live in one process."""

import multiprocessing
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

from middleware.config import Config
from middleware.ledger import Block, Envelope, Ledger, Refused, Tip, Unavailable, connect


class Apart:
    """The port, of a driver in another process."""

    def __init__(self, config: Config) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, config), daemon=True)
        self._process.start()

    @property
    def organisation(self) -> str:
        said: str = self._ask("organisation")
        return said

    def submit(self, batch: int, commands: Sequence[str]) -> Envelope:
        made: Envelope = self._ask("submit", batch, commands)
        return made

    def genesis(self, file: bytes) -> Envelope:
        made: Envelope = self._ask("genesis", file)
        return made

    def resend(self, envelope: Envelope) -> None:
        self._ask("resend", envelope)

    def query(self, function: str, *args: str) -> Any:
        return self._ask("query", function, *args)

    def blocks(self, start: int) -> Iterator[Block]:
        stream = self._ask("open", start)
        while (block := self._ask("next", stream)) is not None:
            yield block

    def heights(self) -> dict[str, int]:
        told: dict[str, int] = self._ask("heights")
        return told

    def tips(self) -> dict[str, Tip]:
        told: dict[str, Tip] = self._ask("tips")
        return told

    def close(self) -> None:
        """Close the driver. Its process stays until the test's end, so that streams can be seen to end."""
        self._ask("close")

    def _ask(self, what: str, *args: Any) -> Any:
        self._line.send((what, args))
        kind, value = self._line.recv()
        if kind == "refused":
            raise Refused(*value)
        if kind == "unavailable":
            raise Unavailable(value[0], organisations=value[1])
        assert kind == "told", value
        return value


def _serve(line: Connection, config: Config) -> None:
    ledger, streams = connect(config), list[Iterator[Block]]()
    while True:
        try:
            what, args = line.recv()
        except EOFError:
            return
        try:
            line.send(("told", _do(ledger, streams, what, args)))
        except Refused as error:
            line.send(("refused", (error.code, error.reason, error.message)))
        except Unavailable as error:
            line.send(("unavailable", (str(error), error.organisations)))
        except Exception as error:
            line.send(("failed", repr(error)))


def _do(ledger: Ledger, streams: list[Iterator[Block]], what: str, args: Any) -> Any:
    if what == "organisation":
        return ledger.organisation
    if what == "open":
        streams.append(ledger.blocks(*args))
        return len(streams) - 1
    if what == "next":
        return next(streams[args[0]], None)
    return getattr(ledger, what)(*args)
