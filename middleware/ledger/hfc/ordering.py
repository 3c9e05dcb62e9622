"""Handing envelopes to orderers: the SDK opens a stream for each, and says accepted or why not."""

import asyncio
from typing import Any

from middleware.ledger import Refused, Unavailable
from middleware.ledger.hfc import sdk
from middleware.ledger.hfc.connection import Connection
from middleware.ledger.hfc.endorsing import Asked, problem
from middleware.ledger.reaching import ORDERED_WITHIN_SECONDS

_FINAL = (sdk.common.BAD_REQUEST, sdk.common.FORBIDDEN, sdk.common.REQUEST_ENTITY_TOO_LARGE)


def envelope(asked: Asked, alike: list[Any]) -> bytes:
    """What an orderer takes: the proposal, the peers' common answer and their signatures under it."""
    request = sdk.building.build_tx_req((alike, asked.proposal, asked.header))
    payload = sdk.seeking.create_tx_payload([answer.endorsement for answer in alike], request)
    content: bytes = sdk.building.sign_tran_payload(asked.context, payload).SerializeToString()
    return content


async def send(connection: Connection, content: bytes) -> None:
    """Returns when an orderer has accepted the envelope, which is not yet a commit.

    Unavailable means that nobody knows; Refused that no orderer will ever take it.
    """
    parsed = sdk.common.Envelope.FromString(content)
    told = "there is no orderer"
    for _ in connection.orderers:
        orderer = connection.orderers[0]
        try:
            answer = await asyncio.wait_for(_first(orderer.broadcast(parsed)), ORDERED_WITHIN_SECONDS)
        except TimeoutError:
            told = f"{orderer.name}: no answer within {ORDERED_WITHIN_SECONDS:g} s"
        except sdk.RpcError as error:
            told = f"{orderer.name}: {problem(error)}"
        else:
            if answer.status == sdk.common.SUCCESS:
                return
            told = f"{orderer.name}: {sdk.common.Status.Name(answer.status)} {answer.info}".strip()
            if answer.status in _FINAL:
                raise Refused("internal", "orderer", f"an orderer refused the envelope: {told}")
        connection.orderers.append(connection.orderers.pop(0))  # from now on the next one is tried first
    raise Unavailable(f"no orderer confirmed the envelope ({told})", organisations=["orderer"])


async def _first(stream: Any) -> Any:
    async for answer in stream:
        return answer
    raise TimeoutError
