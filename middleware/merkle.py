"""A Merkle tree over the clients of an omnibus account: one root on the ledger, a proof for each client.

Every text is hashed after its length, and leaves and nodes are told apart by their first words (SAFETY C16):
leaf = SHA-256("lonja/disclosure/leaf/1", n, client, quantity, salt), node = SHA-256("lonja/disclosure/node/1", left,
right). A level with an odd node carries it up unchanged.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

_LEAF, _NODE = "lonja/disclosure/leaf/1", "lonja/disclosure/node/1"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One client and what is held for him; the salt (hexadecimal) keeps others from guessing it."""

    client: str
    quantity: int
    salt: str


@dataclass(frozen=True, slots=True)
class Step:
    """One neighbour on the way up, and the side it stands on: left or right."""

    hash: str
    side: str


def root(leaves: Sequence[Leaf]) -> str:
    """The root of at least one leaf, in their order."""
    return _levels(leaves)[-1][0]


def proof(leaves: Sequence[Leaf], n: int) -> list[Step]:
    """What the n-th leaf, from 0, needs to be led to the root."""
    steps = []
    for level in _levels(leaves)[:-1]:
        neighbour = n ^ 1
        if neighbour < len(level):
            steps.append(Step(level[neighbour], "left" if neighbour < n else "right"))
        n //= 2
    return steps


def leads_to(leaf: Leaf, n: int, steps: Sequence[Step]) -> str:
    """The root that this leaf and these neighbours come to: to be compared with the one on the ledger."""
    found = _leaf(n, leaf)
    for step in steps:
        found = _hash(_NODE, step.hash, found) if step.side == "left" else _hash(_NODE, found, step.hash)
    return found


def _levels(leaves: Sequence[Leaf]) -> list[list[str]]:
    if not leaves:
        raise ValueError("a tree needs a leaf")
    levels = [[_leaf(n, leaf) for n, leaf in enumerate(leaves)]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [_hash(_NODE, *below[at : at + 2]) for at in range(0, len(below) - 1, 2)]
        levels.append(pairs + below[len(below) - len(below) % 2 :])
    return levels


def _leaf(n: int, leaf: Leaf) -> str:
    return _hash(_LEAF, str(n), leaf.client, str(leaf.quantity), leaf.salt)


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()
