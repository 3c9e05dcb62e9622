"""A second organisation's own road to the ledger, for sending what no honest relay would send.

The custodian's client certificate makes a lane of its own, so nothing here stands in the way of the product's worker.
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from middleware import clock, ids
from middleware.ledger import Block, Transaction, Unavailable
from middleware.ledger.fabric import Fabric, endorsing, messages
from middleware.ledger.fabric.connection import Connection
from scripts.product import Product

ORGANISATION = "custodian"
CLASSES = ("party", "account", "instrument", "holding", "order", "book", "withdrawal", "deposit", "act")
VERDICT_SECONDS = 30.0
Json = dict[str, Any]


class Lane:
    """The ledger as the custodian's organisation reaches it."""

    def __init__(self, product: Product, folder: Path) -> None:
        said = json.loads(product.config.connection_file.read_text())
        file = folder / "connection.json"
        file.write_text(json.dumps({**said, "organisation": ORGANISATION}))
        self.ledger = Fabric(file)
        self.connection = Connection(file)
        self.blocks: list[Block] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        self.ledger.close()
        self.connection.close()

    def _read(self) -> None:
        for block in self.ledger.blocks(0):
            with self._changed:
                self.blocks.append(block)
                self._changed.notify_all()

    def next_batch(self) -> int:
        (lane,) = self.ledger.query("get", f"lane/{ORGANISATION}")["items"]
        return int(lane["value"]["batch"]) + 1 if lane["value"] else 1

    def submit(self, *commands: str) -> list[Json]:
        """Send commands in one transaction; what the block says became of each."""
        self.level()
        envelope = self.ledger.submit(self.next_batch(), commands)
        transaction = self.verdict(envelope.transaction_id)
        assert transaction.code == "VALID", transaction
        assert transaction.event is not None
        outcomes: list[Json] = transaction.event["commands"]
        return outcomes

    def verdict(self, transaction_id: str) -> Transaction:
        """Wait for the block that holds a transaction."""
        deadline = time.monotonic() + VERDICT_SECONDS
        with self._changed:
            while True:
                for block in reversed(self.blocks):
                    for transaction in block.transactions:
                        if transaction.id == transaction_id:
                            return transaction
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no block holds {transaction_id}")

    def level(self) -> None:
        """Wait until every peer and our own reading have the last block."""
        deadline = time.monotonic() + VERDICT_SECONDS
        while time.monotonic() < deadline:
            heights = set(self.ledger.heights().values())
            if len(heights) == 1 and len(self.blocks) == heights.pop():
                return
            time.sleep(0.02)
        raise TimeoutError("the peers do not become level")

    def propose(self, args: Sequence[bytes], *, at: datetime | None = None) -> messages.Proposal:
        """A signed proposal, with a timestamp of our choice."""
        nonce = ids.token(24)
        moment = at or clock.now()
        connection = self.connection
        return messages.propose(
            connection.identity, connection.channel, connection.chaincode, args, nonce=nonce, at=moment
        )

    def endorse(self, proposal: messages.Proposal, *organisations: str) -> bytes:
        """An envelope endorsed by some organisations only; all when none is named."""
        peers = [peer for id, peer in self.connection.peers.items() if not organisations or id in organisations]
        answers = endorsing.ask(peers, proposal.signed, 30)
        endorsements = [answer.endorsement for answer in answers.values()]
        payload = next(iter(answers.values())).payload
        return messages.envelope(self.connection.identity, proposal, payload, endorsements)

    def order(self, proposal: messages.Proposal, envelope: bytes) -> Transaction:
        """Hand an envelope to the orderer as it is, and wait for its verdict."""
        from middleware.ledger import Envelope

        self.ledger.resend(Envelope(proposal.transaction_id, envelope))
        return self.verdict(proposal.transaction_id)

    def off_clock(self, args: Sequence[bytes], seconds: int) -> str:
        """What the peers say to a proposal whose timestamp is so far from now."""
        try:
            self.endorse(self.propose(args, at=clock.now() + timedelta(seconds=seconds)))
        except Unavailable as veto:
            return str(veto)
        return "endorsed"

    def state(self) -> Json:
        """Everything on the ledger that a command could change, but for lanes and the outcomes themselves."""
        return {item["key"]: item["value"] for name in CLASSES for item in self._list(name)}

    def _list(self, prefix: str) -> Iterator[Json]:
        after = ""
        while True:
            page = self.ledger.query("list", prefix, after, "1000")
            yield from page["items"]
            after = page["next"]
            if not after:
                return

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """What happens inside leaves the ledger as it was."""
        self.level()
        before = self.state()
        yield
        self.level()
        assert self.state() == before
