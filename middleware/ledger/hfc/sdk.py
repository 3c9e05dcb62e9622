"""What we use of the SDK. It carries no types, so its parts are said to be Any once, here.

The names of the message modules are those of the other driver's, so that blocks are read by the same code.
"""

from typing import Any

from aiogrpc import RpcError
from hfc.fabric import block_decoder, user
from hfc.fabric.channel import channel
from hfc.fabric.transaction import tx_context, tx_proposal_request
from hfc.protos import utils as making
from hfc.protos.common import common_pb2, configtx_pb2, ledger_pb2
from hfc.protos.msp import identities_pb2, msp_config_pb2
from hfc.protos.peer import chaincode_event_pb2, chaincode_pb2, proposal_pb2, proposal_response_pb2, transaction_pb2
from hfc.util import utils
from hfc.util.crypto import crypto

__all__ = ["RpcError"]

Channel: Any = channel.Channel
Context: Any = tx_context.TXContext
BlockDecoder: Any = block_decoder.BlockDecoder
INVOKE: str = tx_proposal_request.CC_INVOKE
create_user: Any = user.create_user
create_request: Any = tx_proposal_request.create_tx_prop_req
ecies: Any = crypto.ecies
seeking: Any = making
building: Any = utils

chaincode: Any = chaincode_pb2
common: Any = common_pb2
configuration: Any = configtx_pb2
events: Any = chaincode_event_pb2
identities: Any = identities_pb2
ledger: Any = ledger_pb2
memberships: Any = msp_config_pb2
proposals: Any = proposal_pb2
responses: Any = proposal_response_pb2
transactions: Any = transaction_pb2
