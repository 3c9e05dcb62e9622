"""Blocks as the official messages have them."""

from typing import Any

from middleware.ledger import Block, decoding
from middleware.ledger.fabric import protos

header_hash = decoding.header_hash


def block(raw: Any, chaincode_name: str) -> Block:
    """A block of the channel. Refuses one whose data is not what its header covers."""
    return decoding.block(protos, raw, chaincode_name)
