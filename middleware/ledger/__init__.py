"""The ledger as the middleware sees it: one port, a driver for each way to reach a ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from middleware.config import Config


class Refused(Exception):
    """The ledger refused a whole transaction; sending the same again would be refused again."""

    def __init__(self, code: str, reason: str, message: str) -> None:
        super().__init__(f"{code}/{reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message


class Unavailable(Exception):
    """Nobody knows what became of a request, or it reached nobody. `organisations` says whose part is missing."""

    def __init__(self, message: str, *, organisations: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.organisations = tuple(organisations)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of a block. `event` is None unless code is "VALID"; args[0] comes after the function's name."""

    id: str
    code: str
    at: datetime
    msp_id: str
    function: str
    args: tuple[bytes, ...]
    event: dict[str, Any] | None
    endorsers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `hash` is that of its header; the data it covers was checked by whoever made this object."""

    number: int
    previous_hash: str
    hash: str
    transactions: tuple[Transaction, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A transaction that was endorsed and signed. Kept until a block holds its verdict, for sending it again.

    `accepted` says whether an orderer confirmed that it has it; if not, it may have arrived all the same.
    """

    transaction_id: str
    content: bytes
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Tip:
    """How far one organisation's ledger is: `height` blocks, the last of which has this header hash."""

    height: int
    hash: str


class Ledger(Protocol):
    """What every driver can do. Thread-safe; to be made after a fork, never before."""

    @property
    def organisation(self) -> str:
        """Whose client we are, and so whose lane we write."""

    def submit(self, batch: int, commands: Sequence[str]) -> Envelope:
        """Endorse a batch at every organisation, compare, sign and hand it to an orderer.

        The verdict is seen in `blocks`, by transaction id. Raises Refused, or Unavailable when nothing was sent.
        """

    def genesis(self, file: bytes) -> Envelope:
        """As submit, with the ledger's first transaction."""

    def resend(self, envelope: Envelope) -> None:
        """Send the same bytes again; a copy that arrives twice does nothing. Raises Unavailable."""

    def query(self, function: str, *args: str) -> Any:
        """What our own peer answers, parsed. Raises Refused or Unavailable."""

    def blocks(self, start: int) -> Iterator[Block]:
        """Every block from number `start` on, for ever; reconnects by itself. Ends only when the driver is closed."""

    def heights(self) -> dict[str, int]:
        """organisation → height; one that does not answer is missing."""

    def tips(self) -> dict[str, Tip]:
        """organisation → height and hash of its last block; one that does not answer is missing."""

    def close(self) -> None:
        """Give connections back; ends `blocks`."""


def connect(config: Config) -> Ledger:
    """The driver that the settings ask for. Only this one is loaded: two would clash in one process."""
    if config.ledger_driver == "sandbox":
        from middleware.ledger.sandbox import Sandbox

        return Sandbox(config.sandbox_url)
    if config.ledger_driver == "hfc":
        from middleware.ledger.hfc.driver import Hfc

        return Hfc(config.connection_file)
    from middleware.ledger.fabric import Fabric

    return Fabric(config.connection_file)
