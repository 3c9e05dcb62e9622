"""What both clients of a Fabric network share: where it is, how long they wait for whom, and what disagreement is."""

import json
from pathlib import Path
from typing import Any

from middleware.ledger import Unavailable

ENDORSE_WITHIN_SECONDS = 45  # a peer stops the chaincode after 30
QUERY_WITHIN_SECONDS = 15
LOOK_WITHIN_SECONDS = 3
LEVEL_WITHIN_SECONDS = 0.5
ENDORSE_AGAIN_AFTER_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
ORDERED_WITHIN_SECONDS = 10
STREAM_AGAIN_AFTER_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
# Whole blocks come in one message; a peer that was away is asked again soon, not after two minutes.
OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


class Differing(Exception):
    """Too few peers answered alike: one has not seen the last block yet, or the rules are not deterministic."""


def network(file: Path) -> dict[str, Any]:
    """What the network wrote for its clients; Unavailable while it is not up."""
    try:
        said: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        raise Unavailable(f"the network is not up: there is no {file}") from None
    return said
