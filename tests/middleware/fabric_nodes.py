"""Peers and orderers of our own making, on real gRPC: they answer as the test says, in Fabric's messages."""

import hashlib
import json
import queue
from collections.abc import Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fabric_protos.orderer.ab_pb2_grpc import AtomicBroadcastServicer, add_AtomicBroadcastServicer_to_server
from fabric_protos.peer import events_pb2 as delivered
from fabric_protos.peer import proposal_response_pb2 as answers
from fabric_protos.peer.events_pb2_grpc import DeliverServicer, add_DeliverServicer_to_server
from fabric_protos.peer.peer_pb2_grpc import EndorserServicer, add_EndorserServicer_to_server

from middleware.ledger.fabric.connection import Node
from middleware.ledger.fabric.identity import Identity
from middleware.ledger.fabric.protos import (
    chaincode,
    common,
    events,
    identities,
    ordering,
    proposals,
    responses,
    transactions,
)

AT = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


def identity(folder: Path, msp_id: str = "OperatorMSP") -> Identity:
    """A client identity with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(AT).not_valid_after(AT + timedelta(days=1))
    (folder / "certificate.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return Identity(msp_id, folder / "certificate.pem", folder / "key.pem")


def endorsed(payload: bytes = b"payload", msp_id: str = "OperatorMSP") -> Any:
    """A peer's consent."""
    endorser = identities.SerializedIdentity(mspid=msp_id, id_bytes=b"peer").SerializeToString()
    return answers.ProposalResponse(
        response={"status": 200, "payload": json.dumps({"answer": "yes"}).encode()},
        payload=payload,
        endorsement={"endorser": endorser, "signature": b"signature"},
    )


def refused(message: str, status: int = 500) -> Any:
    """A peer's answer without consent."""
    return answers.ProposalResponse(response={"status": status, "message": message})


def refusal(code: str, reason: str, message: str = "No.") -> Any:
    """Our chaincode's refusal of a whole transaction, as a peer passes it on."""
    said = json.dumps({"code": code, "reason": reason, "message": message})
    return refused(f"transaction returned with failure: lonja {said}")


@dataclass
class Peer(EndorserServicer, DeliverServicer):
    """`answers` are given in order, the last one for ever; a number of blocks, and then the stream ends or waits."""

    answers: list[Any] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    blocks: list[Any] = field(default_factory=list)
    breaks_after: list[int] = field(default_factory=list)
    seeks: list[int] = field(default_factory=list)

    def ProcessProposal(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, grpc.StatusCode):
            context.abort(answer, "away")
        return answer

    def Deliver(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        return self._deliver(requests, context, "block")

    def DeliverFiltered(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        return self._deliver(requests, context, "filtered_block")

    def _deliver(self, requests: Iterator[Any], context: Any, kind: str) -> Iterator[Any]:
        payload = common.Payload.FromString(next(requests).payload)
        start = ordering.SeekInfo.FromString(payload.data).start.specified.number
        self.seeks.append(start)
        left = self.breaks_after.pop(0) if self.breaks_after else None
        for one in self.blocks[start:]:
            if left == 0:
                context.abort(grpc.StatusCode.UNAVAILABLE, "broken")
            left = None if left is None else left - 1
            yield _delivered(kind, one)
        if left is not None:
            yield delivered.DeliverResponse(status=common.SERVICE_UNAVAILABLE)
            return
        while context.is_active():
            futures.wait([], timeout=0.01)


def _delivered(kind: str, block: Any) -> Any:
    said = block if kind == "block" else {"channel_id": "lonja", "number": block.header.number}
    return delivered.DeliverResponse(**{kind: said})


@dataclass
class Orderer(AtomicBroadcastServicer):
    """`statuses` are answered in order, the last one for ever; None ends the stream instead."""

    statuses: list[Any] = field(default_factory=lambda: [common.SUCCESS])
    received: "queue.SimpleQueue[bytes]" = field(default_factory=queue.SimpleQueue)
    streams: int = 0
    info: str = "said the orderer"

    def Broadcast(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802 - gRPC's name
        self.streams += 1
        for envelope in requests:
            self.received.put(envelope.SerializeToString())
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            if status is None:
                context.abort(grpc.StatusCode.UNAVAILABLE, "broken")
            yield ordering.BroadcastResponse(status=status, info=self.info)


@contextmanager
def serving(organisation: str, servicer: Any, *, port: int = 0) -> Iterator[Node]:
    """A node on loopback, and the channel to it."""
    server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
    if isinstance(servicer, Orderer):
        add_AtomicBroadcastServicer_to_server(servicer, server)
    else:
        add_EndorserServicer_to_server(servicer, server)
        add_DeliverServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield Node(organisation, f"node of {organisation}", channel)
    finally:
        channel.close()
        server.stop(0).wait(5)


def block(number: int, previous: bytes, envelopes: Sequence[bytes] = (), verdicts: bytes = b"") -> Any:
    """A block as a peer gives it."""
    data_hash = hashlib.sha256(b"".join(envelopes)).digest()
    metadata = [b"", b"", verdicts or bytes(len(envelopes)), b"", b""]
    header = {"number": number, "previous_hash": previous, "data_hash": data_hash}
    return common.Block(header=header, data={"data": envelopes}, metadata={"metadata": metadata})


def transaction(args: Sequence[bytes], event: dict[str, Any] | None, **more: str) -> bytes:
    """An envelope with one endorsed transaction; `chaincode`, `event_name` and `id` can be others."""
    name = more.get("chaincode", "lonja")
    told = events.ChaincodeEvent(chaincode_id=name, event_name=more.get("event_name", "facts"))
    told.payload = json.dumps(event).encode()
    action = proposals.ChaincodeAction(chaincode_id=chaincode.ChaincodeID(name=name))
    action.events = told.SerializeToString() if event is not None else b""
    spec = chaincode.ChaincodeInvocationSpec(
        chaincode_spec={"chaincode_id": {"name": name}, "input": {"args": list(args)}}
    )
    payload = responses.ProposalResponsePayload(extension=action.SerializeToString()).SerializeToString()
    endorsements = [
        {"endorser": identities.SerializedIdentity(mspid=msp_id).SerializeToString()}
        for msp_id in ("OperatorMSP", "CustodianMSP")
    ]
    signed = transactions.ChaincodeActionPayload(
        chaincode_proposal_payload=proposals.ChaincodeProposalPayload(
            input=spec.SerializeToString()
        ).SerializeToString(),
        action={"proposal_response_payload": payload, "endorsements": endorsements},
    )
    data = transactions.Transaction(actions=[{"payload": signed.SerializeToString()}]).SerializeToString()
    return envelope(common.ENDORSER_TRANSACTION, data, more.get("id", "t1"))


def envelope(kind: int, data: bytes, id: str = "") -> bytes:
    """An envelope of any kind."""
    header = common.ChannelHeader(type=kind, channel_id="lonja", tx_id=id)
    header.timestamp.FromDatetime(AT)
    creator = identities.SerializedIdentity(mspid="OperatorMSP", id_bytes=b"client").SerializeToString()
    signature = common.SignatureHeader(creator=creator).SerializeToString()
    payload = common.Payload(
        header={"channel_header": header.SerializeToString(), "signature_header": signature}, data=data
    )
    content: bytes = common.Envelope(payload=payload.SerializeToString()).SerializeToString()
    return content
