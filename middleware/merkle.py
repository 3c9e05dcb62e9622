"""Merkle trees: one root on the ledger, and for each leaf a proof that it stands under it.

Every text is hashed after its length, and leaves and nodes are told apart by their first words (SAFETY C16):
leaf = SHA-256(words of the leaf, its texts...), node = SHA-256(words of the node, left, right). A level with an odd
node carries it up unchanged. The first text of a leaf is its place, from 0.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a tree is of: the words that its leaves and its nodes begin with."""

    leaf: str
    node: str


DISCLOSURE = Kind("lonja/disclosure/leaf/1", "lonja/disclosure/node/1")  # n, client, quantity, salt
ALLOTMENT = Kind("lonja/allotment/leaf/1", "lonja/allotment/node/1")  # offering, part, subscriber, quantity, ...


@dataclass(frozen=True, slots=True)
class Step:
    """One neighbour on the way up, and the side it stands on: left or right."""

    hash: str
    side: str


class Tree:
    """The tree over at least one leaf, in their order."""

    def __init__(self, kind: Kind, leaves: Iterable[Texts]) -> None:
        self._levels = [[digest(kind.leaf, *leaf) for leaf in leaves]]
        if not self._levels[0]:
            raise ValueError("a tree needs a leaf")
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs = [digest(kind.node, *below[at : at + 2]) for at in range(0, len(below) - 1, 2)]
            self._levels.append(pairs + below[len(below) - len(below) % 2 :])

    @property
    def root(self) -> str:
        """What commits to all leaves and their order."""
        return self._levels[-1][0]

    def proof(self, n: int) -> list[Step]:
        """What the n-th leaf, from 0, needs to be led to the root."""
        steps = []
        for level in self._levels[:-1]:
            neighbour = n ^ 1
            if neighbour < len(level):
                steps.append(Step(level[neighbour], "left" if neighbour < n else "right"))
            n //= 2
        return steps


def leads_to(kind: Kind, leaf: Texts, steps: Iterable[Step]) -> str:
    """The root that this leaf and these neighbours come to: to be compared with the one on the ledger."""
    found = digest(kind.leaf, *leaf)
    for step in steps:
        pair = (step.hash, found) if step.side == "left" else (found, step.hash)
        found = digest(kind.node, *pair)
    return found


def digest(*texts: str) -> str:
    """SHA-256 over texts, each after its length: where one ends counts."""
    hashed = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        hashed.update(len(encoded).to_bytes(4, "big") + encoded)
    return hashed.hexdigest()
