"""Fabric's blocks read into the port's terms, with the hashes they claim checked.

Both drivers come here, each with its own library's message classes: `messages` is the module that holds them.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError

from middleware.errors import Error
from middleware.ledger import Block, Transaction

EVENT = "facts"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def block(messages: Any, raw: Any, chaincode_name: str) -> Block:
    """A block of the channel. Refuses one whose data is not what its header covers."""
    header = raw.header
    if hashlib.sha256(b"".join(raw.data.data)).digest() != header.data_hash:
        raise Error("internal", f"block {header.number} holds other data than its header says", reason="history")
    verdicts = raw.metadata.metadata[messages.common.TRANSACTIONS_FILTER]
    if len(verdicts) != len(raw.data.data):
        raise Error("internal", f"block {header.number} has no verdict for each transaction", reason="history")
    pairs = zip(raw.data.data, verdicts, strict=True)
    return Block(
        number=header.number,
        previous_hash=header.previous_hash.hex(),
        hash=header_hash(header.number, header.previous_hash, header.data_hash),
        transactions=tuple(_transaction(messages, envelope, code, chaincode_name) for envelope, code in pairs),
    )


def header_hash(number: int, previous_hash: bytes, data_hash: bytes) -> str:
    """SHA-256 over the header as ASN.1 DER: SEQUENCE {INTEGER number, OCTET STRING previous, OCTET STRING data}."""
    integer = number.to_bytes(number.bit_length() // 8 + 1, "big")
    content = b"".join(_der(tag, value) for tag, value in ((2, integer), (4, previous_hash), (4, data_hash)))
    return hashlib.sha256(_der(0x30, content)).hexdigest()


def _der(tag: int, value: bytes) -> bytes:
    return bytes((tag, len(value))) + value  # nothing here is longer than 127 bytes


def _transaction(messages: Any, envelope: bytes, verdict: int, chaincode_name: str) -> Transaction:
    """One transaction. Any member can have nonsense put into a block, marked invalid: it is passed on as empty."""
    code, common = _codes(messages).get(verdict, str(verdict)), messages.common
    try:
        payload = common.Payload.FromString(common.Envelope.FromString(envelope).payload)
        header = common.ChannelHeader.FromString(payload.header.channel_header)
        creator = common.SignatureHeader.FromString(payload.header.signature_header).creator
        endorsed = header.type == common.ENDORSER_TRANSACTION
        function, args, event, endorsers = (
            _action(messages, payload.data, code, chaincode_name) if endorsed else _NOTHING
        )
        return Transaction(
            id=header.tx_id,
            code=code,
            at=_instant(header.timestamp),
            msp_id=_msp_id(messages, creator),
            function=function,
            args=args,
            event=event,
            endorsers=endorsers,
        )
    except DecodeError:
        if code == "VALID":
            raise
        return Transaction("", code, _EPOCH, "", *_NOTHING)


_Action = tuple[str, tuple[bytes, ...], dict[str, Any] | None, tuple[str, ...]]
_NOTHING: _Action = ("", (), None, ())


def _instant(timestamp: Any) -> datetime:
    """The sender's time. Our chaincode lets nothing far from now pass; another's transactions may say anything."""
    try:
        return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1000)
    except OverflowError:
        return _EPOCH


def _action(messages: Any, data: bytes, code: str, chaincode_name: str) -> _Action:
    """What our chaincode was asked and what it told. Another chaincode's transactions say nothing to us."""
    for action in messages.transactions.Transaction.FromString(data).actions[:1]:  # Fabric takes exactly one
        signed = messages.transactions.ChaincodeActionPayload.FromString(action.payload)
        asked = messages.proposals.ChaincodeProposalPayload.FromString(signed.chaincode_proposal_payload)
        spec = messages.chaincode.ChaincodeInvocationSpec.FromString(asked.input).chaincode_spec
        endorsers = tuple(_msp_id(messages, one.endorser) for one in signed.action.endorsements)
        args = spec.input.args
        if spec.chaincode_id.name != chaincode_name or not args:
            return "", (), None, endorsers
        event = _event(messages, signed.action.proposal_response_payload, chaincode_name) if code == "VALID" else None
        return args[0].decode(errors="replace"), tuple(args[1:]), event, endorsers
    return _NOTHING


def _event(messages: Any, payload: bytes, chaincode_name: str) -> dict[str, Any] | None:
    answer = messages.responses.ProposalResponsePayload.FromString(payload)
    action = messages.proposals.ChaincodeAction.FromString(answer.extension)
    event = messages.events.ChaincodeEvent.FromString(action.events)
    if action.chaincode_id.name != chaincode_name or event.event_name != EVENT:
        return None
    told: dict[str, Any] = json.loads(event.payload)
    return told


@lru_cache(maxsize=1024)
def _msp_id(messages: Any, identity: bytes) -> str:
    msp_id: str = messages.identities.SerializedIdentity.FromString(identity).mspid
    return msp_id


@lru_cache
def _codes(messages: Any) -> dict[int, str]:
    return {number: name for name, number in messages.transactions.TxValidationCode.items()}
