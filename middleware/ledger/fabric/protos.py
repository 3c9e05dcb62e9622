"""Fabric's official message definitions. They carry no types, so they are said to be Any once, here."""

from typing import Any

from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.orderer import ab_pb2, ab_pb2_grpc
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    chaincode_shim_pb2,
    chaincode_shim_pb2_grpc,
    events_pb2_grpc,
    peer_pb2_grpc,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)
from google.protobuf.message import DecodeError

__all__ = [
    "DecodeError",
    "broadcast_stub",
    "chaincode",
    "chaincode_stub",
    "common",
    "deliver_stub",
    "endorser_stub",
    "events",
    "identities",
    "ledger",
    "ordering",
    "proposals",
    "responses",
    "shim",
    "transactions",
]

common: Any = common_pb2
ledger: Any = ledger_pb2
identities: Any = identities_pb2
ordering: Any = ab_pb2
chaincode: Any = chaincode_pb2
shim: Any = chaincode_shim_pb2
events: Any = chaincode_event_pb2
proposals: Any = proposal_pb2
responses: Any = proposal_response_pb2
transactions: Any = transaction_pb2

chaincode_stub: Any = chaincode_shim_pb2_grpc.ChaincodeStub
broadcast_stub: Any = ab_pb2_grpc.AtomicBroadcastStub
deliver_stub: Any = events_pb2_grpc.DeliverStub
endorser_stub: Any = peer_pb2_grpc.EndorserStub
