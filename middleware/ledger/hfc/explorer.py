"""Blocks told to people: what `lonja blocks` prints. The SDK decodes them, down to every key that was written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from middleware.errors import Error
from middleware.ledger import decoding, reaching
from middleware.ledger.hfc import sdk
from middleware.ledger.hfc.background import Background
from middleware.ledger.hfc.connection import Connection, connect
from middleware.ledger.hfc.endorsing import agreed, ask

ASK_WITHIN_SECONDS = 15.0
_VERDICTS = set(sdk.transactions.TxValidationCode.values())
Json = dict[str, Any]


class Explorer:
    """Reads blocks one by one from our own peer."""

    def __init__(self, file: Path) -> None:
        self._background = Background()
        try:
            self._connection: Connection = self._background.run(connect(reaching.network(file)))
        except BaseException:
            self._background.close()
            raise

    def close(self) -> None:
        self._background.close()

    def height(self) -> int:
        """How many blocks there are."""
        height: int = sdk.ledger.BlockchainInfo.FromString(self._system("GetChainInfo")).height
        return height

    def block(self, number: int) -> Json:
        """One block as the SDK decodes it."""
        content = self._system("GetBlockByNumber", str(number))
        try:
            decoded: Json = sdk.BlockDecoder().decode(content)
        except ValueError as error:
            raise Error("internal", f"block {number} cannot be decoded: {error}", reason="history") from error
        return decoded

    def _system(self, function: str, *args: str) -> bytes:
        """What our peer's own chaincode for questions about the chain answers."""
        connection = self._connection
        asked = [function.encode(), connection.channel_name.encode(), *(arg.encode() for arg in args)]
        answers = self._background.run(ask(connection, "qscc", asked, [connection.organisation], ASK_WITHIN_SECONDS))
        (answer,) = agreed(answers.answers, 1)
        payload: bytes = answer.response.payload
        return payload


def told(block: Json) -> Iterator[str]:
    """The lines of one block: its header, then each transaction with who sent it, who endorsed and what it wrote."""
    header = block["header"]
    number, previous, data = header["number"], _bytes(header["previous_hash"]), _bytes(header["data_hash"])
    yield f"block {number}  {decoding.header_hash(number, previous, data)}  after {previous.hex()[:16] or 'nothing'}"
    verdicts = block["metadata"]["metadata"][sdk.common.TRANSACTIONS_FILTER]
    for envelope, verdict in zip(block["data"]["data"], verdicts, strict=True):
        yield from _transaction(envelope["payload"], verdict)


def document(block: Json) -> str:
    """The whole block as JSON; bytes as text where they are, else in hexadecimal."""
    return json.dumps(block, default=_readable, sort_keys=True, indent=1)


def _transaction(payload: Json, verdict: int) -> Iterator[str]:
    header = payload["header"]["channel_header"]
    sender = payload["header"]["signature_header"]["creator"]["mspid"]
    name = sdk.transactions.TxValidationCode.Name(verdict) if verdict in _VERDICTS else str(verdict)
    yield f"  {header['tx_id'] or '(no id)'}  {name}  {header['timestamp']}  {sender or 'nobody'}"
    if header["type"] != sdk.common.ENDORSER_TRANSACTION:
        yield f"    {header['type_string']}: {', '.join(_members(payload['data'])) or 'nothing that we read'}"
        return
    for action in payload["data"]["actions"]:
        yield from _action(action["payload"])


def _action(action: Json) -> Iterator[str]:
    spec = sdk.chaincode.ChaincodeInvocationSpec.FromString(
        action["chaincode_proposal_payload"]["input"]
    ).chaincode_spec
    function, *args = [_text(arg) for arg in spec.input.args] or [""]
    more = f", {len(args) - 1} more" if len(args) > 1 else ""
    yield f"    {spec.chaincode_id.name} {function} {args[0][:60] if args else ''}{more}".rstrip()
    endorsers = [one["endorser"]["mspid"] for one in action["action"]["endorsements"]]
    yield f"    endorsed by {', '.join(sorted(endorsers)) or 'nobody'}"
    told = action["action"]["proposal_response_payload"]["extension"]
    if told["events"]["event_name"]:
        yield f"    event {told['events']['event_name']}, {len(told['events']['payload'])} bytes"
    for space in told["results"].get("ns_rwset", []):
        yield from _written(space)


def _written(space: Json) -> Iterator[str]:
    reads, writes = len(space["rwset"]["reads"]), space["rwset"]["writes"]
    yield f"    {space['namespace']}: {reads} keys read, {len(writes)} written"
    for write in writes:
        yield f"      {'- ' if write['is_delete'] else '+ '}{_key(write['key'])}"


def _key(key: str) -> str:
    """Composite keys, whose parts Fabric divides by a character that terminals do not show, with slashes."""
    return "/".join(part for part in key.split("\0") if part)


def _members(data: Json | None) -> list[str]:
    """Who stands in a configuration."""
    groups = ((data or {}).get("config") or {}).get("channel_group", {}).get("groups", {})
    return [f"{part} {name}" for part, group in sorted(groups.items()) for name in sorted(group.get("groups", {}))]


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


def _bytes(hexadecimal: bytes) -> bytes:
    return bytes.fromhex(hexadecimal.decode())


def _readable(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
