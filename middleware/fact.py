"""What the ledger says happened, read out of its blocks."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from middleware.ledger import Block, Transaction, command

LEDGER_FUNCTIONS = ("submit", "genesis")


class Command:
    """The signed command that a fact belongs to, and its outcome: `code` "" when it was carried out."""

    __slots__ = ("_args", "code", "function", "hash", "id", "jws", "kid", "message", "party", "reason")

    def __init__(self, said: Mapping[str, Any], jws: bytes) -> None:
        self.party: str = said.get("party", "")
        self.id: str = said.get("id", "")
        self.hash: str = said.get("hash", "")
        self.kid: str = said.get("kid", "")
        self.function: str = said.get("function", "")
        self.code: str = said["code"]
        self.reason: str = said["reason"]
        self.message: str = said["message"]
        self.jws = jws
        self._args: dict[str, Any] | None = None

    @property
    def args(self) -> dict[str, Any]:
        """What was signed; decoded from the block only when somebody asks. {} for genesis."""
        if self._args is None:
            self._args = command.payload_of(self.jws)["args"] if self.jws else {}
        return self._args

    @property
    def recorded(self) -> bool:
        """Whether the ledger keeps this outcome for ever under (party, id)."""
        return bool(self.party and self.id) and (self.code, self.reason) != ("duplicate", "id")


class Fact(dict[str, Any]):
    """One fact: its fields by name, not to be changed, and where it stands.

    (block, index) is unique: index counts the facts of a block. `at` is the transaction's time, which its sender chose.
    """

    __slots__ = ("at", "block", "command", "command_index", "index", "name", "transaction", "transaction_index")

    def __init__(
        self,
        name: str,
        fields: Mapping[str, Any],
        *,
        block: int,
        transaction: str,
        transaction_index: int,
        command_index: int,
        index: int,
        at: datetime,
        command: Command,
    ) -> None:
        super().__init__(fields)
        self.name = name
        self.block = block
        self.transaction = transaction
        self.transaction_index = transaction_index
        self.command_index = command_index
        self.index = index
        self.at = at
        self.command = command

    def __repr__(self) -> str:
        return f"<{self.name} {self.block}.{self.index} {super().__repr__()}>"


def of(block: Block) -> list[Fact]:
    """The facts of a block in the ledger's order.

    After a recorded command's own facts comes one that we add: `CommandDone`, or `CommandRefused` with its function,
    args, code, reason and message. A command that is repeated shows its first outcome again, without facts.
    """
    facts: list[Fact] = []
    for number, transaction in enumerate(block.transactions):
        if transaction.event is not None and transaction.function in LEDGER_FUNCTIONS:
            _of_transaction(facts, block.number, number, transaction)
    return facts


def _of_transaction(facts: list[Fact], block: int, number: int, transaction: Transaction) -> None:
    for index, (signer, said) in enumerate(commands(transaction)):
        told = [(fact["fact"], fact) for fact in said.get("facts") or ()]
        if transaction.function == "submit" and signer.recorded:
            told.append(_outcome(signer))
        for name, fields in told:
            fact = Fact(
                name,
                fields,
                block=block,
                transaction=transaction.id,
                transaction_index=number,
                command_index=index,
                index=len(facts),
                at=transaction.at,
                command=signer,
            )
            facts.append(fact)


def commands(transaction: Transaction) -> Iterator[tuple[Command, Mapping[str, Any]]]:
    """The commands that a valid transaction reached, with what its event says of each. Empty for any other."""
    if transaction.event is None or transaction.function not in LEDGER_FUNCTIONS:
        return
    signed = transaction.args[1:] if transaction.function == "submit" else (b"",)
    for jws, said in zip(signed, transaction.event["commands"], strict=False):
        yield Command(said, jws), said


def _outcome(said: Command) -> tuple[str, Mapping[str, Any]]:
    if not said.code:
        return "CommandDone", {"party": said.party, "id": said.id, "function": said.function}
    refused = {
        "party": said.party,
        "id": said.id,
        "function": said.function,
        "args": said.args,
        "code": said.code,
        "reason": said.reason,
        "message": said.message,
    }
    return "CommandRefused", refused
