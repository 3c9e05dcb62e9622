"""What peers answer, in the SDK's messages."""

from typing import Any

from middleware.ledger.hfc import sdk


def endorsed(payload: bytes = b"payload") -> Any:
    """A peer's consent."""
    return sdk.responses.ProposalResponse(
        response={"status": 200, "payload": b"{}"},
        payload=payload,
        endorsement={"endorser": b"peer", "signature": b"s"},
    )
