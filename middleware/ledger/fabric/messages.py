"""Fabric's messages for a transaction: proposal, envelope, request for blocks. Pure: bytes in, bytes out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from middleware.ledger.fabric.identity import Identity
from middleware.ledger.fabric.protos import chaincode, common, ordering, proposals, transactions

_END = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question to peers, signed; with the parts that an envelope repeats."""

    transaction_id: str
    signed: Any
    header: bytes
    payload: bytes


def propose(
    identity: Identity, channel: str, name: str, args: Sequence[bytes], *, nonce: bytes, at: datetime
) -> Proposal:
    """Ask a chaincode to run a function. The nonce (24 random bytes) makes the transaction id."""
    transaction_id = hashlib.sha256(nonce + identity.creator).hexdigest()
    id = chaincode.ChaincodeID(name=name)
    channel_header = common.ChannelHeader(
        type=common.ENDORSER_TRANSACTION,
        channel_id=channel,
        tx_id=transaction_id,
        extension=proposals.ChaincodeHeaderExtension(chaincode_id=id).SerializeToString(),
    )
    channel_header.timestamp.FromDatetime(at)
    spec = chaincode.ChaincodeInvocationSpec(
        chaincode_spec=chaincode.ChaincodeSpec(
            type=chaincode.ChaincodeSpec.GOLANG, chaincode_id=id, input=chaincode.ChaincodeInput(args=args)
        )
    )
    header = common.Header(
        channel_header=channel_header.SerializeToString(),
        signature_header=common.SignatureHeader(creator=identity.creator, nonce=nonce).SerializeToString(),
    ).SerializeToString()
    payload = proposals.ChaincodeProposalPayload(input=spec.SerializeToString()).SerializeToString()
    body = proposals.Proposal(header=header, payload=payload).SerializeToString()
    signed = proposals.SignedProposal(proposal_bytes=body, signature=identity.sign(body))
    return Proposal(transaction_id, signed, header, payload)


def envelope(identity: Identity, proposal: Proposal, payload: bytes, endorsements: Sequence[Any]) -> bytes:
    """What an orderer takes: the proposal, the peers' common answer and their signatures under it."""
    action = transactions.ChaincodeActionPayload(
        chaincode_proposal_payload=proposal.payload,
        action=transactions.ChaincodeEndorsedAction(proposal_response_payload=payload, endorsements=endorsements),
    )
    header = common.Header.FromString(proposal.header)
    transaction = transactions.Transaction(
        actions=[transactions.TransactionAction(header=header.signature_header, payload=action.SerializeToString())]
    )
    return _sign(identity, common.Payload(header=header, data=transaction.SerializeToString()))


def seek(identity: Identity, channel: str, start: int, *, nonce: bytes, at: datetime) -> Any:
    """Ask a peer for every block from `start` on, waiting for those that do not exist yet."""
    information = ordering.SeekInfo(
        start=ordering.SeekPosition(specified=ordering.SeekSpecified(number=start)),
        stop=ordering.SeekPosition(specified=ordering.SeekSpecified(number=_END)),
        behavior=ordering.SeekInfo.BLOCK_UNTIL_READY,
    )
    channel_header = common.ChannelHeader(type=common.DELIVER_SEEK_INFO, channel_id=channel)
    channel_header.timestamp.FromDatetime(at)
    header = common.Header(
        channel_header=channel_header.SerializeToString(),
        signature_header=common.SignatureHeader(creator=identity.creator, nonce=nonce).SerializeToString(),
    )
    content = _sign(identity, common.Payload(header=header, data=information.SerializeToString()))
    return common.Envelope.FromString(content)


def _sign(identity: Identity, payload: Any) -> bytes:
    body = payload.SerializeToString()
    content: bytes = common.Envelope(payload=body, signature=identity.sign(body)).SerializeToString()
    return content
