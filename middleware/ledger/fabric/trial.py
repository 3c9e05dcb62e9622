"""Asking a chaincode process that no peer uses yet: we speak to it as its peer would, and it answers as to its peer."""

import json
import queue
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from middleware import clock, ids
from middleware.ledger import Refused, Unavailable, refusals
from middleware.ledger.fabric import messages
from middleware.ledger.fabric.identity import Identity
from middleware.ledger.fabric.protos import chaincode, chaincode_stub, responses, shim

_WITHIN_SECONDS = 10


@dataclass(frozen=True)
class Line:
    """Where a process listens, how it proves itself, and what its peer shows it."""

    address: str
    name: str
    authority: Path
    certificate: Path
    key: Path


def ask(line: Line, package: str, identity: Identity, channel: str, function: str) -> Any:
    """What the process answers to a function that reads no state, parsed.

    Refused when it says no; Unavailable when it does not answer, or answers for another package.
    """
    credentials = grpc.ssl_channel_credentials(
        line.authority.read_bytes(), line.key.read_bytes(), line.certificate.read_bytes()
    )
    options = [("grpc.ssl_target_name_override", line.name)]
    with grpc.secure_channel(line.address, credentials, options=options) as reached:
        try:
            return json.loads(_converse(reached, package, identity, channel, function))
        except grpc.RpcError as error:
            raise Unavailable(f"{line.name}: {error.code().name} {error.details()}") from error
        except ValueError as error:
            raise Unavailable(f"{line.name} does not answer in JSON: {error}") from error


def _converse(reached: grpc.Channel, package: str, identity: Identity, channel: str, function: str) -> bytes:
    """It registers, hears that it may begin, and is asked; whatever else it says is not about our question."""
    ours: queue.SimpleQueue[Any] = queue.SimpleQueue()
    said = chaincode_stub(reached).Connect(iter(ours.get, None), timeout=_WITHIN_SECONDS)
    _registered(said, package)
    ours.put(shim.ChaincodeMessage(type=shim.ChaincodeMessage.REGISTERED))
    ours.put(shim.ChaincodeMessage(type=shim.ChaincodeMessage.READY))
    ours.put(_question(identity, channel, function))
    try:
        return _answer(said)
    finally:
        ours.put(None)
        said.cancel()


def _registered(said: Iterator[Any], package: str) -> None:
    first = next(said)
    name = chaincode.ChaincodeID.FromString(first.payload).name
    if first.type != shim.ChaincodeMessage.REGISTER or name != package:
        raise Unavailable(f"the process answers as {name or 'nobody'}, not as {package}")


def _question(identity: Identity, channel: str, function: str) -> Any:
    args = [function.encode()]
    proposal = messages.propose(identity, channel, "", args, nonce=ids.token(24), at=clock.now())
    return shim.ChaincodeMessage(
        type=shim.ChaincodeMessage.TRANSACTION,
        txid=proposal.transaction_id,
        channel_id=channel,
        payload=chaincode.ChaincodeInput(args=args).SerializeToString(),
        proposal=proposal.signed,
    )


def _answer(said: Iterator[Any]) -> bytes:
    for message in said:
        if message.type == shim.ChaincodeMessage.ERROR:
            raise Unavailable(f"the process failed: {message.payload.decode(errors='replace')[:300]}")
        if message.type == shim.ChaincodeMessage.COMPLETED:
            answer = responses.Response.FromString(message.payload)
            if answer.status >= 400:
                raise refusals.read(answer.message) or Refused("internal", "chaincode", answer.message)
            payload: bytes = answer.payload
            return payload
    raise Unavailable("the process ended without an answer")
