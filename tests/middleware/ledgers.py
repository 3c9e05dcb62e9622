"""A ledger of our own making for tests of the middleware alone: blocks are written by hand, nothing is checked."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from middleware.ledger import Block, Envelope, Tip, Transaction

START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def outcome(party: str, id: str, function: str, *facts: dict[str, Any], hash: str = "", **more: str) -> dict[str, Any]:
    """What an event says of one command."""
    said = {"party": party, "id": id, "hash": hash or hashlib.sha256(id.encode()).hexdigest(), "kid": f"{party}.1"}
    said |= {"function": function, "code": "", "reason": "", "message": "", "facts": list(facts)}
    return {**said, **more}


class Chain:
    """Makes blocks that follow each other."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.add()

    def add(self, *transactions: Transaction) -> Block:
        number = len(self.blocks)
        previous = self.blocks[-1].hash if self.blocks else ""
        content = repr((number, previous, transactions)).encode()
        block = Block(number, previous, hashlib.sha256(content).hexdigest(), transactions)
        self.blocks.append(block)
        return block

    def submit(self, jws: Sequence[str], commands: Sequence[dict[str, Any]], *, batch: int = 1) -> Block:
        """A block with one valid batch."""
        event = {"version": "1", "lane": "operator", "batch": str(batch), "commands": list(commands)}
        args = (str(batch).encode(), *(one.encode() for one in jws))
        return self.add(self.transaction("submit", args, event))

    def transaction(
        self, function: str, args: tuple[bytes, ...], event: dict[str, Any] | None, code: str = "VALID"
    ) -> Transaction:
        number = len(self.blocks)
        return Transaction(
            id=hashlib.sha256(f"{number}".encode()).hexdigest(),
            code=code,
            at=START + timedelta(seconds=number),
            msp_id="OperatorMSP",
            function=function,
            args=args,
            event=event,
            endorsers=("OperatorMSP", "CustodianMSP"),
        )


class Unused:
    """A ledger that nobody is meant to call; tests replace what they need."""

    organisation = "operator"

    def submit(self, batch: int, commands: Sequence[str]) -> Envelope:
        raise AssertionError("submit")

    def genesis(self, file: bytes) -> Envelope:
        raise AssertionError("genesis")

    def resend(self, envelope: Envelope) -> None:
        raise AssertionError("resend")

    def query(self, function: str, *args: str) -> Any:
        raise AssertionError("query")

    def blocks(self, start: int) -> Iterator[Block]:
        raise AssertionError("blocks")

    def heights(self) -> dict[str, int]:
        return {}

    def tips(self) -> dict[str, Tip]:
        return {}

    def close(self) -> None:
        pass
